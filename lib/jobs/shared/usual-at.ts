/**
 * What a row of a matrix is held against, in each metric's own unit: the one place that texts, pages and columns of scores have it from.
 * It is what the detector goes by: after a level has moved and settled, the band around that one.
 */
import { type JudgedLevels, openJudgedLevels } from '../../evidence/judged-level.ts';
import type { ScanInput } from '../../evidence/statistics.ts';
import type { OffWhat } from '../../evidence/telling-metrics.ts';
import { seriesOf } from '../../expectation/expectation.ts';
import { expectRange, isSeasonal } from '../../expectation/expected-range.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { profilesOf } from '../../features/scaler.ts';
import type { UsualRange } from './describe-feature.ts';
import type { FittedDetector } from './fitted-detector.ts';

export interface Usual extends JudgedLevels {
  /** By versions without an expectation, what training stayed within. */
  at(row: number, column: number): UsualRange;
}

/**
 * @param given.x with the rows that levels look back on, before those that are asked for
 * @param given.offWhat `training`: what training predicts, whatever has settled since
 */
export function openUsual(given: {
  readonly fitted: Pick<FittedDetector, 'plan' | 'scaler'> & Partial<Pick<FittedDetector, 'evidence'>>;
  readonly x: FeatureMatrix;
  readonly leastChanges: ScanInput['leastChanges'];
  readonly offWhat?: OffWhat;
}): Usual {
  const { fitted, x, leastChanges, offWhat = 'both' } = given;
  const { plan, scaler, evidence } = fitted;
  const levels =
    offWhat === 'both' && evidence ? openJudgedLevels({ x, fitted: evidence, leastChanges }) : undefined;
  const movedAt: JudgedLevels['movedAt'] = (row, column) => levels?.movedAt(row, column) ?? 0;
  return {
    movedAt,
    at(row, column) {
      const entity = x.entities[x.entityOf[row]!]!;
      const profile = profilesOf(scaler, entity)[column]!;
      if (evidence === undefined || plan.columns[column]!.source.kind === 'calendar') return profile;
      const series = seriesOf(evidence.expectation, entity)[column]!;
      const time = x.times[row]!;
      const moved = movedAt(row, column);
      const range = expectRange(series, profile, time, moved);
      if (range === undefined) return profile;
      const trained = moved === 0 ? undefined : (expectRange(series, profile, time) ?? profile);
      return {
        ...range,
        byHour: isSeasonal(series),
        ...(trained !== undefined && { moved: range.center - trained.center }),
      };
    },
  };
}

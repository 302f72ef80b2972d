/** Why a row scored as it did, in the metrics' own units. */
import type { Reason } from '../alert/alert.ts';
import type { Detector } from '../config/detector.ts';
import { nameSource } from '../features/column-name.ts';
import { deriveColumns } from '../features/derive-columns.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import type { Profile } from '../features/profile.ts';
import { profilesOf } from '../features/scaler.ts';
import type { PlannedRows } from '../features/source-columns.ts';
import { describeFeature } from './describe-feature.ts';
import type { FittedDetector } from './fitted-detector.ts';

/** Of the score: what has less rounds to 0 % and explains nothing. */
const LEAST_SHARE = 0.005;

interface Part {
  /** Index of the column. */
  readonly column: number;
  readonly share: number;
  readonly isUnusual: boolean;
}

/**
 * One reason per metric, largest share first: what several columns of a metric add to the score adds up, and the most
 * telling one is shown. That is the one with the largest share of those that left their usual range, or of all where
 * none did. Metrics that had next to no part in the score are left out.
 * @param given.planned what the rows of `x` were made of
 * @param given.row of `x`
 */
export async function explainRow(given: {
  readonly fitted: Pick<FittedDetector, 'plan' | 'scaler' | 'model'>;
  readonly planned: PlannedRows;
  readonly x: FeatureMatrix;
  readonly metrics: Detector['metrics'];
  readonly row: number;
}): Promise<readonly Reason[]> {
  const { fitted, planned, x, metrics, row } = given;
  const [contributions = []] = await fitted.model.explain(x, Uint32Array.of(row));
  const profiles = profilesOf(fitted.scaler, x.entities[x.entityOf[row]!]!);
  const rows = Uint32Array.of(planned.rows?.[row] ?? row);
  const values = Array.from(deriveColumns({ ...planned, rows }), ([value]) => value ?? NaN);
  const bySubject = new Map<string, Part[]>();
  for (const { feature, share } of contributions) {
    const column = fitted.plan.columns.findIndex(({ name }) => name === feature);
    const subject = nameSource(fitted.plan.columns[column]!.source);
    const part = { column, share, isUnusual: isUnusual(values[column]!, profiles[column]!) };
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), part]);
  }
  return Array.from(bySubject.values(), (parts) => {
    const shown = findMostTelling(parts);
    return {
      share: parts.reduce((sum, part) => sum + part.share, 0),
      ...describeFeature({
        column: fitted.plan.columns[shown.column]!,
        step: planned.window.step,
        value: values[shown.column]!,
        usual: profiles[shown.column]!,
        time: x.times[row]!,
        metrics,
      }),
    };
  })
    .filter(({ share }) => share >= LEAST_SHARE)
    .sort((a, b) => b.share - a.share);
}

function findMostTelling(parts: readonly Part[]): Part {
  const unusual = parts.filter((part) => part.isUnusual);
  return (unusual.length > 0 ? unusual : parts).reduce((a, b) => (b.share > a.share ? b : a));
}

function isUnusual(value: number, { low, high }: Profile): boolean {
  return !(value >= low && value <= high);
}

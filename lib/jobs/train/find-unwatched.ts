/**
 * Finds what a training leaves out of a history that nobody watched, such as a backfill. Nobody could have answered an
 * anomaly there, so a fault would be learned. It uses no model, and is careful: what is left out for nothing makes every
 * level a little too low.
 */
import type { Detector } from '../../config/detector.ts';
import {
  findUnusualStretches,
  LEAST_HISTORY,
  type UnusualStretch,
} from '../../evidence/find-unusual-stretches.ts';
import { unscale } from '../../expectation/expected-range.ts';
import { buildMatrix } from '../../features/build-matrix.ts';
import { type FittedScaler, fitScaler, profilesOf } from '../../features/scaler.ts';
import type { PlannedRows } from '../../features/source-columns.ts';
import type { TrainingHole, TrainingHoles } from '../../store/training-holes.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { MetricWindow } from '../../window/window.ts';
import { findDirections, findLeastChanges, findLeastOffZero } from '../shared/least-changes.ts';

/** Of all rows: what there is more of is no exception, and how the rest of the history is nobody can say then. */
const MOST_LEFT_OUT = 0.03;
/** Steps on either end in which an episode begins and ends. */
const MARGIN = 4;

/**
 * @param data sorted by entity, then time
 * @param given.watchedFrom epoch ms from which on there was a model; undefined: there was none yet
 * @param given.judged ranges of files that say themselves which of their rows are anomalous
 */
export function findUnwatched(
  { planned, window }: { readonly planned: PlannedRows; readonly window: MetricWindow },
  detector: Detector,
  given: { readonly watchedFrom: number | undefined; readonly judged: readonly TimeRange[] },
): Pick<TrainingHoles, 'holes' | 'tooUnlike'> {
  const { watchedFrom = Number.POSITIVE_INFINITY, judged } = given;
  const { times, labels, step, range } = window;
  const isUnwatched = times.some((time) => time < watchedFrom);
  if (detector.training.incidents === 'include' || !isUnwatched || range.end - range.start < LEAST_HISTORY)
    return { holes: [] };
  const { plan } = planned;
  const use = Uint8Array.from(times, (_, row) => (labels?.[row] === 1 ? 0 : 1));
  if (!use.includes(1)) return { holes: [] };
  const scaler = fitScaler({ ...planned, kind: detector.scaler });
  const x = buildMatrix({ ...planned, scaler, leastOffZero: findLeastOffZero({ detector, plan }) });
  const stretches = findUnusualStretches({
    x,
    use,
    settings: {
      step,
      settleAfter: detector.threshold.settleAfter,
      leastChanges: findLeastChanges({ detector, plan, scaler }),
      directions: findDirections({ detector, plan }),
    },
  }).filter(
    ({ start, end }) =>
      start < watchedFrom && !judged.some((range) => start < range.end && end > range.start),
  );
  const holes = stretches.map(
    (stretch): TrainingHole => ({
      reason: 'unwatched',
      of: x.names[stretch.column]!,
      ...inUnits(stretch, scaler),
      entity: stretch.entity,
      start: stretch.start - MARGIN * step,
      end: Math.min(stretch.end + MARGIN * step, watchedFrom),
    }),
  );
  const rows = holes.reduce((sum, { start, end }) => sum + (end - start) / step, 0);
  if (rows > MOST_LEFT_OUT * times.length) return { holes: [], tooUnlike: Math.round(rows) };
  return { holes };
}

function inUnits(
  { entity, column, value, expected }: UnusualStretch,
  scaler: FittedScaler,
): Pick<TrainingHole, 'value' | 'usual'> {
  const profile = profilesOf(scaler, entity)[column]!;
  if (profile.shape !== 'varies') return {};
  return { value: unscale(value, profile), usual: unscale(expected, profile) };
}

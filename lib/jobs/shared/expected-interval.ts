/** How long a detector may be without a new window before it counts as silent. */
import type { Detector } from '../../config/detector.ts';
import type { ObjectInfo } from '../../store/object-store.ts';

/** Ms. An hour without a window is nobody's alarm before; a detector that is set to less says so itself. */
const LEAST = 3_600_000;
/** Exports that may be missing: Prometheus restarts, functions are throttled. */
const MISSED_EXPORTS = 4;

/** Arrivals that tell how regularly files come, and how many gaps between them it takes to tell. */
const ARRIVALS = 30;
const LEAST_GAPS = 8;
/** Ms. What comes closer was dropped together. */
const APART = 60_000;
/** The widest gap is at most so many times the usual one: otherwise files come whenever somebody drops them. */
const REGULAR = 10;
/** Of the widest gap that was seen. */
const SLACK = 3;

/**
 * Ms; undefined where nothing is to be expected: files that were dropped once, or now and then.
 * @param objects the windows of the detector
 */
export function expectedInterval(detector: Detector, objects: readonly ObjectInfo[]): number | undefined {
  const { expectEvery, metrics, detectionWindow, schedule, ingestDelay } = detector;
  if (expectEvery === 'never') return undefined;
  if (expectEvery !== undefined) return expectEvery;
  if (metrics.length > 0)
    return Math.max(LEAST, MISSED_EXPORTS * Math.max(detectionWindow, schedule) + ingestDelay);
  return intervalOfArrivals(objects);
}

/** Whether it takes more windows than these to say how regularly the detector's files come. */
export function needsMoreArrivals(
  { expectEvery, metrics }: Detector,
  objects: readonly ObjectInfo[],
): boolean {
  return expectEvery === undefined && metrics.length === 0 && findArrivals(objects).length < ARRIVALS;
}

/** The last ones, ascending, epoch ms. */
function findArrivals(objects: readonly ObjectInfo[]): readonly number[] {
  const arrivals = objects.map(({ lastModified }) => lastModified).sort((a, b) => a - b);
  return arrivals.filter((time, i) => i === 0 || time - arrivals[i - 1]! >= APART).slice(-ARRIVALS);
}

function intervalOfArrivals(objects: readonly ObjectInfo[]): number | undefined {
  const apart = findArrivals(objects);
  const gaps = apart.slice(1).map((time, i) => time - apart[i]!);
  if (gaps.length < LEAST_GAPS) return undefined;
  const [widest, usual] = [Math.max(...gaps), gaps.toSorted((a, b) => a - b)[gaps.length >> 1]!];
  return widest <= REGULAR * usual ? Math.max(LEAST, SLACK * widest) : undefined;
}

/**
 * What training knows of a pod that it saw for less than some days: its level, but not how far it strays, since a metric that wanders over
 * hours has hardly moved yet. The older pods of its workload show that.
 */
import { nameWorkload } from '../base/workload.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';

/** How far a series strays, as `SeriesExpectation` has it. */
interface Range {
  readonly spread: number;
  readonly low: number;
  readonly high: number;
}

/** One column of one entity. */
export interface KnownSeries<T extends Range> {
  /** By index. */
  readonly entity: number;
  readonly series: T;
  /** Whether it was seen for long enough to know how it strays. */
  readonly isOld: boolean;
}

/**
 * @param x its profiles, without which nothing can be compared
 * @param known of one column
 * @returns in the same order: young ones stray at least as far as the older pods of their workload with the middle spread
 */
export function widenYoung<T extends Range>(
  { entities, profiles }: Pick<FeatureMatrix, 'entities' | 'profiles'>,
  known: readonly KnownSeries<T>[],
  column: number,
): readonly T[] {
  const isAnyYoung = known.some(({ isOld }) => !isOld);
  if (profiles === undefined || !isAnyYoung) return known.map(({ series }) => series);
  const divisorOf = ({ entity }: KnownSeries<T>): number => {
    const { shape, divisor } = profiles[entity]![column]!;
    return shape === 'varies' ? divisor : Number.NaN;
  };
  const ranges = new Map(
    [...Map.groupBy(known, ({ entity }) => nameWorkload(entities[entity]!, []))].map(([workload, pods]) => [
      workload,
      findMiddle(
        pods
          .filter(({ isOld }) => isOld)
          .map((pod) => multiply(pod.series, divisorOf(pod)))
          .filter(({ spread }) => spread > 0),
      ),
    ]),
  );
  return known.map((pod) => {
    const { series, isOld, entity } = pod;
    const wide = isOld ? undefined : ranges.get(nameWorkload(entities[entity]!, []));
    if (wide === undefined) return series;
    const { spread, low, high } = multiply(wide, 1 / divisorOf(pod));
    // NaN: it has not moved at all, and is on no scale of a range.
    if (!(spread > series.spread)) return series;
    return { ...series, spread, low: Math.min(series.low, low), high: Math.max(series.high, high) };
  });
}

function findMiddle(ranges: readonly Range[]): Range | undefined {
  const sorted = ranges.toSorted((a, b) => a.spread - b.spread);
  return sorted[sorted.length >> 1];
}

function multiply({ spread, low, high }: Range, by: number): Range {
  return { spread: spread * by, low: low * by, high: high * by };
}

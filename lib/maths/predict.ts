/**
 * Whether a curve that is learned from one part of a series predicts another part (two-fold cross-validation). It is the test for
 * a season of a known length: noise has a curve over the day, too, but that curve predicts nothing.
 */
import { medianOf } from './median.ts';

export interface TimedValues {
  /** Epoch ms, ascending. */
  readonly times: Float64Array;
  /** NaN where missing. */
  readonly values: Float64Array;
}

export function halvesOf({ times, values }: TimedValues): readonly [TimedValues, TimedValues] {
  const half = times.length >> 1;
  return [
    { times: times.subarray(0, half), values: values.subarray(0, half) },
    { times: times.subarray(half), values: values.subarray(half) },
  ];
}

/**
 * Whether the curve of each part leaves little of the other part. Both ways count together: the values' distances from the
 * other part's curve against their distances from the other part's level.
 * @param how.fit undefined where a part teaches nothing: nothing is predicted then
 * @param how.level that is usual without a curve; left out: the median of what is learned from
 * @param how.mostLeft share of the distances from the level that the curve may leave, exclusive
 */
export function isPredicted<Curve>(
  parts: readonly [TimedValues, TimedValues],
  how: {
    readonly fit: (part: TimedValues) => Curve | undefined;
    readonly read: (curve: Curve, time: number) => number;
    readonly level?: number | undefined;
    readonly mostLeft: number;
  },
): boolean {
  let [fromCurve, fromLevel] = [0, 0];
  for (const [learned, judged] of [parts, [parts[1], parts[0]]] as const) {
    const curve = how.fit(learned);
    if (curve === undefined) return false;
    const level = how.level ?? medianOf(learned.values);
    for (let i = 0; i < judged.times.length; i++) {
      const value = judged.values[i]!;
      if (Number.isNaN(value)) continue;
      fromCurve += Math.abs(value - how.read(curve, judged.times[i]!));
      fromLevel += Math.abs(value - level);
    }
  }
  return fromLevel > 0 && fromCurve < how.mostLeft * fromLevel;
}

/** A part of a series: places from `from` up to `to`, exclusive. */
export interface Places {
  readonly from: number;
  readonly to: number;
}

/**
 * Whether a model that is fitted on the first two thirds of a series explains enough of the last third, beyond what a simpler
 * one explains: one way only, for what also has a trend. Each gives what it leaves of the last third; NaN where missing.
 * @param how.leastExplained share of the squared mean distance from 0, exclusive
 */
export function explainsLater(
  length: number,
  how: {
    readonly before: (early: Places, late: Places) => Float64Array;
    readonly after: (early: Places, late: Places) => Float64Array;
    readonly leastExplained: number;
  },
): boolean {
  const cut = Math.floor((2 * length) / 3);
  const [early, late] = [
    { from: 0, to: cut },
    { from: cut, to: length },
  ];
  const before = squaredMeanDistance(how.before(early, late));
  const after = squaredMeanDistance(how.after(early, late));
  return before > 0 && after < (1 - how.leastExplained) * before;
}

/** Of a robust kind: squares would be those of a few spikes. 0 of no values. */
function squaredMeanDistance(values: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const value of values)
    if (!Number.isNaN(value)) {
      sum += Math.abs(value);
      count++;
    }
  return count > 0 ? (sum / count) ** 2 : 0;
}

/**
 * How far off what was predicted is, to choose among several: the mean distance from the measured values, each counted up
 * to `limit`, so that outliers have no say. NaN of no values.
 * @param values NaN where missing
 * @param predict what is predicted of a place
 */
export function predictionError(
  values: ArrayLike<number>,
  predict: (place: number) => number,
  limit: number,
): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue;
    sum += Math.min(Math.abs(values[i]! - predict(i)), limit);
    count++;
  }
  return sum / count;
}

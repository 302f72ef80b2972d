/** Whether a curve foretells a series: what one half of it teaches is held against the other half, both ways. */
import { medianOf } from './median.ts';

export interface TimedValues {
  /** Epoch ms, ascending. */
  readonly times: Float64Array;
  /** NaN where missing. */
  readonly values: Float64Array;
}

/** Sums of distances: of each part's values from the other part's curve, and from the other part's level. */
export interface Distances {
  readonly fromCurve: number;
  readonly fromLevel: number;
}

export function halvesOf({ times, values }: TimedValues): readonly [TimedValues, TimedValues] {
  const half = times.length >> 1;
  return [
    { times: times.subarray(0, half), values: values.subarray(0, half) },
    { times: times.subarray(half), values: values.subarray(half) },
  ];
}

/**
 * @param how.fit undefined where a part teaches nothing
 * @param how.level that is usual without a curve; left out: the median of what is learned from
 * @returns undefined where a part teaches nothing
 */
export function compareHalves<Curve>(
  parts: readonly [TimedValues, TimedValues],
  how: {
    readonly fit: (part: TimedValues) => Curve | undefined;
    readonly read: (curve: Curve, time: number) => number;
    readonly level?: number | undefined;
  },
): Distances | undefined {
  let [fromCurve, fromLevel] = [0, 0];
  for (const [learned, judged] of [parts, [parts[1], parts[0]]] as const) {
    const curve = how.fit(learned);
    if (curve === undefined) return undefined;
    const level = how.level ?? medianOf(learned.values);
    for (let i = 0; i < judged.times.length; i++) {
      const value = judged.values[i]!;
      if (Number.isNaN(value)) continue;
      fromCurve += Math.abs(value - how.read(curve, judged.times[i]!));
      fromLevel += Math.abs(value - level);
    }
  }
  return { fromCurve, fromLevel };
}

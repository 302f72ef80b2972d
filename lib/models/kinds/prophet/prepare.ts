/** A series as Stan gets it: not too long, without what would bend a fit that trusts every value alike. */

import { takeMedian } from '../../../maths/median.ts';
import { quantile } from '../../../maths/quantile.ts';
import type { Series } from '../../framework/univariate/contract.ts';

export interface FitPoints {
  /** Epoch ms, ascending. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Robust standard deviations from the median past which a value counts as that far: Prophet's noise is normal. */
const FARTHEST = 10;
const QUARTILE = 0.6745;

/** The measured values, held to what is near; of more than `most`, the medians of as many blocks of equal counts. */
export function preparePoints({ times, values }: Series, most: number): FitPoints {
  const places = [...values.keys()].filter((i) => !Number.isNaN(values[i]!));
  const { low, high } = findFences(Float64Array.from(places, (i) => values[i]!).sort());
  const near = Float32Array.from(places, (i) => Math.max(low, Math.min(high, values[i]!)));
  const at = Float64Array.from(places, (i) => times[i]!);
  const blocks = Math.min(most, places.length);
  const edge = (block: number): number => Math.floor((block * places.length) / blocks);
  const each = Array.from({ length: blocks }, (_, block) => ({
    time: meanOf(at.subarray(edge(block), edge(block + 1))),
    value: takeMedian(near.slice(edge(block), edge(block + 1))),
  }));
  return {
    times: Float64Array.from(each, ({ time }) => time),
    values: Float64Array.from(each, ({ value }) => value),
  };
}

function findFences(sorted: Float64Array): { readonly low: number; readonly high: number } {
  const [lower, upper] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const reach = (FARTHEST * (upper - lower)) / 2 / QUARTILE;
  const median = quantile(sorted, 0.5);
  if (reach > 0) return { low: median - reach, high: median + reach };
  // Half of the values are the same: nothing tells how far is far.
  return { low: sorted[0]!, high: sorted.at(-1)! };
}

/** Of times close together; their sum would lose digits. */
function meanOf(times: Float64Array): number {
  const first = times[0]!;
  return first + times.reduce((sum, time) => sum + (time - first), 0) / times.length;
}

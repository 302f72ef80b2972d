/**
 * How far demand is off, now and in the hours before: what follows it may follow late. Caches and heaps fill while people
 * buy, and empty for an hour or two after they have left.
 */
import { DEMAND_MEANS } from '../expectation/demand.ts';

/** Whole millionths, and as many of them as are added up exactly, so that no mean depends on the row that the sums begin at. */
const UNITS = 2 ** 20;
const FARTHEST = 1e5;

/** Per row, on the scale of the matrix: what demand has been off by, from its lowest to its highest, 0 among them. */
export interface DemandRange {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Rows that a row's range looks back on, by today's means, which are the longest that were. @param step ms */
export function countDemandRows(step: number): number {
  return Math.ceil(Math.max(...DEMAND_MEANS) / step);
}

/**
 * @param off how far demand is off what training predicts, one a row; NaN where nothing was measured
 * @param at.places of the rows on the grid of steps, ascending
 * @param at.step ms
 * @param at.means ms that it is averaged over, besides the row itself
 */
export function findDemandRange(
  off: Float64Array,
  at: { readonly places: Float64Array; readonly step: number; readonly means: readonly number[] },
): DemandRange {
  const { places, step, means } = at;
  const low = off.map((own) => Math.min(0, own || 0));
  const high = off.map((own) => Math.max(0, own || 0));
  const sums = new Float64Array(off.length + 1);
  const counts = new Uint32Array(off.length + 1);
  for (let i = 0; i < off.length; i++) {
    const isMeasured = !Number.isNaN(off[i]!);
    const own = isMeasured ? Math.max(-FARTHEST, Math.min(FARTHEST, off[i]!)) : 0;
    sums[i + 1] = sums[i]! + Math.round(own * UNITS);
    counts[i + 1] = counts[i]! + Number(isMeasured);
  }
  for (const length of means) {
    const rows = Math.ceil(length / step);
    let from = 0;
    for (let i = 0; i < off.length; i++) {
      while (places[from]! <= places[i]! - rows) from++;
      const count = counts[i + 1]! - counts[from]!;
      if (count === 0) continue;
      const mean = (sums[i + 1]! - sums[from]!) / UNITS / count;
      low[i] = Math.min(low[i]!, mean);
      high[i] = Math.max(high[i]!, mean);
    }
  }
  return { low, high };
}

/** A series on a grid of equal steps. */
import { medianOf } from '../../../maths/median.ts';
import type { Series } from '../../framework/univariate/contract.ts';
import type { Grid } from './curve.ts';

/** Of a series of one row. */
const DEFAULT_STEP = 60_000;

/** Median distance of rows. */
export function findStep(times: Float64Array): number {
  const steps = times.subarray(1).map((time, i) => time - times[i]!);
  const median = medianOf(steps.filter((each) => each > 0));
  return Number.isNaN(median) ? DEFAULT_STEP : median;
}

/** The newest rows up to the last measured one, with the rows that are not there as missing. */
export function layOut({ times, values }: Series, step: number, most: number): Grid {
  let last = values.length - 1;
  while (Number.isNaN(values[last]!)) last--;
  const reversed: number[] = [];
  for (let i = last; i >= 0 && reversed.length < most; i--) {
    reversed.push(values[i]!);
    const gap =
      i > 0 ? Math.min(Math.round((times[i]! - times[i - 1]!) / step) - 1, most - reversed.length) : 0;
    for (let k = 0; k < gap; k++) reversed.push(NaN);
  }
  return { y: Float64Array.from(reversed.reverse()), end: times[last]!, step };
}

export function newest(y: Float64Array, rows: number): Float64Array {
  return y.subarray(Math.max(0, y.length - rows));
}

/** What one metric was like in training. */
import { quantile } from '../../features/profile.ts';
import type { Sampled } from './seasonality.ts';

export interface ColumnProfile {
  /** Share of the rows without a value. */
  readonly missing: number;
  /** Median of the newer half off that of the older one, in interquartile ranges; NaN where a half has no value. */
  readonly drift: number;
  /** Whether at least half of the values are the same. */
  readonly isIntermittent: boolean;
}

export function profileColumn({ values }: Sampled): ColumnProfile {
  const half = values.length >> 1;
  const sorted = sortMeasured(values);
  const older = sortMeasured(values.subarray(0, half));
  const newer = sortMeasured(values.subarray(half));
  const range = sorted.length === 0 ? 0 : quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const moved = older.length === 0 || newer.length === 0 ? NaN : quantile(newer, 0.5) - quantile(older, 0.5);
  return {
    missing: 1 - sorted.length / values.length,
    drift: moved === 0 ? 0 : moved / range,
    isIntermittent: range === 0,
  };
}

function sortMeasured(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value)).sort();
}

/** 97.5 % quantiles of Student's t for 1, 2, … degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.2). */
const QUANTILES: readonly number[] = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL = 1.96;

/**
 * Standard errors from a mean to either end of its 95 % interval; NaN for 0 degrees of freedom.
 * @param freedom whole, from 0
 */
export function studentQuantile(freedom: number): number {
  if (freedom < 1) return NaN;
  // Beyond the table, the expansion's first term: off by less than 0.004.
  return QUANTILES[freedom - 1] ?? NORMAL + (NORMAL ** 3 + NORMAL) / (4 * freedom);
}

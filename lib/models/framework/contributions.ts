/** From weights to the shares of an explanation. */
import type { Contribution } from './contract.ts';

/**
 * Largest first, without columns that have no part; equal ones in the order of the columns. Where no column has a part
 * none stands out, and each gets the same share.
 * @param weights per column, 0 or more, finite
 */
export function toContributions(
  columns: readonly string[],
  weights: ArrayLike<number>,
  describe: (column: number) => Omit<Contribution, 'feature' | 'share'>,
): readonly Contribution[] {
  const each = columns.map((feature, c) => ({ feature, c, weight: weights[c]! }));
  const largest = each.reduce((most, { weight }) => Math.max(most, weight), 0);
  if (!(largest > 0))
    return each.map(({ feature, c }) => ({ feature, share: 1 / each.length, ...describe(c) }));
  // Divided first: a sum of large weights could overflow.
  const total = each.reduce((sum, { weight }) => sum + weight / largest, 0);
  return each
    .map((column) => ({ ...column, share: column.weight / largest / total }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
    .map(({ feature, c, share }) => ({ feature, share, ...describe(c) }));
}

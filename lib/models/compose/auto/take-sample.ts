/** A part of the training that is small enough to be fitted twice. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { pickRows } from '../../../features/pick-rows.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';

export interface Sample {
  readonly x: FeatureMatrix;
  readonly labels: Uint8Array | undefined;
  /** Of the whole, ascending. */
  readonly rows: Uint32Array;
}

/**
 * The newest rows of some entities, at most `mostRows` in all, or everything if it is no more. Entities are sorted by how many rows
 * they have and taken at even steps, the longest included.
 */
export function takeSample(
  x: FeatureMatrix,
  { labels, mostRows }: { readonly labels: Uint8Array | undefined; readonly mostRows: number },
): Sample {
  if (x.times.length <= mostRows) return { x, labels, rows: Uint32Array.from(x.times.keys()) };
  const groups = sortByLength(groupRows(x));
  const wanted = Math.max(1, Math.floor((groups.length * mostRows) / x.times.length));
  const stride = Math.ceil(groups.length / wanted);
  const chosen = groups.filter((_, at) => at % stride === 0);
  const each = Math.floor(mostRows / chosen.length);
  const rows = Uint32Array.from(
    chosen.flatMap((group) => [...group.subarray(Math.max(0, group.length - each))]),
  );
  rows.sort();
  return { x: pickRows(x, rows), labels: labels && Uint8Array.from(rows, (row) => labels[row]!), rows };
}

/** From the longest to the shortest, without the empty ones; equally long ones as they come. */
export function sortByLength(groups: readonly Uint32Array[]): readonly Uint32Array[] {
  return groups.filter(({ length }) => length > 0).toSorted((a, b) => b.length - a.length);
}

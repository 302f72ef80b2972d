/** The part of a long table that a job needs, and the starts inside it. */
import type { Sequences } from './contract.ts';

/**
 * Either the rows from the first sequence's first one to the last sequence's last one, where that is no more than the
 * sequences one by one (they overlap), or those, one after the other.
 */
export function gatherRows(
  { rows, starts }: Sequences,
  width: number,
  length: number,
  extra?: Float32Array | undefined,
): Sequences & { readonly extra: Float32Array | undefined } {
  let low = Infinity;
  let high = 0;
  for (const start of starts) {
    low = Math.min(low, start);
    high = Math.max(high, start);
  }
  if (high - low + length <= starts.length * length) {
    const from = low * width;
    const to = (high + length) * width;
    return {
      rows: rows.subarray(from, to),
      starts: starts.map((start) => start - low),
      extra: extra?.subarray(from, to),
    };
  }
  const copy = (source: Float32Array): Float32Array => {
    const copied = new Float32Array(starts.length * length * width);
    for (let i = 0; i < starts.length; i++)
      copied.set(source.subarray(starts[i]! * width, (starts[i]! + length) * width), i * length * width);
    return copied;
  };
  return {
    rows: copy(rows),
    starts: starts.map((_, i) => i * length),
    extra: extra && copy(extra),
  };
}

import type { FeatureMatrix } from './feature-matrix.ts';

/** The rows by themselves, in the order given. */
export function pickRows(x: FeatureMatrix, rows: Uint32Array): FeatureMatrix {
  const width = x.names.length;
  const values = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries())
    values.set(x.values.subarray(row * width, (row + 1) * width), at * width);
  return {
    ...x,
    entityOf: Uint32Array.from(rows, (row) => x.entityOf[row]!),
    times: Float64Array.from(rows, (row) => x.times[row]!),
    values,
  };
}

import type { FeatureMatrix } from './feature-matrix.ts';

/** The rows by themselves, in the order given. */
export function pickRows(x: FeatureMatrix, rows: Uint32Array): FeatureMatrix {
  const width = x.names.length;
  const values = new Float32Array(rows.length * width);
  const entityOf = new Uint32Array(rows.length);
  const times = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    entityOf[at] = x.entityOf[row]!;
    times[at] = x.times[row]!;
    for (let c = 0; c < width; c++) values[at * width + c] = x.values[row * width + c]!;
  }
  return { ...x, entityOf, times, values };
}

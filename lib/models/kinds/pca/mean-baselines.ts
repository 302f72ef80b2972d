/** Baselines of plain PCA: each column's mean, and no scale. */
import { ModelError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { sumColumns } from '../../../maths/linalg/column-sums.ts';
import type { Baselines } from '../robust-z/baselines.ts';

/** @throws ModelError where all rows are labelled anomalous */
export function meanBaselines(
  { names, times, values }: FeatureMatrix,
  labels: Uint8Array | undefined,
): Baselines {
  const rows = labels === undefined ? undefined : unlabelledRows(labels);
  if (rows?.length === 0)
    throw new ModelError(
      'too-few-rows',
      `all ${times.length} rows are labelled anomalous, a fit takes others`,
    );
  const { counts, sums, lows, highs } = sumColumns({ values, width: names.length }, rows);
  // Rounding could take the mean off a constant.
  const centers = sums.map((sum, c) => (lows[c] === highs[c] ? lows[c]! : sum / counts[c]!));
  const scales = Float64Array.from(lows, (low, c) => (counts[c] === 0 ? NaN : Number(low < highs[c]!)));
  return { columns: [...names], entities: [], largest: 1, centers, above: scales, below: scales.slice() };
}

function unlabelledRows(labels: Uint8Array): Uint32Array {
  const rows = new Uint32Array(labels.length);
  let count = 0;
  for (let row = 0; row < labels.length; row++) if (labels[row] !== 1) rows[count++] = row;
  return rows.subarray(0, count);
}

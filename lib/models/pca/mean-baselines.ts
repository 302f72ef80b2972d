/** Baselines of plain PCA: each column's mean, and no scale. */
import { ModelError } from '../../errors.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import type { Baselines } from '../robust-z/baselines.ts';

/** @throws ModelError where all rows are labelled anomalous */
export function meanBaselines(
  { names, times, values }: FeatureMatrix,
  labels: Uint8Array | undefined,
): Baselines {
  const width = names.length;
  const rows = Uint32Array.from(times.keys()).filter((row) => labels?.[row] !== 1);
  if (rows.length === 0)
    throw new ModelError(
      'too-few-rows',
      `all ${times.length} rows are labelled anomalous, a fit takes others`,
    );
  const counts = new Uint32Array(width);
  const sums = new Float64Array(width);
  const lows = new Float64Array(width).fill(Infinity);
  const highs = new Float64Array(width).fill(-Infinity);
  for (const row of rows) {
    for (let c = 0; c < width; c++) {
      const value = values[row * width + c]!;
      if (Number.isNaN(value)) continue;
      counts[c]!++;
      sums[c]! += value;
      if (value < lows[c]!) lows[c] = value;
      if (value > highs[c]!) highs[c] = value;
    }
  }
  // Rounding could take the mean off a constant.
  const centers = sums.map((sum, c) => (lows[c] === highs[c] ? lows[c]! : sum / counts[c]!));
  const scales = lows.map((low, c) => (counts[c] === 0 ? NaN : Number(low < highs[c]!)));
  return { columns: [...names], entities: [], largest: 1, centers, above: scales, below: scales.slice() };
}

/** Small matrices and networks, for tests that care about what happens and not about how well it detects. */
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../../../../lib/maths/random.ts';
import { toMatrix } from '../../../../helpers/feature-matrices.ts';

export const NAMES: readonly string[] = ['cpu', 'memory', 'requests'];
/** A fit takes some 20 ms. */
export const TINY: Readonly<Record<string, number>> & { readonly sequenceLength: number } = {
  sequenceLength: 6,
  hidden: 4,
  layers: 2,
  epochs: 4,
  batchSize: 16,
  minSequences: 1,
  learningRate: 0.01,
};

/** Three metrics that follow one wave, each with some noise. */
export function waves(rows: number, seed: number): FeatureMatrix {
  const random = seedRandom(seed);
  return toMatrix(
    Array.from({ length: rows }, (_, row) => {
      const wave = Math.sin(row / 5);
      return [wave, -wave, 2 * wave].map((value) => value + 0.2 * (random.nextFloat() - 0.5));
    }),
    NAMES,
  );
}

/** Rows `from` to `to` (exclusive) of a matrix. */
export function sliceRows(x: FeatureMatrix, from: number, to: number): FeatureMatrix {
  const width = x.names.length;
  return {
    ...x,
    entityOf: x.entityOf.slice(from, to),
    times: x.times.slice(from, to),
    values: x.values.slice(from * width, to * width),
  };
}

/** Some values missing, alone and for longer than a sequence. */
export function withHoles(x: FeatureMatrix): FeatureMatrix {
  const width = x.names.length;
  return {
    ...x,
    values: x.values.map((value, i) => {
      const [row, c] = [Math.floor(i / width), i % width];
      return i % 7 === 0 || (c === 1 && row >= 30 && row < 45) || (row >= 60 && row < 63) ? NaN : value;
    }),
  };
}

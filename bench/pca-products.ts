/**
 * How close the products of `pca` come to what the processor can do: on 128 vectors that stay in the cache, alone. A core
 * does two multiply-adds of 128 bits a cycle, which is 8 floating-point operations in
 * float64 and 16 in float32.
 */
import { openRowVectors, type RowVectors } from '../lib/maths/linalg/row-vectors.ts';
import { BLOCK_VECTORS } from '../lib/maths/linalg/row-vectors-memory.ts';
import { seedRandom } from '../lib/maths/random.ts';
import type { BenchRow } from './bench-row.ts';
import { timeInTurns } from './in-turns.ts';

const SIZES: readonly number[] = [16, 100, 400];
const ROUNDS = 30;
/** Multiply-adds that a round takes, some milliseconds. */
const ROUND_WORK = 5e7;

export async function benchPcaProducts(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const size of SIZES) rows.push(...(await measure(size)));
  return rows;
}

async function measure(size: number): Promise<readonly BenchRow[]> {
  const [double, single] = [open(size, 'double'), open(size, 'single')];
  const roots = new Float64Array(BLOCK_VECTORS).fill(1);
  const forms = (BLOCK_VECTORS * size * (size + 1)) / 2;
  const calls = Math.ceil(ROUND_WORK / forms);
  const repeat = (call: () => void) => (): void => {
    for (let i = 0; i < calls; i++) call();
  };
  const seconds = await timeInTurns(
    {
      'forms in float64': repeat(() => double.squareForms(BLOCK_VECTORS)),
      'forms in float32': repeat(() => single.squareForms(BLOCK_VECTORS)),
      'outer products in float64': repeat(() => double.addProducts(BLOCK_VECTORS, roots)),
    },
    { rounds: ROUNDS },
  );
  // The least time: a neighbour on the core takes from every other.
  return Object.entries(seconds).map(([name, each]) => ({
    what: `pca: ${name}, ${size} entries`,
    ours: (2 * calls * forms) / Math.min(...each) / 1e9,
    unit: 'GFLOP/s',
  }));
}

function open(size: number, precision: 'single' | 'double'): RowVectors {
  const random = seedRandom(1);
  const factor = Float64Array.from({ length: size * size }, (_, i) =>
    i % size < Math.floor(i / size) ? 0 : random.nextFloat() - 0.5,
  );
  const vectors = openRowVectors({
    width: size,
    columns: Array.from({ length: size }, (_, c) => c),
    window: 1,
    knee: Infinity,
    constantLimit: 1,
    missing: 'nan',
    form: { factor, mean: new Float64Array(size) },
    precision,
    sums: true,
  });
  for (const side of ['above', 'below'] as const) vectors.scales[side].fill(1);
  vectors.rows.set(Float32Array.from({ length: BLOCK_VECTORS * size }, () => random.nextFloat() - 0.5));
  vectors.readVectors(
    BLOCK_VECTORS,
    Uint32Array.from({ length: BLOCK_VECTORS }, (_, b) => b),
    BLOCK_VECTORS,
  );
  return vectors;
}

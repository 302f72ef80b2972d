/** Seeded series for the tests. */
import { seedRandom } from '../../../../../lib/maths/random.ts';
import type { Series, SeriesScores } from '../../../../../lib/models/framework/univariate/contract.ts';

export const MINUTE = 60_000;

/** Standard normal, by Box and Muller. */
export function drawNormals(count: number, seed: number): Float64Array {
  const random = seedRandom(seed);
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random.nextFloat())) * Math.cos(2 * Math.PI * random.nextFloat()),
  );
}

/** w_t = φ_1 w_(t-1) + … + e_t + θ_1 e_(t-1) + …, its first 200 rows thrown away. */
export function simulateArma(
  count: number,
  { phi = [], theta = [], seed }: { phi?: readonly number[]; theta?: readonly number[]; seed: number },
): Float64Array {
  const e = drawNormals(count + 200, seed);
  const w = new Float64Array(e.length);
  for (let t = 0; t < w.length; t++) {
    w[t] = e[t]!;
    for (const [i, coefficient] of phi.entries()) w[t]! += coefficient * (w[t - 1 - i] ?? 0);
    for (const [i, coefficient] of theta.entries()) w[t]! += coefficient * (e[t - 1 - i] ?? 0);
  }
  return w.subarray(200);
}

export function accumulate(w: Float64Array): Float64Array {
  let sum = 0;
  return w.map((value) => {
    sum += value;
    return sum;
  });
}

/** One row a minute. */
export function toSeries(values: ArrayLike<number>, from = 0): Series {
  return {
    times: Float64Array.from({ length: values.length }, (_, row) => from + row * MINUTE),
    values: Float32Array.from(values),
  };
}

export function emptyScores(rows: number): SeriesScores {
  const fill = (): Float64Array => new Float64Array(rows).fill(NaN);
  return { residuals: fill(), expected: fill(), low: fill(), high: fill() };
}

export function cut({ times, values }: Series, from: number, to: number): Series {
  return { times: times.slice(from, to), values: values.slice(from, to) };
}

/** Fresh weights, as Keras draws them by default. */
import { type Random, seedRandom } from '../maths/random.ts';
import { positionsOf } from './named-arrays.ts';
import type { PlacedWeight } from './place-layers.ts';

/** @param to all of it is written; padding becomes 0 */
export function initializeWeights(placed: readonly PlacedWeight[], seed: number, to: Float32Array): void {
  const random = seedRandom(seed);
  to.fill(0);
  for (const weight of placed) {
    const values = drawValues(weight, random);
    let i = 0;
    for (const at of positionsOf(weight)) to[at] = values[i++]!;
  }
}

function drawValues({ role, rows, columns }: PlacedWeight, random: Random): ArrayLike<number> {
  switch (role) {
    case 'kernel':
      return drawGlorot(rows.length, columns.length, random);
    case 'recurrent':
      return drawOrthogonal(rows.length, columns.length, random);
    case 'bias':
      return new Float64Array(columns.length);
    case 'forget-bias':
      // Gates input, forget, cell, output (Jozefowicz et al. 2015 on why the second one starts open).
      return Float64Array.from(columns, (_, i) => (Math.floor((4 * i) / columns.length) === 1 ? 1 : 0));
  }
}

/** Uniform in ±√(6 / (in + out)) (Glorot and Bengio 2010). */
function drawGlorot(rows: number, columns: number, random: Random): Float64Array {
  const limit = Math.sqrt(6 / (rows + columns));
  return Float64Array.from({ length: rows * columns }, () => (2 * random.nextFloat() - 1) * limit);
}

/**
 * Orthonormal rows of random direction (Saxe et al. 2014): normal draws, orthogonalised one after the other, twice, as
 * once leaves rounding behind (Giraud et al. 2005). There are at most as many rows as columns.
 */
function drawOrthogonal(rows: number, columns: number, random: Random): Float64Array {
  const normal = drawNormals(random);
  const values = Float64Array.from({ length: rows * columns }, normal);
  const row = (i: number): Float64Array => values.subarray(i * columns, (i + 1) * columns);
  for (let i = 0; i < rows; i++) {
    const own = row(i);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = row(j);
        const along = dot(own, other);
        for (let k = 0; k < columns; k++) own[k]! -= along * other[k]!;
      }
    }
    const length = Math.sqrt(dot(own, own));
    for (let k = 0; k < columns; k++) own[k]! /= length;
  }
  return values;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Marsaglia's polar method. */
function drawNormals(random: Random): () => number {
  return () => {
    for (;;) {
      const x = 2 * random.nextFloat() - 1;
      const y = 2 * random.nextFloat() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square);
    }
  };
}

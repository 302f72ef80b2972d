/**
 * The eigenvalue solver of `pca` beside ml-matrix's, which is no dependency:
 *
 *     npm install --prefix /tmp/peers ml-matrix@6
 *     NODE_PATH=/tmp/peers/node_modules npm run bench -- eigen
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { decomposeSymmetric } from '../lib/maths/linalg/symmetric-eigen.ts';
import { seedRandom } from '../lib/maths/random.ts';
import type { BenchRow } from './bench-row.ts';
import { median, pairedRatio, timeInTurns } from './in-turns.ts';

const SIZES: readonly number[] = [16, 64, 200, 400];
const ROUNDS = 15;
/** n³ that a round takes, a tenth of a second or more. */
const ROUND_WORK = 6e7;
const AIM = { atMost: 1 };
/** Of the largest eigenvalue: how far both may be apart. */
const ROUNDING = 1e-12;

/** What is used of ml-matrix. */
interface MlMatrix {
  readonly Matrix: new (rows: readonly (readonly number[])[]) => object;
  readonly EigenvalueDecomposition: new (
    matrix: object,
    options: { readonly assumeSymmetric: boolean },
  ) => { readonly realEigenvalues: readonly number[] };
}

export async function benchEigen(): Promise<readonly BenchRow[]> {
  const peer = findPeer();
  const rows: BenchRow[] = [];
  for (const size of SIZES) rows.push(await compare(size, peer));
  return rows;
}

/** `require` looks into NODE_PATH, which `import` does not. */
function findPeer(): { readonly name: string; readonly library: MlMatrix } | undefined {
  const require = createRequire(import.meta.url);
  let file: string;
  try {
    file = require.resolve('ml-matrix');
  } catch {
    return undefined;
  }
  // The package does not export its package.json.
  const text = readFileSync(
    join(file.slice(0, file.lastIndexOf('ml-matrix')), 'ml-matrix/package.json'),
    'utf8',
  );
  const { version } = JSON.parse(text) as { readonly version: string };
  return { name: `ml-matrix ${version}`, library: require('ml-matrix') as MlMatrix };
}

async function compare(size: number, peer: ReturnType<typeof findPeer>): Promise<BenchRow> {
  const covariance = drawCovariance(size);
  const calls = Math.ceil(ROUND_WORK / size ** 3);
  const what = `eigenvalues and vectors of ${size} × ${size}`;
  const ours = (): void => {
    for (let i = 0; i < calls; i++) decomposeSymmetric(covariance, size);
  };
  const inMs = (seconds: readonly number[]): number => (1000 * median(seconds)) / calls;
  if (peer === undefined) {
    const { own } = await timeInTurns({ own: ours }, { rounds: ROUNDS, warmups: 3 });
    return { what, ours: inMs(own), unit: 'ms', peer: 'ml-matrix is not in NODE_PATH', aim: AIM };
  }
  const { Matrix, EigenvalueDecomposition } = peer.library;
  const matrix = new Matrix(
    Array.from({ length: size }, (_, i) => [...covariance.subarray(i * size, (i + 1) * size)]),
  );
  const decompose = (): readonly number[] =>
    new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues;
  assertEqual(decomposeSymmetric(covariance, size).values, decompose());
  const theirs = (): void => {
    for (let i = 0; i < calls; i++) decompose();
  };
  const seconds = await timeInTurns({ own: ours, others: theirs }, { rounds: ROUNDS, warmups: 3 });
  return {
    what,
    ours: inMs(seconds.own),
    unit: 'ms',
    peer: {
      name: peer.name,
      value: inMs(seconds.others),
      ratio: pairedRatio(seconds.own, seconds.others),
    },
    aim: AIM,
  };
}

/** Of twice as many rows as columns, drawn with seed 1. */
function drawCovariance(size: number): Float64Array {
  const random = seedRandom(1);
  const covariance = new Float64Array(size * size);
  const row = new Float64Array(size);
  for (let r = 0; r < 2 * size; r++) {
    for (let i = 0; i < size; i++) row[i] = random.nextFloat() - 0.5;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) covariance[i * size + j]! += row[i]! * row[j]!;
  }
  return covariance;
}

function assertEqual(own: Float64Array, others: readonly number[]): void {
  const descending = others.toSorted((a, b) => b - a);
  for (const [k, value] of own.entries())
    if (!(Math.abs(value - descending[k]!) <= ROUNDING * own[0]!))
      throw new Error(`eigenvalue ${k} is ${value}, and ${descending[k]} of the peer`);
}

/** Matrices for the tests of models: seeded, or read from the real samples. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import { type Random, seedRandom } from '../../lib/maths/random.ts';
import type { FitRun } from '../../lib/models/framework/contract.ts';

export const NO_DEADLINE: FitRun['deadline'] = { remaining: () => Infinity };

/** One entity, one row a minute, from a list of rows. */
export function toMatrix(rows: readonly (readonly number[])[], names?: readonly string[]): FeatureMatrix {
  const width = names?.length ?? rows[0]?.length ?? 0;
  return {
    names: names ?? Array.from({ length: width }, (_, c) => `m${c}`),
    entities: [''],
    entityOf: new Uint32Array(rows.length),
    times: Float64Array.from(rows, (_, row) => row * 60_000),
    values: Float32Array.from(rows.flat()),
  };
}

/** Independent standard normal columns. */
export function normalRows(count: number, width: number, seed: number): number[][] {
  const random = seedRandom(seed);
  return Array.from({ length: count }, () => Array.from({ length: width }, () => drawNormal(random)));
}

/** Box-Muller. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.nextFloat())) * Math.cos(2 * Math.PI * random.nextFloat());
}

export interface RealSample {
  readonly x: FeatureMatrix;
  readonly labels: Uint8Array;
}

/** One part of test/fixtures/real/, unscaled. The test begins a minute after the last row of the training. */
export function readRealSample(name: string, part: 'train' | 'test'): RealSample {
  const [header, ...lines] = readLines(name, part);
  const before = part === 'train' ? 0 : readLines(name, 'train').length - 1;
  const table = lines.map((line) => line.split(',').map((cell) => (cell === '' ? NaN : Number(cell))));
  const x = toMatrix(
    table.map((row) => row.slice(1, -1)),
    header!.split(',').slice(1, -1),
  );
  return {
    x: { ...x, times: x.times.map((time) => time + before * 60_000) },
    labels: Uint8Array.from(table, (row) => row.at(-1)!),
  };
}

function readLines(name: string, part: 'train' | 'test'): readonly string[] {
  const file = new URL(`../fixtures/real/${name}.${part}.csv.gz`, import.meta.url);
  return gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
}

/** Area under the ROC curve: the chance that a labelled row scores above an unlabelled one, ties half. */
export function rocAuc(scores: Float64Array, labels: Uint8Array): number {
  if (scores.some(Number.isNaN)) throw new RangeError('a row without a score cannot be ranked');
  const order = Uint32Array.from(scores, (_, row) => row).sort((a, b) => scores[a]! - scores[b]!);
  let [rankSum, positives] = [0, 0];
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    for (let i = from; i < to; i++) {
      if (labels[order[i]!] !== 1) continue;
      rankSum += (from + 1 + to) / 2;
      positives++;
    }
    from = to;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}

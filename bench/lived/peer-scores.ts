/**
 * Scores of those who stand beside the product: scikit-learn's models, our robust-z without the product's decision, and
 * the plainest thing there is, the largest |z| of any column. All on the matrices that the product's model saw.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import { quantile } from '../../lib/maths/quantile.ts';
import { getModel } from '../../lib/models/registry.ts';
import type { PeerScores, Peers } from '../quality/peers.ts';

/** In the order of the table. */
export const PEER_NAMES = ['sklearn-isolation-forest', 'sklearn-pca', 'robust-z', 'max |z|'] as const;

const MAD_TO_DEVIATION = 1.4826;
/** Of the files in `keep`: another one is another format. */
const FORMAT = 1;

interface Kept {
  readonly peers: readonly { readonly name: string; readonly train: number; readonly test: number }[];
}

/**
 * @param given.start starts scikit-learn where it is needed; undefined: there is none, or it is not asked for
 * @param given.keep folder of scores by the content of the matrices; what it holds is not computed again
 */
export async function scorePeers(given: {
  readonly train: FeatureMatrix;
  readonly test: FeatureMatrix;
  readonly start: () => Promise<Peers | undefined>;
  readonly keep: string | undefined;
}): Promise<readonly PeerScores[]> {
  const { train, test, start, keep } = given;
  const kept = keep === undefined ? undefined : join(keep, nameOf(train, test));
  if (kept !== undefined && existsSync(`${kept}.json`)) return readKept(kept);
  const sklearn = await start();
  const scores = [
    ...((await sklearn?.score(train, test))?.scores ?? []),
    await scoreRobustZ(train, test),
    scoreLargest(train, test),
  ];
  if (kept !== undefined && sklearn !== undefined) writeKept(kept, scores);
  return scores;
}

async function scoreRobustZ(train: FeatureMatrix, test: FeatureMatrix): Promise<PeerScores> {
  const model = await getModel('robust-z');
  const fitted = await model.fit(train, model.parseParams({}), {
    seed: 1,
    deadline: { remaining: () => Infinity },
  });
  return { name: 'robust-z', train: await fitted.score(train), test: await fitted.score(test) };
}

/** Columns that never move in training have no z. */
function scoreLargest(train: FeatureMatrix, test: FeatureMatrix): PeerScores {
  const width = train.names.length;
  const scales = train.names.map((_, column) => {
    const values = Float64Array.from(
      { length: train.times.length },
      (_, row) => train.values[row * width + column]!,
    ).filter((value) => !Number.isNaN(value));
    if (values.length === 0) return { center: 0, spread: 0 };
    const center = quantile(values.sort(), 0.5);
    const distances = values.map((value) => Math.abs(value - center)).sort();
    return { center, spread: MAD_TO_DEVIATION * quantile(distances, 0.5) };
  });
  const score = (x: FeatureMatrix): Float64Array =>
    Float64Array.from(x.times, (_, row) => {
      let largest = 0;
      for (let column = 0; column < width; column++) {
        const { center, spread } = scales[column]!;
        const z = Math.abs(x.values[row * width + column]! - center) / spread;
        if (spread > 0 && z > largest) largest = z;
      }
      return largest;
    });
  return { name: 'max |z|', train: score(train), test: score(test) };
}

function nameOf(train: FeatureMatrix, test: FeatureMatrix): string {
  const hash = createHash('sha256').update(`${FORMAT} ${train.names.join()}`);
  for (const { values } of [train, test])
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return hash.digest('hex').slice(0, 32);
}

function readKept(path: string): readonly PeerScores[] {
  const { peers } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Kept;
  const bytes = readFileSync(`${path}.f64`);
  const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let at = 0;
  const take = (rows: number): Float64Array => {
    at += rows;
    return all.subarray(at - rows, at);
  };
  return peers.map(({ name, train, test }) => ({ name, train: take(train), test: take(test) }));
}

/** The list comes last: it says that the scores are whole. */
function writeKept(path: string, scores: readonly PeerScores[]): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(`${path}.f64`, Float64Array.from(scores.flatMap(({ train, test }) => [...train, ...test])));
  const kept: Kept = {
    peers: scores.map(({ name, train, test }) => ({ name, train: train.length, test: test.length })),
  };
  writeFileSync(`${path}.json`, JSON.stringify(kept));
}

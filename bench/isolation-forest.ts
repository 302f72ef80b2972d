/**
 * Fit and score against scikit-learn: the same rows, the same number of trees of 256 rows, each on one core, taking
 * turns. 100 trees are the paper's and scikit-learn's default, 300 ours. Aim: at least 4 × scikit-learn's rows a second.
 *
 * What was tried for the scoring loop (2 shared cores, Node 24; scikit-learn 1.2 at 77,000 rows/s): one row at a time
 * with a branch 160,000 rows/s, four rows interleaved with a branch 150,000, without one 350,000, on one tree's slice
 * of the arrays 650,000 to 730,000 (in use); float32 as ordered int32 keys 550,000 to 630,000; ranks among the column's
 * thresholds 450,000, of which finding the ranks alone takes half.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeatureMatrix } from '../lib/features/feature-matrix.ts';
import { seedRandom } from '../lib/maths/random.ts';
import type { FittedModel } from '../lib/models/framework/contract.ts';
import { getModel } from '../lib/models/registry.ts';
import type { BenchRow, Peer } from './bench-row.ts';
import { median, pairedRatio } from './in-turns.ts';
import { type SklearnPeer, startSklearn } from './sklearn-peer.ts';

const ROWS = 100_000;
const COLUMNS = 16;
const ROUNDS = 5;
const TREES: readonly number[] = [100, 300];
const AIM = { atLeast: 4 };

interface Rounds {
  /** Seconds. */
  readonly fits: readonly number[];
  /** Per second. */
  readonly rows: readonly number[];
}

export async function benchIsolationForest(): Promise<readonly BenchRow[]> {
  const x = drawMatrix();
  const folder = mkdtempSync(join(tmpdir(), 'bench-forest-'));
  const file = join(folder, 'rows.f32');
  writeFileSync(file, x.values);
  const peer = await startSklearn(file, COLUMNS);
  try {
    const rows: BenchRow[] = [];
    for (const trees of TREES) rows.push(...(await compare(x, trees, peer)));
    return rows;
  } finally {
    if (typeof peer !== 'string') await peer.close();
    rmSync(folder, { recursive: true });
  }
}

async function compare(x: FeatureMatrix, trees: number, peer: SklearnPeer | string): Promise<BenchRow[]> {
  const ours = { fits: [] as number[], rows: [] as number[] };
  const theirs = { fits: [] as number[], rows: [] as number[] };
  // Round 0 warms both up.
  for (let round = 0; round <= ROUNDS; round++) {
    const rounds = [{ rates: ours, seconds: await timeOurs(x, trees, round) }];
    if (typeof peer !== 'string') rounds.push({ rates: theirs, seconds: await peer.time(trees, round) });
    for (const { rates, seconds } of round === 0 ? [] : rounds) {
      rates.fits.push(seconds.fit);
      rates.rows.push(ROWS / seconds.score);
    }
  }
  const beside = (name: keyof Rounds, scale: number): Peer | string =>
    typeof peer === 'string'
      ? peer
      : {
          name: peer.name,
          value: median(theirs[name]) * scale,
          ratio: pairedRatio(ours[name], theirs[name]),
        };
  return [
    {
      what: `isolation forest: score ${ROWS.toLocaleString('en')} × ${COLUMNS}, ${trees} trees`,
      ours: median(ours.rows),
      unit: 'rows/s',
      peer: beside('rows', 1),
      aim: AIM,
    },
    {
      what: `isolation forest: fit ${trees} trees of 256 rows`,
      ours: median(ours.fits) * 1000,
      unit: 'ms',
      peer: beside('fits', 1000),
    },
  ];
}

/** Seconds. */
async function timeOurs(
  x: FeatureMatrix,
  trees: number,
  seed: number,
): Promise<{ fit: number; score: number }> {
  const model = await getModel('isolation-forest');
  const start = performance.now();
  const fitted: FittedModel = await model.fit(x, model.parseParams({ trees }), {
    seed,
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
  });
  const fit = performance.now() - start;
  await fitted.score(x);
  return { fit: fit / 1000, score: (performance.now() - start - fit) / 1000 };
}

/** Uniform sums of three: bell-shaped, with one row in a hundred far out. */
function drawMatrix(): FeatureMatrix {
  const random = seedRandom(2026);
  const values = Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => {
    const value = random.nextFloat() + random.nextFloat() + random.nextFloat() - 1.5;
    return Math.floor(i / COLUMNS) % 100 === 0 ? 4 * value : value;
  });
  return {
    names: Array.from({ length: COLUMNS }, (_, c) => `m${c}`),
    entities: [''],
    entityOf: new Uint32Array(ROWS),
    times: Float64Array.from({ length: ROWS }, (_, row) => row * 60_000),
    values,
  };
}

/**
 * Fit and score against scikit-learn, on the same rows and in the same run, each on one core: 100 trees of 256 rows,
 * 16 columns. Aim: scoring at least 4 × scikit-learn's rows a second.
 *
 * What was tried for the scoring loop (2 shared cores, Node 24; scikit-learn 1.2 at 77,000 rows/s): one row at a time
 * with a branch 160,000 rows/s, four rows interleaved with a branch 150,000, without one 350,000, on one tree's slice
 * of the arrays 650,000 to 730,000 (in use); float32 as ordered int32 keys 550,000 to 630,000; ranks among the column's
 * thresholds 450,000, of which finding the ranks alone takes half.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeatureMatrix } from '../lib/features/feature-matrix.ts';
import { seedRandom } from '../lib/models/random.ts';
import { getModel } from '../lib/models/registry.ts';
import type { BenchRow } from './bench-row.ts';

const ROWS = 100_000;
const COLUMNS = 16;
const ROUNDS = 5;
/** Debian's own Python finds python3-sklearn; another one may stand first on the path. */
const PYTHONS = ['/usr/bin/python3', 'python3'];

const PEER_SCRIPT = `
import sys, time, json, numpy, sklearn
from sklearn.ensemble import IsolationForest
x = numpy.fromfile(sys.argv[1], dtype=numpy.float32).reshape(-1, ${COLUMNS})
fit, score = [], []
for seed in range(${ROUNDS}):
    start = time.perf_counter()
    forest = IsolationForest(n_estimators=100, max_samples=256, random_state=seed, n_jobs=1).fit(x)
    fit.append(time.perf_counter() - start)
    start = time.perf_counter()
    forest.score_samples(x)
    score.append(time.perf_counter() - start)
print(json.dumps({"version": sklearn.__version__, "fit": min(fit), "score": min(score)}))
`;

interface Timing {
  /** Seconds, the best of ROUNDS. */
  readonly fit: number;
  readonly score: number;
}

export async function benchIsolationForest(): Promise<readonly BenchRow[]> {
  const x = drawMatrix();
  const peer = measurePeer(x);
  const ours = await measureOurs(x);
  const name = `scikit-learn ${peer.version}, n_jobs=1`;
  return [
    {
      name: `isolation forest: score ${ROWS.toLocaleString('en')} rows × ${COLUMNS}`,
      ours: ROWS / ours.score,
      peer: name,
      theirs: ROWS / peer.score,
      unit: 'rows/s',
      ratio: peer.score / ours.score,
      higherIsBetter: true,
    },
    {
      name: 'isolation forest: fit 100 trees of 256 rows',
      ours: ours.fit * 1000,
      peer: name,
      theirs: peer.fit * 1000,
      unit: 'ms',
      ratio: peer.fit / ours.fit,
      higherIsBetter: false,
    },
  ];
}

async function measureOurs(x: FeatureMatrix): Promise<Timing> {
  const model = getModel('isolation-forest');
  const params = model.parseParams({});
  const best = { fit: Infinity, score: Infinity };
  for (let seed = 0; seed < ROUNDS; seed++) {
    let start = performance.now();
    const fitted = await model.fit(x, params, { seed, deadline: { remaining: () => Infinity } });
    best.fit = Math.min(best.fit, (performance.now() - start) / 1000);
    start = performance.now();
    await fitted.score(x);
    best.score = Math.min(best.score, (performance.now() - start) / 1000);
  }
  return best;
}

/** @throws Error where no Python has scikit-learn */
function measurePeer({ values }: FeatureMatrix): Timing & { readonly version: string } {
  const folder = mkdtempSync(join(tmpdir(), 'bench-forest-'));
  try {
    const file = join(folder, 'rows.f32');
    writeFileSync(file, values);
    const errors: string[] = [];
    for (const python of PYTHONS) {
      const { status, stdout, stderr, error } = spawnSync(python, ['-c', PEER_SCRIPT, file], {
        encoding: 'utf8',
        env: { ...process.env, OMP_NUM_THREADS: '1' },
      });
      if (status === 0) return JSON.parse(stdout);
      errors.push(`${python}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
    }
    throw new Error(`scikit-learn is needed to compare with (Debian: python3-sklearn); ${errors.join('; ')}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
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

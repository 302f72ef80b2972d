/**
 * PCA and robust z-scores: fit and score, beside scikit-learn's PCA on the same float32 rows, taking turns. Ours has one
 * thread; the peer has one as well, and again as many as it chooses. It keeps the components that explain 90 % and returns squared reconstruction errors; it takes no missing
 * values, and outliers turn its components. With a window of 1 and `robust: false` ours does what the peer does; by
 * default it is robust and looks at windows (10 rows of 16 columns, 4 of 100).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeatureMatrix } from '../lib/features/feature-matrix.ts';
import { seedRandom } from '../lib/maths/random.ts';
import { getModel } from '../lib/models/registry.ts';
import type { BenchRow, Peer } from './bench-row.ts';
import { median, pairedRatio } from './in-turns.ts';
import { type PeerThreads, type SklearnPeer, startSklearn } from './sklearn-peer.ts';

const ROWS = 250_000;
/** Rounds: a multiple of the entrants, so that each begins equally often. */
const SIZES: readonly { readonly width: number; readonly rounds: number }[] = [
  { width: 16, rounds: 12 },
  { width: 100, rounds: 6 },
];
const PEER_THREADS: readonly PeerThreads[] = ['one', 'its own'];
/** For the size of a stored model: thousands of series in one artifact. */
const ENTITIES = 1000;
const METRICS = 16;

const CONTENDERS = {
  'pca, window: 1': { kind: 'pca', params: { window: 1 }, fitAim: { atMost: 1 }, scoreAim: { atLeast: 1 } },
  'pca, window: 1, robust: false': {
    kind: 'pca',
    params: { window: 1, robust: false },
    fitAim: { atMost: 1 },
    scoreAim: { atLeast: 1 },
  },
  'pca, as by default': { kind: 'pca', params: {}, fitAim: undefined, scoreAim: undefined },
  'robust-z': { kind: 'robust-z', params: {}, fitAim: undefined, scoreAim: undefined },
} as const;
type Contender = keyof typeof CONTENDERS;
const NAMES = Object.keys(CONTENDERS) as Contender[];

/** Answers any line with the seconds of a fit and of a scoring. */
const SCRIPT = `
import sys, time, json, numpy, sklearn
from sklearn.decomposition import PCA
x = numpy.fromfile(sys.argv[1], dtype=numpy.float32).reshape(-1, int(sys.argv[2]))
print(json.dumps(sklearn.__version__), flush=True)
for line in sys.stdin:
    begun = time.perf_counter()
    pca = PCA(n_components=0.9, svd_solver="full").fit(x)
    fitted = time.perf_counter()
    ((x - pca.inverse_transform(pca.transform(x))) ** 2).sum(axis=1)
    print(json.dumps({"fit": fitted - begun, "score": time.perf_counter() - fitted}), flush=True)
`;

interface Seconds {
  readonly fit: number;
  readonly score: number;
}

export async function benchPca(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const size of SIZES) rows.push(...(await compare(size)));
  return [...rows, await measureState()];
}

async function compare({ width, rounds }: (typeof SIZES)[number]): Promise<readonly BenchRow[]> {
  const x = drawMatrix(ROWS, width);
  const folder = mkdtempSync(join(tmpdir(), 'bench-pca-'));
  const file = join(folder, 'rows.f32');
  writeFileSync(file, x.values);
  const peers: (SklearnPeer | string)[] = [];
  try {
    for (const threads of PEER_THREADS)
      peers.push(await startSklearn(file, width, { script: SCRIPT, threads }));
    return await takeTurns(x, peers, rounds);
  } finally {
    for (const peer of peers) if (typeof peer !== 'string') await peer.close();
    rmSync(folder, { recursive: true });
  }
}

async function takeTurns(
  x: FeatureMatrix,
  peers: readonly (SklearnPeer | string)[],
  rounds: number,
): Promise<readonly BenchRow[]> {
  const ours = NAMES.map((name) => enter(() => timeOurs(x, name)));
  const theirs = peers.map((peer) =>
    typeof peer === 'string' ? enter() : enter((round) => peer.time(round)),
  );
  const entrants = [...ours, ...theirs];
  // Round 0 warms all up. Another one begins each time: who comes first finds the caches full of others' rows.
  for (let round = 0; round <= rounds; round++)
    for (let i = 0; i < entrants.length; i++) {
      const { time, seconds } = entrants[(i + round) % entrants.length]!;
      const taken = await time?.(round);
      if (round > 0 && taken !== undefined) seconds.push(taken);
    }
  const size = `${ROWS.toLocaleString('en')} × ${x.names.length}`;
  return NAMES.flatMap((name, n) =>
    peers.flatMap((peer, p) => {
      const [own, others] = [ours[n]!.seconds, theirs[p]!.seconds];
      const { fitAim, scoreAim } = CONTENDERS[name];
      // What does something else than the peer is set beside one thread of it alone.
      if (p > 0 && fitAim === undefined) return [];
      const fits = { own: own.map(({ fit }) => fit), peers: others.map(({ fit }) => fit) };
      const rate = ({ score }: Seconds): number => ROWS / score;
      const rates = { own: own.map(rate), peers: others.map(rate) };
      return [
        {
          what: `${name}: fit ${size}`,
          ours: median(fits.own),
          unit: 's',
          ...beside(peer, fits),
          aim: fitAim,
        },
        {
          what: `${name}: score ${size}`,
          ours: median(rates.own),
          unit: 'rows/s',
          ...beside(peer, rates),
          aim: scoreAim,
        },
      ] as const;
    }),
  ).map(({ aim, ...row }) => (aim === undefined ? row : { ...row, aim }));
}

interface Entrant {
  /** None: a peer that the machine lacks. */
  readonly time: ((round: number) => Promise<Seconds>) | undefined;
  /** Of each round. */
  readonly seconds: Seconds[];
}

function enter(time?: (round: number) => Promise<Seconds>): Entrant {
  return { time, seconds: [] };
}

function beside(
  peer: SklearnPeer | string,
  { own, peers }: { readonly own: readonly number[]; readonly peers: readonly number[] },
): { readonly peer: Peer | string } {
  if (typeof peer === 'string') return { peer };
  return { peer: { name: `PCA of ${peer.name}`, value: median(peers), ratio: pairedRatio(own, peers) } };
}

async function timeOurs(x: FeatureMatrix, name: Contender): Promise<Seconds> {
  const { kind, params } = CONTENDERS[name];
  const model = await getModel(kind);
  const start = performance.now();
  const fitted = await model.fit(x, model.parseParams(params), {
    seed: 0,
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
  });
  const fit = performance.now() - start;
  await fitted.score(x);
  return { fit: fit / 1000, score: (performance.now() - start - fit) / 1000 };
}

/** 24 bytes a metric and entity. */
async function measureState(): Promise<BenchRow> {
  const rowsEach = 64;
  const x = drawMatrix(ENTITIES * rowsEach, METRICS);
  const model = await getModel('robust-z');
  const fitted = await model.fit(
    {
      ...x,
      entities: Array.from({ length: ENTITIES }, (_, e) => `pod-${e}`),
      entityOf: x.entityOf.map((_, row) => Math.floor(row / rowsEach)),
    },
    model.parseParams({}),
    { seed: 0, deadline: { remaining: () => Number.POSITIVE_INFINITY } },
  );
  const bytes = Object.values(fitted.save().arrays).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return {
    what: `robust-z: state of ${ENTITIES.toLocaleString('en')} entities × ${METRICS} metrics`,
    ours: bytes / 1e6,
    unit: 'MB',
  };
}

/** Columns that follow a quarter as many loads, with noise of their own; one row in a hundred far out. */
function drawMatrix(rows: number, width: number): FeatureMatrix {
  const random = seedRandom(2026);
  const noise = (): number => random.nextFloat() + random.nextFloat() + random.nextFloat() - 1.5;
  const loads = Math.ceil(width / 4);
  const weights = Float64Array.from({ length: width * loads }, noise);
  const load = new Float64Array(loads);
  const values = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < loads; i++) load[i] = noise();
    const scale = row % 100 === 0 ? 4 : 1;
    for (let c = 0; c < width; c++) {
      let value = noise() / 2;
      for (let i = 0; i < loads; i++) value += weights[c * loads + i]! * load[i]!;
      values[row * width + c] = scale * value;
    }
  }
  return {
    names: Array.from({ length: width }, (_, c) => `m${c}`),
    entities: [''],
    entityOf: new Uint32Array(rows),
    times: Float64Array.from({ length: rows }, (_, row) => row * 60_000),
    values,
  };
}

/**
 * ARIMA against statsmodels' SARIMAX, each on one core, taking turns: scoring rows after training, with the parameters as
 * they are, and fitting a given order by exact likelihood. Aim: at least 20 × statsmodels' filter.
 *
 * Ours scores through the model as a detector does: rows of all series in one matrix, predictions, bounds, the surprise
 * of each and a score for the row. Theirs runs the filter (`filter` of a model of the new rows, memory of what it needs
 * not for predictions off), which is what `append` and `apply` of its results spend their time on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { FeatureMatrix } from '../lib/features/feature-matrix.ts';
import { seedRandom } from '../lib/maths/random.ts';
import { getModel } from '../lib/models/registry.ts';
import type { BenchRow, Peer } from './bench-row.ts';
import { median, pairedRatio } from './in-turns.ts';

const TRAINING_ROWS = 1000;
const SCORED_ROWS = 10_000;
const COLUMNS = 4;
const MEMORY_SERIES = 1000;
const ROUNDS = 7;
/** They fill caches and warm the compiler. */
const WARMUPS = 3;
/** A pass over the rows of all columns is too short to be timed alone. */
const PASSES = 4;
const AIM = { atLeast: 20 };
const RUN = { seed: 1, deadline: { remaining: () => Infinity } };

interface Contest {
  readonly name: string;
  readonly order: readonly [number, number, number];
  readonly seasonalOrder: readonly [number, number, number];
  /** Rows; 0: none. */
  readonly season: number;
}

const CONTESTS: readonly Contest[] = [
  { name: '(2,0,1)', order: [2, 0, 1], seasonalOrder: [0, 0, 0], season: 0 },
  { name: '(1,1,1)', order: [1, 1, 1], seasonalOrder: [0, 0, 0], season: 0 },
  { name: '(0,1,1)(0,1,1)12', order: [0, 1, 1], seasonalOrder: [0, 1, 1], season: 12 },
];

/** Debian's own Python finds python3-statsmodels; another one may stand first on the path. */
const PYTHONS: readonly string[] = ['/usr/bin/python3', 'python3'];

/** Answers a line of JSON, order and series, with seconds to fit the training rows and to filter the rest. */
const SCRIPT = `
import sys, time, json, warnings, numpy, statsmodels
from statsmodels.tsa.statespace.sarimax import SARIMAX
warnings.simplefilter("ignore")
print(json.dumps(statsmodels.__version__), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    training, later = numpy.array(asked["training"]), numpy.array(asked["later"])
    options = dict(order=asked["order"], seasonal_order=asked["seasonal"], trend="c" if asked["constant"] else None)
    begun = time.perf_counter()
    result = SARIMAX(training, simple_differencing=True, **options).fit(disp=0)
    fitted = time.perf_counter()
    model = SARIMAX(later, **options)
    model.ssm.set_conserve_memory(0x02 | 0x04 | 0x08 | 0x10)
    ready = time.perf_counter()
    model.filter(result.params)
    print(json.dumps({"fit": fitted - begun, "score": time.perf_counter() - ready}), flush=True)
`;

interface Seconds {
  readonly fit: number;
  readonly score: number;
}

interface StatsmodelsPeer {
  readonly name: string;
  time(contest: Contest, column: Float64Array): Promise<Seconds>;
  close(): Promise<void>;
}

export async function benchArima(): Promise<readonly BenchRow[]> {
  const peer = await startStatsmodels();
  try {
    const rows: BenchRow[] = [];
    for (const contest of CONTESTS) rows.push(...(await compare(contest, peer)));
    return [...rows, ...(await measureDefault())];
  } finally {
    if (typeof peer !== 'string') await peer.close();
  }
}

async function compare(contest: Contest, peer: StatsmodelsPeer | string): Promise<BenchRow[]> {
  const columns = Array.from({ length: COLUMNS }, (_, seed) => drawColumn(contest, seed + 1));
  const ours: Seconds[] = [];
  const theirs: Seconds[] = [];
  for (let round = -WARMUPS; round < ROUNDS; round++) {
    const mine = await timeOurs(contest, columns);
    if (round >= 0) ours.push(mine);
    if (typeof peer === 'string') continue;
    const answer = await peer.time(contest, columns[(round + WARMUPS) % COLUMNS]!);
    if (round >= 0) theirs.push(answer);
  }
  const rates = (all: readonly Seconds[]): number[] => all.map(({ score }) => SCORED_ROWS / score);
  const fits = (all: readonly Seconds[]): number[] => all.map(({ fit }) => fit);
  const against = (mine: readonly number[], other: readonly number[]): Peer | string =>
    typeof peer === 'string'
      ? peer
      : { name: peer.name, value: median(other), ratio: pairedRatio(mine, other) };
  return [
    {
      what: `ARIMA${contest.name}: values scored`,
      ours: median(rates(ours)),
      unit: 'rows/s',
      peer: against(rates(ours), rates(theirs)),
      aim: AIM,
    },
    {
      what: `ARIMA${contest.name}: fit of ${TRAINING_ROWS} rows, order given`,
      ours: median(fits(ours)),
      unit: 's',
      peer: against(fits(ours), fits(theirs)),
    },
  ];
}

/** Seconds per series. */
async function timeOurs(
  { order, seasonalOrder, season }: Contest,
  columns: readonly Float64Array[],
): Promise<Seconds> {
  const arima = await getModel('arima');
  const params = arima.parseParams({ order, seasonalOrder, season });
  const training = toMatrix(columns.map((column) => column.subarray(0, TRAINING_ROWS)));
  const later = toMatrix(
    columns.map((column) => column.subarray(TRAINING_ROWS)),
    TRAINING_ROWS,
  );
  const begun = performance.now();
  const fitted = await arima.fit(training, params, RUN);
  const done = performance.now();
  for (let pass = 0; pass < PASSES; pass++) await fitted.score(later);
  const end = performance.now();
  return { fit: (done - begun) / 1000 / COLUMNS, score: (end - done) / 1000 / COLUMNS / PASSES };
}

/** What a user who configures nothing pays: the order is searched for. */
async function measureDefault(): Promise<BenchRow[]> {
  const arima = await getModel('arima');
  const columns = Array.from({ length: COLUMNS }, (_, seed) =>
    drawColumn(CONTESTS[0]!, seed + 1).subarray(0, 2 * TRAINING_ROWS),
  );
  const seconds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const begun = performance.now();
    await arima.fit(toMatrix(columns), arima.parseParams({}), RUN);
    if (round > 0) seconds.push((performance.now() - begun) / 1000 / COLUMNS);
  }
  const fitted = await arima.fit(toMatrix(columns), arima.parseParams({}), RUN);
  const { arrays } = fitted.save();
  const bytes = Object.values(arrays).reduce((sum, { byteLength }) => sum + byteLength, 0);
  // The stand-ins of the columns are series as well.
  const perSeries = bytes / (2 * COLUMNS);
  return [
    { what: `ARIMA: fit of ${2 * TRAINING_ROWS} rows, order searched for`, ours: median(seconds), unit: 's' },
    { what: `ARIMA: state of ${MEMORY_SERIES} series`, ours: (MEMORY_SERIES * perSeries) / 1e6, unit: 'MB' },
  ];
}

/** A process of about that order, training rows first. */
function drawColumn({ order, season }: Contest, seed: number): Float64Array {
  const random = seedRandom(seed);
  const y = new Float64Array(TRAINING_ROWS + SCORED_ROWS);
  let [ar, last, sum] = [0, 0, 0];
  for (let t = 0; t < y.length; t++) {
    const noise = random.nextFloat() + random.nextFloat() + random.nextFloat() - 1.5;
    ar = 0.6 * ar + noise + 0.3 * last;
    last = noise;
    sum += season > 0 ? noise - 0.4 * last : ar;
    y[t] = order[1] > 0 ? sum : ar;
    if (season > 0) y[t]! += 3 * Math.sin((2 * Math.PI * t) / season);
  }
  return y;
}

function toMatrix(columns: readonly Float64Array[], from = 0): FeatureMatrix {
  const rows = columns[0]!.length;
  return {
    names: columns.map((_, c) => `m${c}`),
    entities: [''],
    entityOf: new Uint32Array(rows),
    times: Float64Array.from({ length: rows }, (_, row) => (from + row) * 60_000),
    values: Float32Array.from(
      { length: rows * columns.length },
      (_, i) => columns[i % columns.length]![Math.floor(i / columns.length)]!,
    ),
  };
}

/** @returns a sentence where no Python has statsmodels */
async function startStatsmodels(): Promise<StatsmodelsPeer | string> {
  for (const python of PYTHONS) {
    const child = spawn(python, ['-c', SCRIPT], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    });
    const closed = once(child, 'close').catch(() => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const version = await lines.next();
    if (version.done) {
      await closed;
      continue;
    }
    return {
      name: `statsmodels ${JSON.parse(version.value)}`,
      async time({ order, seasonalOrder, season }, column) {
        const differences = order[1] + seasonalOrder[1];
        const asked = {
          order,
          seasonal: [...seasonalOrder, season],
          constant: differences <= 1,
          training: [...column.subarray(0, TRAINING_ROWS)],
          later: [...column.subarray(TRAINING_ROWS)],
        };
        child.stdin.write(`${JSON.stringify(asked)}\n`);
        const answer = await lines.next();
        if (answer.done) throw new Error('statsmodels ended in the middle of a measurement');
        return JSON.parse(answer.value);
      },
      async close() {
        child.stdin.end();
        await closed;
      },
    };
  }
  return 'statsmodels is not installed';
}

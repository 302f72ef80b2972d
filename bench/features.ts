/**
 * Feature building against pandas: the same plan over the same rows, from raw columns to a float32 matrix that is scaled
 * for each entity by what the scaler learned (pandas: with numpy, all columns at once). Both results are compared before
 * anything is timed.
 * Aim: at least 5 × pandas' rows a second.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { FeatureSettings } from '../lib/config/feature-settings.ts';
import { buildMatrix } from '../lib/features/build-matrix.ts';
import { deriveColumns } from '../lib/features/derive-columns.ts';
import type { FeatureMatrix } from '../lib/features/feature-matrix.ts';
import { type FeaturePlan, planFeatures } from '../lib/features/plan.ts';
import { fitScaler, profilesOf } from '../lib/features/scaler.ts';
import { seedRandom } from '../lib/maths/random.ts';
import type { MetricWindow } from '../lib/window/window.ts';
import type { BenchRow } from './bench-row.ts';
import { median, pairedRatio } from './in-turns.ts';

const MINUTE = 60_000;
const ENTITIES = 20;
/** Two days a minute each. */
const ROWS = 2880;
const METRICS = 8;
const ROUNDS = 5;
const AIM = { atLeast: 5 };
/** Debian's own Python finds python3-pandas; another one may stand first on the path. */
const PYTHONS: readonly string[] = ['/usr/bin/python3', 'python3'];

const CASES: readonly { readonly what: string; readonly settings: FeatureSettings }[] = [
  {
    what: 'features: window vector over 15m',
    settings: {
      timeZone: 'Europe/Berlin',
      columns: [{ kind: 'metrics', metrics: 'all', apply: [{ kind: 'vector', over: 15 * MINUTE }] }],
    },
  },
  {
    what: 'features: values, changes, 1h mean and std, calendar',
    settings: {
      timeZone: 'Europe/Berlin',
      columns: [
        { kind: 'metrics', metrics: 'all', apply: [] },
        { kind: 'metrics', metrics: 'all', apply: [{ kind: 'change', over: 5 * MINUTE }] },
        { kind: 'metrics', metrics: 'all', apply: [{ kind: 'mean', over: 60 * MINUTE }] },
        { kind: 'metrics', metrics: 'all', apply: [{ kind: 'std', over: 60 * MINUTE }] },
        { kind: 'calendar', cycle: 'hour_of_day' },
        { kind: 'calendar', cycle: 'day_of_week' },
      ],
    },
  },
  {
    what: 'features: median and IQR over 6h',
    settings: {
      timeZone: 'UTC',
      columns: [
        { kind: 'metrics', metrics: 'all', apply: [{ kind: 'median', over: 360 * MINUTE }] },
        { kind: 'metrics', metrics: 'all', apply: [{ kind: 'iqr', over: 360 * MINUTE }] },
      ],
    },
  },
];

/**
 * Reads a plan as a line of JSON and answers with the seconds that it took. Rolling figures are pandas' own grouped
 * ones, one call per statistic over all metrics at once: the fastest way that it has.
 */
const SCRIPT = `
import sys, json, math, time, numpy, pandas
folder = sys.argv[1]
shape = json.load(open(folder + "/shape.json"))
raw = numpy.fromfile(folder + "/columns.f64").reshape(len(shape["metrics"]), -1).T
frame = pandas.DataFrame(raw, columns=shape["metrics"])
frame["entity"] = numpy.fromfile(folder + "/entities.u32", dtype=numpy.uint32)
times = pandas.to_datetime(numpy.fromfile(folder + "/times.f64"), unit="ms", utc=True)
print(json.dumps(pandas.__version__), flush=True)

def roll(group, transform):
    rows = transform["rows"]
    window = group.rolling(rows, min_periods=math.ceil(rows / 2))
    statistic = transform["statistic"]
    if statistic == "iqr":
        return window.quantile(0.75) - window.quantile(0.25)
    return getattr(window, statistic)()

def calendar(source):
    local = times.tz_convert(source["timeZone"])
    turn = (local.hour + local.minute / 60) / 24 if source["cycle"] == "hour_of_day" else local.dayofweek / 7
    return getattr(numpy, "sin" if source["wave"] == "sine" else "cos")(2 * math.pi * turn.to_numpy())

def build(columns):
    out = numpy.empty((len(frame), len(columns)))
    together = {}
    for at, column in enumerate(columns):
        source = column["source"]
        if source["kind"] == "calendar":
            out[:, at] = calendar(source)
        else:
            together.setdefault(json.dumps(column["transforms"]), []).append((at, source["metric"]))
    for transforms, members in together.items():
        names = [name for _, name in members]
        transforms = json.loads(transforms)
        if not transforms:
            made = frame[names]
        elif transforms[0]["kind"] == "change":
            made = frame.groupby("entity")[names].diff(transforms[0]["rows"])
        else:
            made = roll(frame.groupby("entity")[names], transforms[0])
        out[:, [at for at, _ in members]] = made[names].to_numpy()
    return out

def scale(out, columns):
    bounds = numpy.fromfile(folder + "/scaling.f64").reshape(-1, len(columns), 2)
    entities = frame["entity"].to_numpy()
    return ((out - bounds[entities, :, 0]) / bounds[entities, :, 1]).astype(numpy.float32)

for line in sys.stdin:
    request = json.loads(line)
    begun = time.perf_counter()
    out = build(request["columns"])
    scaled = scale(out, request["columns"])
    seconds = time.perf_counter() - begun
    if request["save"]:
        out.tofile(folder + "/result.f64")
        scaled.tofile(folder + "/scaled.f32")
    print(json.dumps(seconds), flush=True)
`;

interface PandasPeer {
  readonly name: string;
  /** Seconds. `save`: the columns are in the folder's result.f64 then, and the matrix in scaled.f32. */
  time(plan: FeaturePlan, save: boolean): Promise<number>;
  close(): Promise<void>;
}

export async function benchFeatures(): Promise<readonly BenchRow[]> {
  const window = drawWindow();
  const folder = mkdtempSync(join(tmpdir(), 'bench-features-'));
  writeFileSync(join(folder, 'shape.json'), JSON.stringify({ metrics: window.metrics }));
  writeFileSync(
    join(folder, 'columns.f64'),
    Buffer.concat(window.columns.map((column) => Buffer.from(column.buffer))),
  );
  writeFileSync(join(folder, 'entities.u32'), window.entityOf);
  writeFileSync(join(folder, 'times.f64'), window.times);
  const peer = await startPandas(folder);
  try {
    const rows: BenchRow[] = [];
    for (const { what, settings } of CASES) rows.push(await measure(what, settings, window, peer, folder));
    return rows;
  } finally {
    if (typeof peer !== 'string') await peer.close();
    rmSync(folder, { recursive: true });
  }
}

async function measure(
  what: string,
  settings: FeatureSettings,
  window: MetricWindow,
  peer: PandasPeer | string,
  folder: string,
): Promise<BenchRow> {
  const plan = planFeatures(window.metrics, { settings, step: MINUTE });
  const availability = new Float64Array(window.times.length).fill(1);
  const scaler = fitScaler({ window, availability, plan });
  // The last column is data_availability, which pandas has nothing to do for.
  const asked = { ...plan, columns: plan.columns.slice(0, -1) };
  if (typeof peer !== 'string') {
    const profiles = window.entities.flatMap((entity) => profilesOf(scaler, entity).slice(0, -1));
    const scaling = Float64Array.from(profiles.flatMap(({ offset, divisor }) => [offset, divisor]));
    writeFileSync(join(folder, 'scaling.f64'), scaling);
    await peer.time(asked, true);
    checkSame(window, availability, plan, readFileSync(join(folder, 'result.f64')));
    checkScaled(
      buildMatrix({ window, availability, plan, scaler }),
      readFileSync(join(folder, 'scaled.f32')),
    );
  }
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS + 1; round++) {
    const start = performance.now();
    buildMatrix({ window, availability, plan, scaler });
    const seconds = (performance.now() - start) / 1000;
    const others = typeof peer === 'string' ? Number.NaN : await peer.time(asked, false);
    // The first round warms both up.
    if (round === 0) continue;
    ours.push(window.times.length / seconds);
    theirs.push(window.times.length / others);
  }
  return {
    what: `${what}, ${METRICS} metrics`,
    ours: median(ours),
    unit: 'rows/s',
    peer:
      typeof peer === 'string'
        ? peer
        : { name: peer.name, value: median(theirs), ratio: pairedRatio(ours, theirs) },
    aim: AIM,
  };
}

/** @throws Error where a figure is not pandas' to 1e-9 */
function checkSame(window: MetricWindow, availability: Float64Array, plan: FeaturePlan, bytes: Buffer): void {
  const result = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  const width = plan.columns.length - 1;
  let c = 0;
  for (const column of deriveColumns({ window, availability, plan })) {
    if (c === width) return;
    for (const [row, value] of column.entries()) {
      const expected = result[row * width + c]!;
      const close = Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
      if (!close && !Object.is(value, expected))
        throw new Error(`${plan.columns[c]!.name}, row ${row}: ${value}, pandas has ${expected}`);
    }
    c++;
  }
}

/** @throws Error where a value of the matrix is not numpy's to 1e-5 */
function checkScaled({ names, values }: FeatureMatrix, bytes: Buffer): void {
  const theirs = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const width = names.length - 1;
  for (const [i, expected] of theirs.entries()) {
    const value = values[Math.floor(i / width) * names.length + (i % width)]!;
    const close = Math.abs(value - expected) <= 1e-5 * Math.max(1, Math.abs(expected));
    if (!close && !Object.is(value, expected))
      throw new Error(`${names[i % width]}, scaled: ${value}, numpy has ${expected}`);
  }
}

/** @returns a sentence where no Python has pandas */
async function startPandas(folder: string): Promise<PandasPeer | string> {
  for (const python of PYTHONS) {
    const child = spawn(python, ['-c', SCRIPT, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    });
    const closed = waitForEnd(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const version = await lines.next();
    if (version.done) {
      await closed;
      continue;
    }
    return {
      name: `pandas ${JSON.parse(version.value)}`,
      async time({ columns }, save) {
        child.stdin.write(`${JSON.stringify({ columns, save })}\n`);
        const answer = await lines.next();
        if (answer.done) throw new Error('pandas ended in the middle of a measurement');
        return JSON.parse(answer.value);
      },
      async close() {
        child.stdin.end();
        await closed;
      },
    };
  }
  return 'pandas is not installed';
}

function waitForEnd(child: ChildProcess): Promise<unknown> {
  return once(child, 'close').catch(() => undefined);
}

/** Walks that wander and jump, and every hundredth value missing. */
function drawWindow(): MetricWindow {
  const random = seedRandom(2026);
  const total = ENTITIES * ROWS;
  const start = Date.parse('2026-03-28T00:00Z');
  return {
    detector: 'bench',
    range: { start, end: start + ROWS * MINUTE },
    step: MINUTE,
    metrics: Array.from({ length: METRICS }, (_, i) => `metric_${i}`),
    entities: Array.from({ length: ENTITIES }, (_, i) => `shop/pod-${String(i).padStart(2, '0')}`),
    entityOf: Uint32Array.from({ length: total }, (_, row) => Math.floor(row / ROWS)),
    times: Float64Array.from({ length: total }, (_, row) => start + (row % ROWS) * MINUTE),
    columns: Array.from({ length: METRICS }, () => {
      let level = 100;
      return Float64Array.from({ length: total }, () => {
        level += random.nextFloat() - 0.5;
        return random.nextFloat() < 0.01 ? Number.NaN : level + 10 * random.nextFloat() ** 8;
      });
    }),
    labels: undefined,
  };
}

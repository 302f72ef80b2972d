/** Buckets that are old, full of files or of detectors, and the jobs that run on them. */
import { createHash } from 'node:crypto';
import { readDetectorStatus } from '../../lib/cli/detector-status.ts';
import { exportDue } from '../../lib/jobs/export/export-due.ts';
import { notify } from '../../lib/jobs/notify/notify.ts';
import { type LocalBucket, openLocalBucket } from '../../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../lib/jobs/shared/load-detectors.ts';
import { watchDetectors } from '../../lib/jobs/shared/watch-detectors.ts';
import { runHour } from '../../lib/jobs/train/run-hour.ts';
import { trainModel } from '../../lib/jobs/train/train-model.ts';
import type { MetricSource } from '../../lib/source/metric-source.ts';
import { onlySource } from '../../lib/source/open-sources.ts';
import { type CountedStore, countStore } from '../../lib/store/count-requests.ts';
import {
  anomalyKey,
  currentModelKey,
  incidentKey,
  manifestKey,
  scoresKey,
  windowKey,
  windowsPrefix,
} from '../../lib/store/keys.ts';
import { recordScored } from '../../lib/store/scored-windows.ts';
import { type Sweeps, writeSweeps } from '../../lib/store/sweeps.ts';
import { writeWindow } from '../../lib/window/write-window.ts';
import { createMemoryTelemetry } from '../../test/helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../test/helpers/notify-context.ts';
import { EPOCH, makeWindow, STEP } from '../../test/helpers/synthetic-window.ts';
import { tellWindow } from '../../test/helpers/window-source.ts';

export interface Job {
  /** What happens before it, which is not counted. */
  readonly before?: () => Promise<unknown>;
  readonly run: () => Promise<unknown>;
}

export interface World {
  readonly store: CountedStore;
  readonly jobs: Readonly<Record<string, Job>>;
}

const DETECTOR = 'shop';
/** Rows of a day, and of a window. */
const DAY = 1440;
const WINDOW = 15;
/** Ms. */
const DAY_MS = DAY * STEP;
const ANOMALIES_A_DAY = 2;
/** Nobody was looked at as a whole. */
const NO_SWEEPS: Sweeps = { formatVersion: 1, detectors: [] };

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Nobody reads what is as old as this. */
const NEVER_READ = encode('-');

/** With its clock, which the worlds move. */
interface Bench extends LocalBucket {
  readonly clock: { now: number };
  readonly counted: CountedStore;
}

function openBench(): Bench {
  const clock = { now: EPOCH };
  const telemetry = createMemoryTelemetry();
  const bucket = openLocalBucket({ telemetry, now: () => clock.now });
  const counted = countStore(bucket.store);
  const context = { ...bucket.context, telemetry, store: counted, withoutReports: true as const };
  return { ...bucket, clock, counted, context };
}

function describe(name: string, queries: string): string {
  return `kind: AnomalyDetector
metadata: { name: ${name} }
spec:
  step: 1m
  detection_window: ${WINDOW}m
  ingest_delay: 0
  backfill: 1d
  model: { kind: robust-z }
  training: { lookback: 1d, warmup: 100 }
${queries}`;
}

const QUERIES = `  entity: [pod]
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }, { name: requests, query: requests }]
`;

/** One detector whose windows are exported, since so many days. */
export async function openAged(days: number): Promise<World> {
  const bench = openBench();
  const { store, clock, context, counted } = bench;
  await store.put(manifestKey(DETECTOR), encode(describe(DETECTOR, QUERIES)));
  for (const folder of ['scores', 'windows', 'incidents'] as const)
    for (let day = days; day > 0; day--) await putDay(bench, folder, EPOCH - day * DAY_MS);
  for (let at = 0; at < DAY; at += WINDOW) await putWindow(bench, at);
  clock.now = EPOCH + DAY_MS;
  await putState(bench, DETECTOR);
  await trainModel(await loadDetector(context, DETECTOR), context);
  const scored = new Map<string, string>();
  for (let at = 0; at < DAY - WINDOW; at += WINDOW) {
    await store.put(scoresKey(keyOf(at)), NEVER_READ);
    scored.set(keyOf(at), (await store.head(keyOf(at))).etag);
  }
  await recordScored(store, DETECTOR, scored);
  await score(bench);
  /** Of the event that a scoring is for. */
  let arrived: readonly string[] = [];
  const source = tellWindow(makeWindow({ from: DAY, rows: 4 * WINDOW }));
  const runExport = async (): Promise<void> => {
    const { exported } = await exportDue(onlySource(source), context);
    arrived = exported.get(DETECTOR)?.exported ?? [];
  };
  const pass = (ms: number): void => {
    clock.now += ms;
  };
  const nextWindow = async (): Promise<void> => {
    clock.now += WINDOW * STEP;
    await runExport();
  };
  return {
    store: counted,
    jobs: {
      export: {
        before: async () => {
          await runExport();
          pass(WINDOW * STEP);
        },
        run: runExport,
      },
      // Of the first window of a day.
      'score, around': { run: () => score(bench, arrived) },
      score: { before: nextWindow, run: () => score(bench, arrived) },
      'score, nothing new': { run: () => score(bench, arrived) },
      'score, everything': { before: nextWindow, run: () => score(bench) },
      ...commonJobs(bench),
    },
  };
}

async function putWindow({ store, clock }: Bench, at: number): Promise<void> {
  const window = makeWindow({ from: at, rows: WINDOW });
  clock.now = window.range.end;
  await store.put(keyOf(at), writeWindow(window, { manifestHash: 'exported' }));
}

/** @param at first row, in steps after EPOCH */
function keyOf(at: number): string {
  return windowKey(DETECTOR, { start: EPOCH + at * STEP, end: EPOCH + (at + WINDOW) * STEP });
}

/** Of one day (epoch ms): windows and their scores, or what people were told. */
async function putDay({ store, clock }: Bench, folder: 'windows' | 'scores' | 'incidents', day: number) {
  for (let at = 0; at < DAY; at += WINDOW) {
    const range = { start: day + at * STEP, end: day + (at + WINDOW) * STEP };
    clock.now = range.end;
    const key = windowKey(DETECTOR, range);
    if (folder === 'windows') await store.put(key, NEVER_READ);
    if (folder === 'scores') await store.put(scoresKey(key), NEVER_READ);
  }
  for (let nth = 0; folder === 'incidents' && nth < ANOMALIES_A_DAY; nth++) {
    const id = `${new Date(day).toISOString().replace(/[-:]|\.000/g, '')}-${nth}`;
    await store.put(anomalyKey(DETECTOR, id), NEVER_READ);
    await store.put(incidentKey(id), NEVER_READ);
  }
}

/** One detector whose files people drop, a quarter of an hour each, under names in no order of time. */
export async function openDropped(files: number): Promise<World> {
  const bench = openBench();
  const { store, clock, context, counted } = bench;
  await store.put(manifestKey(DETECTOR), encode(describe(DETECTOR, '')));
  let at = -(files - 1);
  const old: string[] = [];
  for (; at < 0; at++) old.push(await drop(bench, at));
  await trainModel(await loadDetector(context, DETECTOR), context);
  for (const key of old) await store.put(scoresKey(key), NEVER_READ);
  await drop(bench, at++);
  await score(bench);
  let arrived: readonly string[] = [];
  const next = async (): Promise<void> => {
    arrived = [await drop(bench, at++)];
  };
  return {
    store: counted,
    jobs: {
      score: { before: next, run: () => score(bench, arrived) },
      'score, next': { before: next, run: () => score(bench, arrived) },
      'score, nothing new': { run: () => score(bench, arrived) },
      'score, everything': { before: next, run: () => score(bench) },
      ...commonJobs(bench),
    },
  };

  async function drop({ store }: Bench, nth: number): Promise<string> {
    const start = EPOCH + nth * WINDOW * STEP;
    clock.now = start + WINDOW * STEP;
    const name = createHash('md5').update(String(nth)).digest('hex').slice(0, 8);
    const key = `${windowsPrefix(DETECTOR)}${name}.csv`;
    await store.put(key, encode(writeCsv(start)));
    return key;
  }
}

function writeCsv(start: number): string {
  const rows = Array.from({ length: WINDOW }, (_, row) => {
    const time = start + row * STEP;
    const value = (100 + 10 * Math.sin(time / STEP / 40) + Math.sin(time / 7_919)).toFixed(3);
    return `${new Date(time).toISOString()},cart,${value},${value}\n`;
  });
  return `timestamp,entity,cpu,memory\n${rows.join('')}`;
}

/** Detectors that are all up to date: what a minute costs in which nothing is due, and an hour. */
export async function openFleet(detectors: number): Promise<World> {
  const bench = openBench();
  const { store, clock, context, counted } = bench;
  clock.now = EPOCH + DAY_MS;
  const names = Array.from({ length: detectors }, (_, i) => `d${i}`);
  for (const name of names) await store.put(manifestKey(name), encode(describe(name, QUERIES)));
  const source: MetricSource = tellWindow(makeWindow({ from: 0, rows: 2 * DAY, entities: ['cart'] }));
  for (const name of names) {
    await putState(bench, name, {
      step: STEP,
      trainedUntil: clock.now,
      entities: { cart: { decidedUntil: clock.now - STEP, recent: [] } },
    });
    await store.put(currentModelKey(name), encode(JSON.stringify({ formatVersion: 1, version: 'v1' })));
  }
  await runNotify(bench);
  clock.now += STEP;
  const pass = (ms: number): void => {
    clock.now += ms;
  };
  const swept = new Map(names.map((name) => [name, clock.now]));
  return {
    store: counted,
    jobs: {
      'export, without its index': { run: () => exportDue(onlySource(source), context) },
      'export, nothing due': {
        before: async () => pass(STEP),
        run: () => exportDue(onlySource(source), context),
      },
      'hourly run': {
        before: () => writeSweeps(store, { before: NO_SWEEPS, swept, names: new Set(names) }),
        run: () => runHour(context),
      },
      notify: { run: () => runNotify(bench) },
      'notify, sweep': {
        before: async () => {
          pass(30 * STEP);
          await runNotify(bench);
          pass(30 * STEP);
        },
        run: () => runNotify(bench),
      },
    },
  };
}

async function putState({ store, clock }: Bench, name: string, more: object = {}): Promise<void> {
  const state = {
    formatVersion: 1,
    detector: name,
    phase: 'active',
    exportedUntil: clock.now,
    exporting: {
      daysUntil: 0,
      dataSince: EPOCH,
      gaps: [],
      cut: { step: STEP, detectionWindow: WINDOW * STEP },
    },
    learning: {},
    entities: {},
    worst: {},
    decided: [],
    outbox: [],
    ...more,
  };
  await store.put(`state/detector=${name}.json`, encode(JSON.stringify(state)));
}

function commonJobs(bench: Bench): Readonly<Record<string, Job>> {
  const { context } = bench;
  return {
    train: { run: async () => trainModel(await loadDetector(context, DETECTOR), context) },
    notify: { before: () => runNotify(bench), run: () => runNotify(bench) },
    status: { run: () => readDetectorStatus(context, DETECTOR) },
    'daily watch': { run: () => watchDetectors(context) },
    'hourly watch': { run: () => watchDetectors(context) },
  };
}

async function score({ context }: Bench, arrived?: readonly string[]): Promise<void> {
  await scoreWindows(await loadDetector(context, DETECTOR), context, { arrived });
}

async function runNotify({ counted, clock }: Bench): Promise<void> {
  const publisher = { publish: async () => ({ messageId: 'm' }) };
  await notify(createNotifyContext(counted, { publisher, now: () => clock.now }), []);
}

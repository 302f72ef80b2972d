/**
 * One service's life under a plan: its history is exported, a model is trained, a fault is told of as windows come in, the
 * model is trained anew, the fault ends. What must not depend on the plan is its outcome.
 */
import { createHash } from 'node:crypto';
import type { Alert } from '../../lib/alert/alert.ts';
import type { MatrixSeries, MetricSource } from '../../lib/source/metric-source.ts';
import { readState } from '../../lib/store/detector-states.ts';
import { manifestKey, windowsPrefix } from '../../lib/store/keys.ts';
import { readCurrent, readManifest } from '../../lib/store/model-repository.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import type { TimeRange } from '../../lib/window/time-range.ts';
import type { MetricWindow } from '../../lib/window/window.ts';
import { writeWindow } from '../../lib/window/write-window.ts';
import { Cloud } from './cloud.ts';
import type { Fault, Occasions } from './fault.ts';

/** Where the service's windows come from: the export function, or files that somebody drops under names of their own. */
export const FEEDS = ['exported', 'dropped'] as const;
export type Feed = (typeof FEEDS)[number];

export interface Outcome {
  /** What the bucket holds, by key: text of JSON, or a hash. Without times of runs. */
  readonly bucket: ReadonlyMap<string, string>;
  /** The JSON of each message that subscribers got, by notification. */
  readonly told: ReadonlyMap<string, string>;
  /** Messages that came again although the bucket knew of them, or right after the first. */
  readonly twice: readonly string[];
  /** Messages that came again for want of a receipt, as docs/decisions/0003-alerts-go-out-once.md has it. */
  readonly repeated: number;
  /** Files that were set aside because two runs died at them: what they hold is then missing, as it is meant to be. */
  readonly setAside: number;
  readonly occasions: Occasions;
}

const MINUTE = 60_000;
/** 2026-11-02T00:00:00Z. */
const START = 1_793_577_600_000;
export const DETECTOR = 'shop';
const WINDOW = 15 * MINUTE;
const HISTORY_WINDOWS = 8;
/** Before and after the model is trained anew. */
const LIVE_WINDOWS = [3, 3] as const;
/** Rows from the end of the history on. One lasts over the second training, one is over before it. */
const FAULTS = [
  { entity: 'payment', metric: 'cpu', from: 12, to: 55 },
  { entity: 'cart', metric: 'memory', from: 14, to: 22 },
];
const ENTITIES = ['cart', 'payment'];
const METRICS = ['cpu', 'memory'];
const ROWS_A_WINDOW = 15;

const EXPORTED = `
  metrics:
    - name: cpu
      query: cpu
    - name: memory
      query: memory
  entity: [pod]
  detection_window: 15m
  ingest_delay: 1m
  backfill: ${(HISTORY_WINDOWS * WINDOW) / 3_600_000}h`;

const MANIFESTS: Readonly<Record<Feed, string>> = {
  exported: manifestWith(EXPORTED),
  dropped: manifestWith(''),
};

function manifestWith(feed: string): string {
  return `kind: AnomalyDetector
metadata:
  name: ${DETECTOR}
spec:${feed}
  step: 1m
  model:
    kind: robust-z
  training:
    warmup: ${HISTORY_WINDOWS * ROWS_A_WINDOW * ENTITIES.length}
    every: 30d
`;
}

/** A redelivery takes two minutes, and a tick is one of a schedule that has nothing else to do. */
const TICK = 5_000;
const MOST_TICKS = 60;
const MOST_ROUNDS = 12;
/** Two messages of one notification that are closer are two claims, whatever the clocks say. */
const LEAST_APART = 10_000;

/** @throws Error where the run does not come to its end */
export async function runPlan(feed: Feed, faults: readonly Fault[]): Promise<Outcome> {
  return describe(await runService(feed, faults));
}

/** @returns the deployment at the end of that life */
export async function runService(feed: Feed, faults: readonly Fault[]): Promise<Cloud> {
  const history = START + HISTORY_WINDOWS * WINDOW;
  const cloud = new Cloud({ start: history + MINUTE + TICK, source: SOURCE, faults });
  await cloud.store.put(manifestKey(DETECTOR), new TextEncoder().encode(MANIFESTS[feed]));
  await FEED[feed](cloud, { start: START, end: history });
  await settle(cloud);
  await trainUntil(cloud, history, () => cloud.trainDue());
  let end = history;
  for (const [phase, windows] of LIVE_WINDOWS.entries()) {
    if (phase > 0) await trainUntil(cloud, end, async () => cloud.requestTraining(DETECTOR));
    for (let window = 0; window < windows; window++) {
      const range = { start: end, end: end + WINDOW };
      end = range.end;
      cloud.clock.now = Math.max(cloud.clock.now, end + MINUTE + TICK);
      await FEED[feed](cloud, range);
    }
    await settle(cloud);
  }
  return cloud;
}

const FEED: Readonly<Record<Feed, (cloud: Cloud, range: TimeRange) => Promise<void>>> = {
  exported: exportUntil,
  dropped: dropWindows,
};

async function dropWindows(cloud: Cloud, { start, end }: TimeRange): Promise<void> {
  for (let from = start; from < end; from += WINDOW) {
    const body = writeWindow(makeWindow({ start: from, end: from + WINDOW }), { manifestHash: 'dropped' });
    await cloud.store.put(`${windowsPrefix(DETECTOR)}${nameDropped(from)}.parquet`, body);
    await cloud.deliverDue();
    cloud.clock.now += TICK;
  }
}

/** In no order of time. */
function nameDropped(from: number): string {
  return createHash('md5').update(String(from)).digest('hex').slice(0, 8);
}

function makeWindow(range: TimeRange): MetricWindow {
  const rows = ENTITIES.length * ROWS_A_WINDOW;
  const times = Float64Array.from({ length: rows }, (_, row) => range.start + (row % ROWS_A_WINDOW) * MINUTE);
  const entityOf = Uint32Array.from({ length: rows }, (_, row) => Math.floor(row / ROWS_A_WINDOW));
  const columns = METRICS.map((query) =>
    times.map((time, row) => valueAt({ pod: ENTITIES[entityOf[row]!]!, query, time })),
  );
  return {
    detector: DETECTOR,
    range,
    step: MINUTE,
    metrics: METRICS,
    entities: ENTITIES,
    entityOf,
    times,
    columns,
    labels: undefined,
  };
}

async function exportUntil(cloud: Cloud, { end }: TimeRange): Promise<void> {
  for (let tick = 0; tick < MOST_TICKS; tick++) {
    await cloud.exportDue();
    await cloud.deliverDue();
    if (((await readState(cloud.store, DETECTOR)).state.exportedUntil ?? 0) >= end) return;
    cloud.clock.now += TICK;
  }
  throw new Error(`the export did not come to ${new Date(end).toISOString()}`);
}

/** Until no message is left, nor a dead letter. */
async function settle(cloud: Cloud): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    await cloud.drain();
    if (cloud.deadLetters.length === 0) return;
    cloud.redrive();
  }
  throw new Error(`${cloud.deadLetters.length} messages end in the dead letters again and again`);
}

async function trainUntil(cloud: Cloud, end: number, ask: () => Promise<void>): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if ((await trainedTo(cloud.store)) === end) return settle(cloud);
    await ask();
    await settle(cloud);
  }
  throw new Error(`no model of the data up to ${new Date(end).toISOString()}`);
}

/** Of the version in use, once the state says that it is. */
async function trainedTo(store: ObjectStore): Promise<number | undefined> {
  const current = await readCurrent(store, DETECTOR);
  if (current === undefined) return undefined;
  const { trainingRange } = await readManifest(store, DETECTOR, current.version);
  const { state } = await readState(store, DETECTOR);
  const end = Date.parse(trainingRange.end);
  return state.phase === 'active' && state.trainedUntil === end ? end : undefined;
}

const SOURCE: MetricSource = {
  async queryRange({ query, start, end, step }) {
    return ENTITIES.map((pod): MatrixSeries => {
      const times: number[] = [];
      for (let time = start; time < end; time += step) times.push(time);
      const values = times.map((time) => valueAt({ pod, query, time }));
      return { labels: { pod }, times: Float64Array.from(times), values: Float64Array.from(values) };
    });
  },
};

function valueAt({ pod, query, time }: { pod: string; query: string; time: number }): number {
  const row = (time - START) / MINUTE - HISTORY_WINDOWS * ROWS_A_WINDOW;
  const noise = createHash('md5').update(`${pod}/${query}/${row}`).digest().readUInt32LE(0) / 2 ** 31 - 1;
  const normal = 100 + 5 * Math.sin(row / 20) + 3 * noise;
  const isFaulty = FAULTS.some(
    ({ entity, metric, from, to }) => entity === pod && metric === query && row >= from && row < to,
  );
  return isFaulty ? normal * 10 : normal;
}

async function describe(cloud: Cloud): Promise<Outcome> {
  const bucket = new Map<string, string>();
  for await (const { key } of cloud.store.list('')) {
    const { body } = await cloud.store.get(key);
    const text = describeObject(key, body);
    if (text !== undefined) bucket.set(key, text);
  }
  const told = new Map<string, string>();
  const twice: string[] = [];
  let repeated = 0;
  const lastAt = new Map<string, number>();
  for (const { alert, at, wasKnown } of cloud.published) {
    const { notificationId } = alert;
    const before = lastAt.get(notificationId);
    if (wasKnown || (before !== undefined && at - before < LEAST_APART)) twice.push(nameOf(alert));
    else if (before !== undefined) repeated++;
    lastAt.set(notificationId, at);
    told.set(notificationId, JSON.stringify(alert));
  }
  const setAside = [...bucket.values()].filter((text) => text.includes('"killed-function"')).length;
  return { bucket, told, twice, repeated, setAside, occasions: cloud.occasions() };
}

/** Undefined for what says when a run was at what. */
function describeObject(key: string, body: Uint8Array): string | undefined {
  if (key.endsWith('/scoring.json')) return undefined;
  if (!key.endsWith('.json')) return createHash('sha256').update(body).digest('hex');
  const text = new TextDecoder().decode(body);
  if (/^incidents\/[^/]+\/[^/]+\//.test(key)) {
    const { published } = JSON.parse(text) as { readonly published?: object };
    return published === undefined ? 'not published' : 'published';
  }
  if (!key.startsWith('state/')) return text;
  const { decided, windows, ...rest } = JSON.parse(text) as {
    readonly decided?: readonly string[];
    readonly windows?: readonly (readonly string[])[];
  };
  // In the order of runs.
  return JSON.stringify({ ...rest, decided: decided?.toSorted(), windows: windows?.map(String).sort() });
}

function nameOf({ state, entity, start }: Alert): string {
  return `${state} ${entity} ${start}`;
}

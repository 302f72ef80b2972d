/**
 * One service's life: its history comes in, a model is trained, a fault is told of as windows come in, the model is trained
 * anew, the fault ends. Phases follow each other only once nothing is left to do, so that no version is of more windows
 * for having been late.
 */
import { createHash } from 'node:crypto';
import { listUnits } from '../../lib/config/work-unit.ts';
import { listQuarantine } from '../../lib/jobs/shared/quarantine.ts';
import type { MatrixSeries } from '../../lib/source/metric-source.ts';
import type { QueryRange } from '../../lib/source/query-source.ts';
import { readState } from '../../lib/store/detector-states.ts';
import { manifestKey, quarantineKey, reasonKey, windowsPrefix } from '../../lib/store/keys.ts';
import { readCurrent, readManifest } from '../../lib/store/model-repository.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import type { TimeRange } from '../../lib/window/time-range.ts';
import type { MetricWindow } from '../../lib/window/window.ts';
import { writeWindow } from '../../lib/window/write-window.ts';
import { Cloud, type Telling } from './cloud.ts';
import type { Fault } from './fault.ts';

/** Where the service's windows come from: the export function, or files that somebody drops under names of their own. */
export const FEEDS = ['exported', 'dropped'] as const;
/**
 * Or files that are dropped, two of them anew at the end, without a fault that people were told of; or exported into two shards,
 * of which each has one of the entities.
 */
export const ALL_FEEDS = ['exported', 'dropped', 'corrected', 'sharded'] as const;
export type Feed = (typeof ALL_FEEDS)[number];

export const MINUTE = 60_000;
/** 2026-11-02T00:00:00Z. */
export const START = 1_793_577_600_000;
export const DETECTOR = 'shop';
export const WINDOW: number = 15 * MINUTE;
export const HISTORY_WINDOWS = 8;
/** Before and after the model is trained anew. */
const LIVE_WINDOWS = [3, 3] as const;
/**
 * Rows from the end of the history on. One lasts over the second training, one is over before it. The first begins in another window than the
 * one that opens it. With as many rows before it, it leaves the second training of its shard little more than what it needs.
 */
const FAULTS = [
  { entity: 'payment', metric: 'cpu', from: 13, to: 55 },
  { entity: 'cart', metric: 'memory', from: 14, to: 22 },
];
/** The one that a correction takes away, over by the end of the second window. */
const CORRECTED = FAULTS[1]!;
const CORRECTED_WINDOWS = 2;
export const ENTITIES: readonly string[] = ['cart', 'payment'];
export const METRICS: readonly string[] = ['cpu', 'memory'];
export const ROWS_A_WINDOW = 15;

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
  corrected: manifestWith(''),
  sharded: manifestWith(`${EXPORTED}\n  shards: 2`, 1),
};

/** @param entities of one unit of work */
function manifestWith(feed: string, entities: number = ENTITIES.length): string {
  return `kind: AnomalyDetector
metadata:
  name: ${DETECTOR}
spec:${feed}
  # Louder ones grow louder with time, which is that of runs.
  alert_severity: info
  step: 1m
  model:
    kind: robust-z
  training:
    warmup: ${HISTORY_WINDOWS * ROWS_A_WINDOW * entities}
    every: 30d
`;
}

/** A redelivery takes two minutes, and a tick is one of a schedule that has nothing else to do. */
export const TICK = 5_000;
const MOST_TICKS = 60;
const MOST_ROUNDS = 12;
export interface Life {
  readonly feed: Feed;
  readonly faults?: readonly Fault[];
  /** Awaited before the history comes in, before the first training, and before each window after it. */
  readonly before?: (cloud: Cloud, step: number) => Promise<void>;
  readonly queryRange?: QueryRange;
  /** Whether the model is trained anew in its middle. */
  readonly retrains?: boolean;
  /** Left out: of each anomaly by itself, at once. */
  readonly telling?: Telling | undefined;
}

/** Steps of a life: those before the first training, and one for each window after it. */
export const STEPS: { readonly learning: number; readonly all: number } = {
  learning: 2,
  all: 2 + LIVE_WINDOWS[0] + LIVE_WINDOWS[1],
};

/**
 * @returns the deployment at the end of that life
 * @throws Error where it does not come to its end
 */
export async function runService(life: Life): Promise<Cloud> {
  const { feed, faults = [], before = async () => {}, queryRange = queryService, telling } = life;
  // Telling that waits takes half a day, in which windows would come in.
  const tellsLast = telling !== undefined;
  // What another version found is not taken back.
  const { retrains = feed !== 'corrected' && !tellsLast } = life;
  const history = START + HISTORY_WINDOWS * WINDOW;
  const cloud = new Cloud({ start: history + MINUTE + TICK, queryRange, faults, telling });
  await cloud.store.put(manifestKey(DETECTOR), new TextEncoder().encode(MANIFESTS[feed]));
  let step = 0;
  await before(cloud, step++);
  await FEED[feed](cloud, { start: START, end: history });
  await settle(cloud);
  await before(cloud, step++);
  await trainAllUntil(cloud, history, feed);
  let end = history;
  for (const [phase, windows] of LIVE_WINDOWS.entries()) {
    if (phase > 0 && retrains) await trainAllUntil(cloud, end, feed);
    for (let window = 0; window < windows; window++) {
      const range = { start: end, end: end + WINDOW };
      end = range.end;
      cloud.clock.now = Math.max(cloud.clock.now, end + MINUTE + TICK);
      await before(cloud, step++);
      await FEED[feed](cloud, range);
    }
    if (!tellsLast || phase === LIVE_WINDOWS.length - 1) await settle(cloud, { tellsLast });
  }
  if (feed === 'corrected')
    for (let window = 0; window < CORRECTED_WINDOWS; window++) {
      const start = history + window * WINDOW;
      await dropWindows(cloud, { start, end: start + WINDOW }, { isCorrected: true });
      await settle(cloud);
    }
  return cloud;
}

const FEED: Readonly<Record<Feed, (cloud: Cloud, range: TimeRange) => Promise<void>>> = {
  exported: exportUntil,
  dropped: dropWindows,
  corrected: dropWindows,
  sharded: exportUntil,
};

async function trainAllUntil(cloud: Cloud, end: number, feed: Feed): Promise<void> {
  for (const unit of listUnits(DETECTOR, feed === 'sharded' ? 2 : 1)) await trainUntil(cloud, end, unit);
}

async function dropWindows(
  cloud: Cloud,
  { start, end }: TimeRange,
  given: { readonly isCorrected?: boolean } = {},
): Promise<void> {
  for (let from = start; from < end; from += WINDOW) {
    const body = writeWindow(makeWindow({ start: from, end: from + WINDOW }, given), {
      manifestHash: 'dropped',
    });
    await cloud.store.put(`${windowsPrefix(DETECTOR)}${nameDropped(from)}.parquet`, body);
    await cloud.deliverDue();
    cloud.clock.now += TICK;
  }
}

/** In no order of time. */
function nameDropped(from: number): string {
  return createHash('md5').update(String(from)).digest('hex').slice(0, 8);
}

export function makeWindow(
  range: TimeRange,
  { isCorrected = false }: { readonly isCorrected?: boolean } = {},
): MetricWindow {
  const rows = ENTITIES.length * ROWS_A_WINDOW;
  const times = Float64Array.from({ length: rows }, (_, row) => range.start + (row % ROWS_A_WINDOW) * MINUTE);
  const entityOf = Uint32Array.from({ length: rows }, (_, row) => Math.floor(row / ROWS_A_WINDOW));
  const columns = METRICS.map((query) =>
    times.map((time, row) => valueAt({ pod: ENTITIES[entityOf[row]!]!, query, time, isCorrected })),
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

export async function exportUntil(
  cloud: Cloud,
  { end }: Pick<TimeRange, 'end'>,
  detectors: readonly string[] = [DETECTOR],
): Promise<void> {
  for (let tick = 0; tick < MOST_TICKS; tick++) {
    await cloud.exportDue();
    await cloud.deliverDue();
    const states = await Promise.all(detectors.map((name) => readState(cloud.store, name)));
    if (states.every(({ state }) => (state.exportedUntil ?? 0) >= end)) return;
    cloud.clock.now += TICK;
  }
  throw new Error(`the export did not come to ${new Date(end).toISOString()}`);
}

/**
 * Until no message is left, nor a dead letter.
 * @param given.tellsLast what waits to be told of waits for the dead letters, too
 */
export async function settle(
  cloud: Cloud,
  { tellsLast = false }: { readonly tellsLast?: boolean } = {},
): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (tellsLast) await cloud.drain({ withTicks: false });
    if (!tellsLast || cloud.deadLetters.length === 0) await cloud.drain();
    if (cloud.deadLetters.length === 0) return;
    cloud.redrive();
  }
  throw new Error(`${cloud.deadLetters.length} messages end in the dead letters again and again`);
}

/** A file that two runs died at is missing from where the life was to come to. */
export class SetAsideError extends Error {
  override readonly name = 'SetAsideError';
}

/**
 * What people do about a file that two runs died at, once its alarm has told them and what was wrong is over. While
 * nothing is decided yet, its rows come late for nothing.
 */
async function giveAnotherTry(cloud: Cloud, detector: string): Promise<void> {
  const { phase } = (await readState(cloud.store, detector)).state;
  for (const key of phase === 'learning' ? await listSetAside(cloud, detector) : []) {
    for (const each of [reasonKey(key), quarantineKey(key)]) await cloud.store.delete(each);
  }
  cloud.requestScoring(detector);
  await settle(cloud);
}

async function listSetAside({ store }: Cloud, detector: string): Promise<readonly string[]> {
  const entries = await listQuarantine(store, windowsPrefix(detector));
  return entries.filter(({ code }) => code === 'killed-function').map(({ key }) => key);
}

/**
 * The schedule is asked first. It waits for an export that is behind, as this one is by now where calls took long: here
 * no more windows come in meanwhile, so somebody asks by hand.
 */
export async function trainUntil(cloud: Cloud, end: number, detector: string = DETECTOR): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if ((await trainedTo(cloud.store, detector)) === end) return settle(cloud);
    if (round === 0) await cloud.trainDue();
    else {
      await giveAnotherTry(cloud, detector);
      cloud.requestTraining(detector);
    }
    await settle(cloud);
  }
  if ((await listSetAside(cloud, detector)).length > 0) throw new SetAsideError('no model of all windows');
  throw new Error(`no model of the data up to ${new Date(end).toISOString()}`);
}

/** Of the version in use, once the state says that it is. */
async function trainedTo(store: ObjectStore, detector: string): Promise<number | undefined> {
  const current = await readCurrent(store, detector);
  if (current === undefined) return undefined;
  const { trainingRange } = await readManifest(store, detector, current.version);
  const { state } = await readState(store, detector);
  const end = Date.parse(trainingRange.end);
  return state.phase === 'active' && state.trainedUntil === end ? end : undefined;
}

export const queryService: QueryRange = async ({ query, start, end, step }) =>
  ENTITIES.map((pod): MatrixSeries => {
    const times: number[] = [];
    for (let time = start; time < end; time += step) times.push(time);
    const values = times.map((time) => valueAt({ pod, query, time }));
    return { labels: { pod }, times: Float64Array.from(times), values: Float64Array.from(values) };
  });

function valueAt(of: { pod: string; query: string; time: number; isCorrected?: boolean }): number {
  const { pod, query, time, isCorrected = false } = of;
  const row = (time - START) / MINUTE - HISTORY_WINDOWS * ROWS_A_WINDOW;
  const noise = createHash('md5').update(`${pod}/${query}/${row}`).digest().readUInt32LE(0) / 2 ** 31 - 1;
  const normal = 100 + 5 * Math.sin(row / 20) + 3 * noise;
  const isFaulty = FAULTS.some((fault) => !(isCorrected && fault === CORRECTED) && isAt(fault));
  return isFaulty ? normal * 10 : normal;

  function isAt({ entity, metric, from, to }: (typeof FAULTS)[number]): boolean {
    return entity === pod && metric === query && row >= from && row < to;
  }
}

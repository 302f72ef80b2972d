/**
 * The cluster's weeks, at the product's defaults: an export of each window a minute after its end (each minute, while one fails),
 * trainings by the hourly schedule, scoring and telling as events and queues ask for them, and ticks of telling by the minute, where
 * something is due by then or within the minute after. All other ticks of the minute would find nothing to do, and are left out.
 */
import { DEFAULT_GROUPING } from '../../lib/config/grouping.ts';
import type { ModelKind } from '../../lib/config/model-kind.ts';
import { advanceIncidents } from '../../lib/incident/advance.ts';
import { manifestKey } from '../../lib/store/keys.ts';
import { readNotifyState } from '../../lib/store/notify-state.ts';
import { rangeOf } from './cluster.ts';
import type { Host, Message } from './host.ts';
import { METRICS } from './measure.ts';
import { DAY, FORTNIGHT, HOUR, MINUTE, type Scale } from './plan.ts';

const DETECTOR = 'cluster';
const WINDOW = 15 * MINUTE;
/** Ms from the end of a window to its export: the ingest delay, and where in its minute the schedule runs. */
const EXPORTED_AFTER = MINUTE + 5_000;
/** When it is deployed, and exports the past. */
export const DEPLOYED_AT: number = FORTNIGHT + EXPORTED_AFTER;
/** More would mean that a backfill does not end. */
const MOST_BACKFILLS = 200;
/** Ms by which telling asks to be run again itself, if something is due sooner. */
const LONGEST_WAKE = MINUTE;

export interface Lived {
  readonly messages: readonly Message[];
  readonly trainings: number;
  /** Of real time, s. */
  readonly seconds: Readonly<Record<Work, number>>;
}

type Work = 'exporting' | 'training' | 'scoring' | 'telling';

/** What a person writes: names, queries, and what tells entities apart. The step is that of the scale. */
function writeManifest({ step }: Scale, kind: ModelKind | undefined): string {
  return `kind: AnomalyDetector
metadata:
  name: ${DETECTOR}
spec:
  step: ${step / MINUTE}m
  entity: [namespace, pod]
  metrics:
${METRICS.map((metric) => `    - name: ${metric}\n      query: ${metric}\n`).join('')}${kind === undefined ? '' : `  model:\n    kind: ${kind}\n`}`;
}

/**
 * @param given.host whose clock shows `DEPLOYED_AT`
 * @param given.now s, of real time
 */
export async function live(given: {
  readonly host: Host;
  readonly scale: Scale;
  readonly say: (line: string) => void;
  readonly now: () => number;
  /** Takes each message as it goes out. */
  readonly hear?: (message: Message) => void;
  /** In place of the default, for who has no time. */
  readonly kind?: ModelKind | undefined;
}): Promise<Lived> {
  const { host, scale, say, now } = given;
  const messages: Message[] = [];
  const seconds = { exporting: 0, training: 0, scoring: 0, telling: 0 };
  let time = DEPLOYED_AT;
  /** Epoch ms of the next run after one that failed. */
  let exportAgainAt = Number.POSITIVE_INFINITY;

  await host.store.put(manifestKey(DETECTOR), new TextEncoder().encode(writeManifest(scale, given.kind)));
  for (let round = 0; (await runExport()) > 0; round++)
    if (round === MOST_BACKFILLS) throw new Error(`the history was not exported in ${round} runs`);
  await runTraining();
  const { end } = rangeOf(scale);
  for (let over = FORTNIGHT + WINDOW; over <= end + DAY / 4; over += WINDOW) {
    await passTime(over + EXPORTED_AFTER);
    const isOver = over > end;
    if (isOver) exportAgainAt = Number.POSITIVE_INFINITY;
    else await runExport();
    if (over % HOUR === 0 && !isOver) await runTraining();
    if (over % DAY === 0)
      say(`day ${(over - FORTNIGHT) / DAY}: ${messages.length} messages, ${describe(seconds)}`);
  }
  return { messages, trainings: host.trainings, seconds };

  async function runExport(): Promise<number> {
    const { windows, isFailed } = await spend('exporting', () => host.runExport());
    exportAgainAt = isFailed ? time + MINUTE : Number.POSITIVE_INFINITY;
    await settle();
    return windows;
  }

  async function runTraining(): Promise<void> {
    await spend('training', () => host.runTraining());
    await settle();
  }

  async function settle(): Promise<void> {
    await spend('scoring', () => host.settle());
    await hear();
  }

  async function hear(): Promise<void> {
    for (const message of await host.takeMessages()) {
      messages.push(message);
      given.hear?.(message);
    }
  }

  /** What happens by itself up to a time, exclusive. */
  async function passTime(until: number): Promise<void> {
    for (;;) {
      const next = Math.min(await findNextTelling(), exportAgainAt);
      if (next >= until) break;
      setClock(next);
      if (next === exportAgainAt) await runExport();
      else {
        if (next % MINUTE === 0) await spend('telling', () => host.runNotify());
        await spend('telling', () => host.settle());
        await hear();
      }
    }
    setClock(until);
  }

  function setClock(next: number): void {
    time = next;
    host.setClock(next);
  }

  /**
   * Epoch ms, after now: of the first tick that finds something due, or due so soon that it asks to be woken for it; or of that
   * waking.
   */
  async function findNextTelling(): Promise<number> {
    const due = await findDue(host, time);
    const tick = Math.max(Math.ceil((due - LONGEST_WAKE) / MINUTE), Math.floor(time / MINUTE) + 1) * MINUTE;
    const wait = Math.ceil((due - time) / 1000) * 1000;
    return wait > 0 && wait <= LONGEST_WAKE ? Math.min(tick, time + wait) : tick;
  }

  async function spend<T>(work: Work, run: () => Promise<T>): Promise<T> {
    const begun = now();
    const result = await run();
    seconds[work] += now() - begun;
    return result;
  }
}

/** Epoch ms at which people have to be told of something if nothing new comes; Infinity: of nothing. */
async function findDue({ store }: Host, now: number): Promise<number> {
  const { state } = await readNotifyState(store);
  if (state.outbox.length > 0) return now;
  return advanceIncidents({ state: state.incidents, changes: [], policy: DEFAULT_GROUPING, now }).due;
}

function describe(seconds: Lived['seconds']): string {
  return Object.entries(seconds)
    .map(([of, count]) => `${of} ${count.toFixed(0)} s`)
    .join(', ');
}

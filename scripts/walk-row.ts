/**
 * Walks one window with a fault from the bucket to the message that people get, and counts what it takes: files and
 * functions that ran, and calls to the bucket. Everything is in memory, the detector is trained beforehand.
 *
 *     node_modules/.bin/node scripts/walk-row.ts [ROOT] [--calls]
 *
 * ROOT is another checkout, also one from before notify was a job of its own; --calls lists the calls.
 */
import { globSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Alert } from '../lib/alert/alert.ts';
import { DEFAULT_GROUPING } from '../lib/config/grouping.ts';
import type { JobContext, NotifyContext } from '../lib/jobs/shared/context.ts';
import type { ObjectStore } from '../lib/store/object-store.ts';
import { EPOCH, STEP, type SyntheticOptions } from '../test/helpers/synthetic-window.ts';

const DETECTOR = 'shop';
const MANIFEST = `kind: AnomalyDetector
metadata: { name: ${DETECTOR} }
spec:
  step: 1m
  entity: [pod]
  training: { warmup: 1000 }
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }, { name: requests, query: requests }]
`;
/** Rows of an entity in a window. */
const LENGTH = 15;
const LEARNED = 1440;
/** Windows that are scored before the walk: it reads as many of them as a window does on the average. */
const BEFORE = 7;
const START = LEARNED + BEFORE * LENGTH;
const FAULT = { entity: 'payment', from: START, to: START + LENGTH };

interface Walk {
  readonly files: ReadonlySet<string>;
  readonly functions: number;
  /** As `get KEY`. */
  readonly calls: readonly string[];
  /** The last so many of them are of the notify job; 0 where scoring tells people itself. */
  readonly told: number;
  readonly messages: number;
}

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { calls: { type: 'boolean', default: false } },
  });
  const { files, functions, calls, told, messages } = await walkRow(
    positionals[0] ?? join(import.meta.dirname, '..'),
  );
  console.log(`files that ran        ${files.size}`);
  console.log(`functions that ran    ${functions}`);
  console.log(`calls to the bucket   ${calls.length}, of which ${told} to tell of it`);
  console.log(`messages              ${messages}`);
  if (values.calls) console.log(calls.join('\n'));
}

export async function walkRow(root: string): Promise<Walk> {
  const jobs = await loadJobs(root);
  let clock = EPOCH + LEARNED * STEP;
  let isAsked = false;
  let scored = 0;
  const calls: string[] = [];
  const sent: Alert[] = [];
  const now = (): number => clock;
  const bare = jobs.createMemoryObjectStore({ now });
  const store = countCalls(bare, calls);
  const context: JobContext & Pick<NotifyContext, 'publisher' | 'grouping' | 'wakeIn'> = {
    store,
    now,
    telemetry: { info() {}, warn() {}, error() {}, count() {} },
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
    queue: {
      requestTraining: async () => {},
      requestScoring: async () => {},
      requestNotifying: async () => {
        isAsked = true;
      },
    },
    publisher: {
      async publish(alert) {
        sent.push(alert);
        return { messageId: String(sent.length) };
      },
    },
    grouping: { ...DEFAULT_GROUPING, groupWait: 0 },
    wakeIn: async () => {},
    withoutReports: true,
  };
  let arrived: readonly string[] | undefined;
  const drop = async (window: SyntheticOptions): Promise<void> => {
    clock = EPOCH + (window.from + window.rows) * STEP;
    arrived = [await jobs.dropWindow(bare, window)];
  };
  const score = async (): Promise<void> => {
    await jobs.scoreWindows(await jobs.loadDetector(context, DETECTOR), context, { arrived });
    scored = calls.length;
    if (isAsked) await jobs.notify?.({ ...context, withoutPages: true }, [DETECTOR]);
  };

  await bare.put(`detectors/${DETECTOR}.yml`, new TextEncoder().encode(MANIFEST));
  for (let from = 0; from < LEARNED; from += LENGTH) await drop({ from, rows: LENGTH });
  await jobs.trainModel(await jobs.loadDetector(context, DETECTOR), context);
  // A training asks for a scoring of everything.
  arrived = undefined;
  await score();
  for (let at = 0; at < BEFORE; at++) {
    await drop({ from: LEARNED + at * LENGTH, rows: LENGTH });
    await score();
  }
  await drop({ from: START, rows: LENGTH, fault: FAULT });
  calls.length = 0;
  sent.length = 0;
  const { files, functions } = await watchFunctions(root, score);
  return { files, functions, calls: [...calls], told: calls.length - scored, messages: sent.length };
}

interface Jobs {
  readonly createMemoryObjectStore: (options: { readonly now: () => number }) => ObjectStore;
  readonly loadDetector: (context: JobContext, name: string) => Promise<unknown>;
  readonly trainModel: (detector: unknown, context: JobContext) => Promise<unknown>;
  readonly scoreWindows: (
    detector: unknown,
    context: JobContext,
    options: { readonly arrived: readonly string[] | undefined },
  ) => Promise<unknown>;
  readonly dropWindow: (store: ObjectStore, window: SyntheticOptions) => Promise<string>;
  readonly notify?: (context: NotifyContext, detectors: readonly string[]) => Promise<unknown>;
}

/** By the files' names, which stayed when they moved. */
async function loadJobs(root: string): Promise<Jobs> {
  const find = (name: string): string | undefined =>
    globSync(`lib/**/${name}.ts`, { cwd: root }).map((path) => join(root, path))[0];
  const load = async (name: string): Promise<object> => (await import(find(name)!)) as object;
  const notify = find('notify') === undefined ? {} : await load('notify');
  return {
    ...(await load('memory-object-store')),
    ...(await load('load-detectors')),
    ...(await load('train-model')),
    ...(await load('score-windows')),
    ...notify,
    ...((await import(join(root, 'test/helpers/synthetic-window.ts'))) as object),
  } as Jobs;
}

function countCalls(store: ObjectStore, calls: string[]): ObjectStore {
  return new Proxy(store, {
    get(target, name: keyof ObjectStore) {
      return (key: string, ...rest: unknown[]): unknown => {
        calls.push(`${name} ${key}`);
        return (target[name] as (...args: unknown[]) => unknown)(key, ...rest);
      };
    },
  });
}

/** Files of `lib/` of which at least one function ran meanwhile, and how many functions did. */
async function watchFunctions(
  root: string,
  act: () => Promise<void>,
): Promise<{ readonly files: ReadonlySet<string>; readonly functions: number }> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await act();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  session.disconnect();
  const files = new Set<string>();
  let functions = 0;
  for (const script of result) {
    if (!script.url.startsWith(`file://${root}/lib/`)) continue;
    const ran = script.functions.filter(({ ranges }) => ranges[0]!.count > 0);
    if (ran.length > 0) files.add(script.url);
    functions += ran.length;
  }
  return { files, functions };
}

/** A day of a deployment, minute by minute, over a bucket in memory whose requests are counted by function. */
import { listUnits } from '../../../../lib/config/work-unit.ts';
import { exportDue } from '../../../../lib/jobs/export/export-due.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { type LocalBucket, openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import type { TrainContext } from '../../../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { runHour } from '../../../../lib/jobs/train/run-hour.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { beginJob, endJob } from '../../../../lib/jobs/train/training-job.ts';
import type { MetricSource } from '../../../../lib/source/metric-source.ts';
import { onlySource } from '../../../../lib/source/open-sources.ts';
import { countStore, type Requests } from '../../../../lib/store/count-requests.ts';
import { manifestKey, unitOfWindowKey } from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { EPOCH, makeWindow } from '../../../helpers/synthetic-window.ts';
import { tellWindow } from '../../../helpers/window-source.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** With a window each half hour. @param given.lookback of a training, as manifests have it */
export function halfHourlyManifest(given: { readonly shards: number; readonly lookback: string }): string {
  return `kind: AnomalyDetector
metadata: { name: shop }
spec:
  step: 1m
  detection_window: 30m
  schedule: 30m
  ingest_delay: 0
  backfill: 1d
  entity: [pod]
  shards: ${given.shards}
  model: { kind: robust-z }
  training: { lookback: ${given.lookback}, warmup: 100 }
  metrics: [{ name: cpu, query: cpu }]
`;
}

export const JOB_NAMES = ['export', 'score', 'notify', 'train'] as const;
/** `container`: trains what is beyond the function. */
export type JobName = (typeof JOB_NAMES)[number] | 'container';

export interface DayCounts {
  readonly requests: Readonly<Record<JobName, Requests>>;
  readonly runs: Readonly<Record<JobName, number>>;
  /** Values that came from the source. */
  readonly samples: number;
  readonly windows: number;
  readonly rows: number;
  /** Of an average window, and its scores. */
  readonly bytes: Readonly<Record<'windows' | 'scores', number>>;
}

export interface DayOptions {
  readonly manifest: string;
  readonly detector: string;
  readonly entities: readonly string[];
  readonly metrics: readonly string[];
  /** As the manifest has it. */
  readonly shards?: number | undefined;
  /** The function has no room for any training: all go to containers. */
  readonly inContainers?: true | undefined;
  /** Days that pass before the one that is counted. */
  readonly before: number;
}

/** Counted is the last day; the model of the day before it is there by then. */
export async function runDay(options: DayOptions): Promise<DayCounts> {
  const { detector, before, shards = 1 } = options;
  const units = listUnits(detector, shards);
  const start = EPOCH + DAY;
  const end = start + (before + 1) * DAY;
  const clock = { now: start };
  const telemetry = createMemoryTelemetry();
  const bucket = openLocalBucket({ telemetry, now: () => clock.now });
  const counted = countStore(bucket.store);
  const counts = new Map<JobName, { requests: Requests; runs: number }>();
  await bucket.store.put(manifestKey(detector), new TextEncoder().encode(options.manifest));
  let samples = 0;
  let isCounted = false;
  const source = onlySource(
    countSamples(tellWindow(historyOf(options, end)), (count) => {
      if (isCounted) samples += count;
    }),
  );
  /** Units that a scoring is asked for, with the keys of windows that came; undefined: everything is asked for. */
  const asked = new Map<string, string[] | undefined>();
  let notifying = 0;
  const context: LocalBucket['context'] = {
    ...bucket.context,
    telemetry,
    store: counted,
    // A function has one, and so notes its attempts.
    deadline: { remaining: () => 800_000 },
    queue: {
      requestTraining: async () => {},
      requestScoring: async (unit) => void asked.set(unit, undefined),
      requestNotifying: async () => void notifying++,
    },
  };
  const submitted: { readonly name: string; readonly detector: string }[] = [];
  const training: TrainContext =
    options.inContainers === true
      ? {
          ...context,
          room: { memoryMb: 100, processors: 1, seconds: 900 },
          jobs: {
            room: { memoryMb: 30_720, processors: 4, seconds: 43_200 },
            submit: async (job) => ({ id: `id-${submitted.push(job)}` }),
          },
        }
      : context;
  const publisher = { publish: async () => ({ messageId: 'm' }) };

  async function run(job: JobName, work: (store: ObjectStore) => Promise<unknown>): Promise<void> {
    const from = { ...counted.counts };
    await work(counted);
    if (!isCounted) return;
    const { reads, lists, writes } = counted.counts;
    const so = counts.get(job) ?? { requests: { reads: 0, lists: 0, writes: 0 }, runs: 0 };
    counts.set(job, {
      runs: so.runs + 1,
      requests: {
        reads: so.requests.reads + reads - from.reads,
        lists: so.requests.lists + lists - from.lists,
        writes: so.requests.writes + writes - from.writes,
      },
    });
  }
  const runNotify = (detectors: readonly string[]): Promise<void> =>
    run('notify', () => notify(createNotifyContext(counted, { publisher, now: () => clock.now }), detectors));

  let windows = 0;
  let rowsBefore = 0;
  for (; clock.now < end; clock.now += MINUTE) {
    isCounted = clock.now >= end - DAY;
    if (!isCounted) rowsBefore = telemetry.total('RowsScored');
    await run('export', async () => {
      const { exported } = await exportDue(source, context);
      const keys = [...exported.values()].flatMap((result) => result.exported);
      for (const key of keys) {
        const unit = unitOfWindowKey(key)!;
        asked.set(unit, [...(asked.get(unit) ?? []), key]);
      }
      if (isCounted) windows += keys.length;
    });
    if (clock.now % HOUR === 40 * MINUTE) await run('train', () => runHour(training));
    for (const job of submitted.splice(0))
      await run('container', async () => {
        await beginJob(counted, { ...job, id: job.name });
        await trainModel(await loadDetector(context, job.detector), context);
        await endJob(counted, job, { at: clock.now, reason: undefined });
      });
    // What comes in the same minute comes in one batch.
    if (asked.size > 0)
      await run('score', async () => {
        // A store that it does not know yet: a function that starts anew has no version in its memory.
        const cold = { ...context, store: { ...counted } };
        for (const [unit, arrived] of asked)
          await scoreWindows(await loadDetector(cold, unit), cold, { arrived });
      });
    asked.clear();
    await runNotify([]);
    if (notifying > 0) {
      notifying = 0;
      await runNotify(units);
    }
  }
  const day = `date=${new Date(end - DAY).toISOString().slice(0, 10)}`;
  const sizeOf = async (folder: 'windows' | 'scores'): Promise<number> => {
    const sizes: number[] = [];
    for (const unit of units)
      for await (const { size } of bucket.store.list(`${folder}/detector=${unit}/${day}`)) sizes.push(size);
    return sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  };
  const pick = <T>(of: (entry: { requests: Requests; runs: number }) => T): Record<JobName, T> =>
    Object.fromEntries([...counts].map(([job, entry]) => [job, of(entry)])) as Record<JobName, T>;
  return {
    requests: pick(({ requests }) => requests),
    runs: pick(({ runs }) => runs),
    samples,
    windows,
    rows: telemetry.total('RowsScored') - rowsBefore,
    bytes: { windows: await sizeOf('windows'), scores: await sizeOf('scores') },
  };
}

/** Values of a source. */
function countSamples(source: MetricSource, tell: (count: number) => void): MetricSource {
  return {
    ...source,
    forDetector(detector) {
      const opened = source.forDetector(detector);
      if (!opened.history) return opened;
      return {
        ...opened,
        async readRange(range) {
          const metrics = await opened.readRange(range);
          for (const { series } of metrics) for (const { values } of series) tell(values.length);
          return metrics;
        },
      };
    },
  };
}

function historyOf({ detector, entities, metrics }: DayOptions, end: number) {
  return makeWindow({
    detector,
    from: 0,
    rows: (end - EPOCH) / MINUTE,
    entities,
    metrics,
  });
}

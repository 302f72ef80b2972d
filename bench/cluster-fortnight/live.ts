/**
 * The cluster's weeks through the product's own jobs, at its defaults, over a bucket in memory: an export each minute that
 * has something to export, trainings by the hourly schedule, scoring of each window, and the telling by queue and by tick.
 */
import type { Alert } from '../../lib/alert/alert.ts';
import { SourceError } from '../../lib/base/errors.ts';
import type { Telemetry } from '../../lib/base/telemetry.ts';
import { DEFAULT_GROUPING } from '../../lib/config/grouping.ts';
import type { ModelKind } from '../../lib/config/model-kind.ts';
import { exportDue } from '../../lib/jobs/export/export-due.ts';
import { notify } from '../../lib/jobs/notify/notify.ts';
import { scoreWindows } from '../../lib/jobs/score/score-windows.ts';
import type { JobContext, NotifyContext } from '../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../lib/jobs/shared/load-detectors.ts';
import { trainIfDue } from '../../lib/jobs/train/train-model.ts';
import type { MatrixSeries } from '../../lib/source/metric-source.ts';
import { onlySource } from '../../lib/source/open-sources.ts';
import { createQuerySource, type QueryRange } from '../../lib/source/query-source.ts';
import { manifestKey } from '../../lib/store/keys.ts';
import { createMemoryObjectStore } from '../../lib/store/memory-object-store.ts';
import { inFortnight, rangeOf } from './cluster.ts';
import { METRICS, type MeasuredPod } from './measure.ts';
import { DAY, FORTNIGHT, HOUR, type MetricName, MINUTE, OUTAGE, type Scale } from './plan.ts';

const DETECTOR = 'cluster';
const WINDOW = 15 * MINUTE;
/** Ms from the end of a window to its export: the ingest delay, and where in its minute the schedule runs. */
const EXPORTED_AFTER = MINUTE + 5_000;
const SILENT: Telemetry = { info() {}, warn() {}, error() {}, count() {} };

export interface Message {
  readonly at: number;
  readonly alert: Alert;
}

export interface Lived {
  readonly messages: readonly Message[];
  readonly trainings: number;
  /** Of real time, s. */
  readonly seconds: { readonly training: number; readonly scoring: number; readonly telling: number };
}

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

/** @param given.now s, of real time */
export async function live(given: {
  readonly pods: readonly MeasuredPod[];
  readonly scale: Scale;
  readonly say: (line: string) => void;
  readonly now: () => number;
  /** Takes each message as it goes out. */
  readonly hear?: (message: Message) => void;
  /** In place of the default, for who has no time. */
  readonly kind?: ModelKind | undefined;
}): Promise<Lived> {
  const { pods, scale, say, now } = given;
  const messages: Message[] = [];
  const seconds = { training: 0, scoring: 0, telling: 0 };
  const clock = { now: FORTNIGHT + EXPORTED_AFTER };
  const store = createMemoryObjectStore({ now: () => clock.now });
  let [hasToScore, hasToTell, trainings] = [false, false, 0];
  let wakeAt = Number.POSITIVE_INFINITY;
  const context: JobContext & NotifyContext = {
    store,
    telemetry: SILENT,
    now: () => clock.now,
    deadline: { remaining: () => HOUR },
    queue: {
      requestScoring: async () => {
        hasToScore = true;
      },
      requestTraining: async () => {},
      requestNotifying: async () => {
        hasToTell = true;
      },
    },
    publisher: {
      publish: async (alert) => {
        const message = { at: clock.now, alert };
        messages.push(message);
        given.hear?.(message);
        return { messageId: `message-${messages.length}` };
      },
    },
    grouping: DEFAULT_GROUPING,
    wakeIn: async (ms) => {
      wakeAt = Math.min(wakeAt, clock.now + ms);
    },
    withoutReports: true,
  };
  await store.put(manifestKey(DETECTOR), new TextEncoder().encode(writeManifest(scale, given.kind)));
  const source = onlySource(
    createQuerySource(
      'the cluster',
      queryCluster(pods, scale, () => clock.now),
    ),
  );

  for (let round = 0; round < 40; round++)
    await exportDue(source, { ...context, deadline: { remaining: () => DAY } });
  await train();
  await score();
  const { end } = rangeOf(scale);
  for (let over = FORTNIGHT + WINDOW; over <= end + DAY / 4; over += WINDOW) {
    await tell(over + EXPORTED_AFTER);
    clock.now = over + EXPORTED_AFTER;
    const isOver = over > end;
    if (!isOver) {
      await exportDue(source, context);
      hasToScore = true;
    }
    if (over % HOUR === 0 && !isOver) await train();
    await score();
    if (over % DAY === 0)
      say(`day ${(over - FORTNIGHT) / DAY}: ${messages.length} messages, ${describe(seconds)}`);
  }
  return { messages, trainings, seconds };

  async function train(): Promise<void> {
    const begun = now();
    const result = await trainIfDue(await loadDetector(context, DETECTOR), context);
    if (result?.outcome === 'trained') trainings++;
    seconds.training += now() - begun;
  }

  async function score(): Promise<void> {
    const begun = now();
    while (hasToScore) {
      hasToScore = false;
      await scoreWindows(await loadDetector(context, DETECTOR), context);
    }
    seconds.scoring += now() - begun;
    await tellNow(hasToTell ? [DETECTOR] : undefined);
  }

  /** The ticks and wakes up to a time. What nothing waits for is not ticked through. */
  async function tell(until: number): Promise<void> {
    for (let isOpen = true; isOpen; ) {
      const tick = (Math.floor(clock.now / MINUTE) + 1) * MINUTE;
      const next = Math.min(tick, wakeAt);
      if (next >= until) break;
      clock.now = Math.max(clock.now, next);
      wakeAt = Number.POSITIVE_INFINITY;
      isOpen = (await tellNow([])) > 0;
    }
  }

  async function tellNow(detectors: readonly string[] | undefined): Promise<number> {
    const begun = now();
    hasToTell = false;
    const { open } = detectors === undefined ? { open: 0 } : await notify(context, detectors);
    seconds.telling += now() - begun;
    return open;
  }
}

function describe(seconds: Lived['seconds']): string {
  return Object.entries(seconds)
    .map(([of, count]) => `${of} ${count.toFixed(0)} s`)
    .join(', ');
}

/** Prometheus, with its outage. */
function queryCluster(pods: readonly MeasuredPod[], { step }: Scale, now: () => number): QueryRange {
  return async ({ query, start, end }) => {
    if (now() >= inFortnight(OUTAGE.from) && now() < inFortnight(OUTAGE.to))
      throw new SourceError('unreachable', 'the cluster: connection refused');
    return pods.flatMap((pod): MatrixSeries[] => {
      const from = Math.max(start, pod.from);
      const to = Math.min(end, pod.to);
      if (from >= to) return [];
      const column: Float32Array | undefined = pod.columns[query as MetricName];
      // It has no kube-state-metrics, whose owners of pods it is asked for.
      if (column === undefined) return [];
      const times: number[] = [];
      const values: number[] = [];
      for (let time = from; time < to; time += step) {
        const value = column[(time - pod.from) / step]!;
        if (Number.isNaN(value)) continue;
        times.push(time);
        values.push(Number(value.toPrecision(6)));
      }
      const { namespace } = pod.workload;
      return times.length === 0
        ? []
        : [
            {
              labels: { namespace, pod: pod.name },
              times: Float64Array.from(times),
              values: Float64Array.from(values),
            },
          ];
    });
  };
}

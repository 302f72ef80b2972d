/** What the pods of a simulated cluster report: usual values, then what happens to them. */
import { seedRandom } from '../../lib/maths/random.ts';
import { createDrift, drawNormal } from '../../lib/simulate/noise.ts';
import { seasonAt } from '../../lib/simulate/season.ts';
import { inFortnight, type Pod, rangeOf } from './cluster.ts';
import { type Happening, HOUR, INCIDENTS, type MetricName, MINUTE, OUTAGE, type Scale } from './plan.ts';

export const METRICS: readonly MetricName[] = [
  'pod_cpu_usage',
  'pod_memory_usage',
  'requests_per_second',
  'request_latency_seconds',
  'request_error_ratio',
  'container_restart_count',
  'filesystem_usage',
];

export interface MeasuredPod extends Pod {
  /** One a metric, a value a row from `from` on; NaN where nothing was measured. */
  readonly columns: Readonly<Record<MetricName, Float32Array>>;
}

/** Restarts of a pod a day that mean nothing, and ms for which the count shows one. */
const RESTARTS_A_DAY = 0.02;
const RESTART_SHOWN = 15 * MINUTE;
/** Ms of a pod's first slowness, and until its memory is filled. */
const COLD = 4 * MINUTE;
const FILLING = 20 * MINUTE;

/** What belongs to a workload and not to each of its pods. */
interface Habits {
  readonly demand: Float32Array;
  readonly size: number;
  readonly memory: number;
  readonly latency: number;
  readonly disk: number;
}

export function measure(pods: readonly Pod[], scale: Scale, seed: number): readonly MeasuredPod[] {
  const habits = new Map<string, Habits>();
  const random = seedRandom(seed ^ 0x5eed);
  for (const { workload } of pods)
    if (!habits.has(workload.name)) habits.set(workload.name, drawHabits(scale, random.nextUint32()));
  const measured = pods.map((pod) => ({
    ...pod,
    columns: liveOn(pod, habits.get(pod.workload.name)!, scale),
  }));
  for (const { parts } of INCIDENTS) for (const part of parts) happen(part, measured, scale);
  for (const pod of measured) {
    blind(pod, scale, inFortnight(OUTAGE.from), inFortnight(OUTAGE.to), METRICS);
    for (const metric of METRICS) roundTo(pod.columns[metric], metric);
  }
  return measured;
}

function drawHabits(scale: Scale, seed: number): Habits {
  const { start, end } = rangeOf(scale);
  const random = seedRandom(seed);
  const { step } = scale;
  const next = createDrift({ random, step, memory: HOUR / 2, deviation: 0.05 });
  return {
    demand: Float32Array.from(
      { length: (end - start) / step },
      (_, row) => seasonAt(start + row * step) * (1 + next()),
    ),
    size: 10 + 40 * random.nextFloat(),
    memory: (150 + 500 * random.nextFloat()) * 2 ** 20,
    latency: 0.02 + 0.2 * random.nextFloat(),
    disk: 0.2 + 0.25 * random.nextFloat(),
  };
}

function liveOn(pod: Pod, habits: Habits, scale: Scale): MeasuredPod['columns'] {
  const { step } = scale;
  const random = seedRandom(pod.seed);
  const rows = (pod.to - pod.from) / step;
  const columns = Object.fromEntries(METRICS.map((metric) => [metric, new Float32Array(rows)])) as Record<
    MetricName,
    Float32Array
  >;
  const drift = (memory: number, deviation: number) => createDrift({ random, step, memory, deviation });
  const [ofRequests, ofCpu, ofMemory, ofLatency, ofErrors, ofDisk] = [
    drift(20 * MINUTE, 0.04),
    drift(20 * MINUTE, 0.05),
    drift(6 * HOUR, 0.02),
    drift(15 * MINUTE, 0.07),
    drift(15 * MINUTE, 0.4),
    drift(12 * HOUR, 0.01),
  ];
  const [busy, full, slow] = [
    0.9 + 0.2 * random.nextFloat(),
    0.95 + 0.1 * random.nextFloat(),
    0.92 + 0.16 * random.nextFloat(),
  ];
  const isJob = pod.workload.kind === 'CronJob';
  const isReplacement = pod.from > rangeOf(scale).start;
  const first = (pod.from - rangeOf(scale).start) / step;
  let shownUntil = -1;
  for (let row = 0; row < rows; row++) {
    const demand = isJob ? 1 : habits.demand[first + row]!;
    const age = isReplacement ? row * step : Number.POSITIVE_INFINITY;
    const cold = Math.exp(-age / COLD);
    const requests = habits.size * demand * busy * (1 + ofRequests());
    columns.requests_per_second[row] = isJob ? NaN : requests;
    columns.pod_cpu_usage[row] = (isJob ? 0.8 : 0.05 + 0.01 * requests) * (1 + ofCpu()) * (1 + 0.6 * cold);
    columns.pod_memory_usage[row] =
      habits.memory * full * (1 + ofMemory()) * (1 - 0.35 * Math.exp(-age / FILLING)) * (1 + 0.02 * demand);
    columns.request_latency_seconds[row] = isJob
      ? NaN
      : habits.latency *
        slow *
        (1 + 0.15 * demand) *
        Math.exp(ofLatency() + 0.04 * drawNormal(random)) *
        (1 + 0.8 * cold);
    columns.request_error_ratio[row] = isJob ? NaN : 0.002 * Math.exp(ofErrors() + 0.3 * drawNormal(random));
    if (random.nextFloat() < (RESTARTS_A_DAY * step) / (24 * HOUR)) shownUntil = row + RESTART_SHOWN / step;
    columns.container_restart_count[row] = row < shownUntil ? 1 : 0;
    columns.filesystem_usage[row] = habits.disk * (1 + ofDisk());
  }
  return columns;
}

function happen(happening: Happening, pods: readonly MeasuredPod[], scale: Scale): void {
  const { step } = scale;
  // Rows stand for what is there at their time: what begins between two of them shows at the next.
  const from = Math.ceil(inFortnight(happening.from) / step) * step;
  const to = inFortnight(happening.to);
  for (const pod of choosePods(happening, pods)) {
    if (happening.isGone === true) {
      blind(pod, scale, from, to, METRICS);
      continue;
    }
    for (const { metric, times = 1, plus = 0, shape = 'step', isMissing = false } of happening.effects) {
      const column = pod.columns[metric];
      for (let time = Math.max(from, pod.from); time < Math.min(to, pod.to); time += step) {
        const row = (time - pod.from) / step;
        const share = shape === 'ramp' ? (time - from) / (to - from) : 1;
        column[row] = isMissing ? NaN : column[row]! * (1 + (times - 1) * share) + plus * share;
      }
    }
  }
}

/** Of those that are there when it begins; without `pods` also those that come later. */
export function choosePods<T extends Pod>(
  { workloads, pods: count, from, to }: Happening,
  pods: readonly T[],
): readonly T[] {
  const own = pods.filter(
    (pod) =>
      workloads.includes(pod.workload.name) && pod.from < inFortnight(to) && pod.to > inFortnight(from),
  );
  if (count === undefined) return own;
  // Such as a node has: of many workloads, one here and one there; none that ends meanwhile.
  const steady = own.filter((pod) => pod.from <= inFortnight(from) - HOUR && pod.to > inFortnight(to) + HOUR);
  const stride = Math.max(1, Math.floor(steady.length / count));
  return steady.filter((_, place) => place % stride === 0).slice(0, count);
}

function blind(
  pod: MeasuredPod,
  { step }: Scale,
  from: number,
  to: number,
  metrics: readonly MetricName[],
): void {
  const first = Math.max(0, Math.ceil((from - pod.from) / step));
  const last = Math.max(0, Math.ceil((Math.min(to, pod.to) - pod.from) / step));
  for (const metric of metrics) if (first < last) pod.columns[metric].fill(NaN, first, last);
}

function roundTo(column: Float32Array, metric: MetricName): void {
  const scale = metric === 'pod_memory_usage' ? 1 : 1e5;
  for (let row = 0; row < column.length; row++) column[row] = Math.round(column[row]! * scale) / scale;
}

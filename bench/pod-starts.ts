/**
 * `npm run bench -- pod-starts [--seeds N] [--model KIND]`: pods that start otherwise than their siblings, in workloads whose pods live four
 * days or two on the average. CPU is high for minutes after a start, and memory fills; how much and for how long is alike from pod to pod,
 * or differs much, or memory takes hours. After ten days of training one new pod takes eight times its CPU for twelve minutes, and one three times its memory from its
 * first row on. Others start as ever, and nobody is to hear of them.
 */
import { formatTable } from '../lib/cli/table.ts';
import { DEFAULTS } from '../lib/config/defaults.ts';
import type { ModelKind } from '../lib/config/model-kind.ts';
import { scoreRows } from '../lib/jobs/shared/score-rows.ts';
import { type Random, seedRandom } from '../lib/maths/random.ts';
import { createDrift, drawNormal } from '../lib/simulate/noise.ts';
import { sliceWindow } from '../lib/window/combine.ts';
import type { MetricWindow } from '../lib/window/window.ts';
import { drawLetters } from './draw-letters.ts';
import { findIncidents } from './lived/find-incidents.ts';
import { describeDetector, fitDetector } from './quality/run-detector.ts';
import type { Study } from './study.ts';

const MINUTE = 60_000;
const DAY = 24 * 60;
/** A Thursday. */
const START = Date.UTC(2026, 0, 1);
/** In rows, a minute each. */
const TRAINED = 10 * DAY;
const ROWS = 14 * DAY;
const WORKLOADS = 4;
const REPLICAS = 5;
/** Rows, on the average: of four days some pod knows its hours by itself, of two hardly any does. */
const LIVES = [4 * DAY, 2 * DAY];
const SHORTEST_LIFE = 90;

/**
 * How starts differ: standard deviation of the logarithm of their height and length, heights of the CPU's, in its usual level, share
 * of the memory that is empty at first, and mean rows after which 1/e of that is.
 */
const STARTS = {
  alike: { scatter: 0.15, heights: [0.6, 0.6], empty: 0.35, filled: 20 },
  different: { scatter: 0.6, heights: [1, 3], empty: 0.35, filled: 20 },
  slow: { scatter: 0.15, heights: [0.6, 0.6], empty: 0.8, filled: 75 },
} as const;
type Kind = keyof typeof STARTS;

const FAULTS = ['cpu x8 for 12 min', 'memory x3'] as const;
/** Rows. */
const CPU_FAULT = 12;
/** Mean rows after which a start's CPU has fallen to 1/e. */
const WARM = 3;

interface Pod {
  readonly name: string;
  /** Rows. */
  readonly from: number;
  readonly to: number;
  readonly fault: (typeof FAULTS)[number] | undefined;
  readonly cpu: Float64Array;
  readonly memory: Float64Array;
}

interface Row {
  readonly seed: number;
  readonly kind: Kind;
  /** Rows. */
  readonly life: number;
  /** Pods that began after the training, with those two. */
  readonly starts: number;
  /** Minutes from the pod's first row to the one that opened; of a workload of which no pod began, null. */
  readonly delays: readonly (number | 'not told' | null)[];
  readonly falseOnes: number;
}

export const reportPodStarts: Study = async (_, say, { seeds = 3, model = DEFAULTS.modelKind }) => {
  const rows: Row[] = [];
  for (let seed = 1; seed <= seeds; seed++)
    for (const [life, kind] of LIVES.flatMap((days) =>
      (Object.keys(STARTS) as Kind[]).map((each) => [days, each] as const),
    )) {
      const row = await liveOn({ seed, kind, life, model });
      rows.push(row);
      say(
        `seed ${seed}, ${life / DAY} days, ${kind}: told after ${row.delays.map(nameDelay).join(' and ')}, ${row.falseOnes} false`,
      );
    }
  const lines = rows.map(({ seed, kind, life, starts, delays, falseOnes }) => [
    String(seed),
    String(life / DAY),
    kind,
    String(starts),
    ...delays.map(nameDelay),
    String(falseOnes),
  ]);
  const header = [
    'seed',
    'days a pod lives',
    'starts are',
    'starts',
    ...FAULTS.map((fault) => `${fault}, told after`),
    'false',
  ];
  return { text: formatTable([header, ...lines]), figures: rows };
};

function nameDelay(delay: Row['delays'][number]): string {
  return delay === null ? 'no start' : delay === 'not told' ? delay : `${delay} min`;
}

async function liveOn(given: {
  readonly seed: number;
  readonly kind: Kind;
  readonly life: number;
  readonly model: ModelKind;
}): Promise<Row> {
  const detector = describeDetector(given.model, MINUTE);
  const pods = populate(given);
  const window = windowOf(pods, detector.name);
  const cut = START + TRAINED * MINUTE;
  const train = sliceWindow(window, { start: START, end: cut });
  const fitted = await fitDetector(detector, train);
  const last = sliceWindow(window, { start: cut, end: window.range.end });
  const { scored } = await scoreRows({ detector, fitted, window: last, context: [train] });
  const { incidents } = findIncidents({ scored, policy: fitted.manifest.policy, step: MINUTE });
  const ill = FAULTS.map((fault) => pods.find((pod) => pod.fault === fault));
  return {
    seed: given.seed,
    kind: given.kind,
    life: given.life,
    starts: pods.filter(({ from }) => from > TRAINED).length,
    delays: ill.map((pod) => {
      if (pod === undefined) return null;
      const first = incidents.find(({ entity }) => entity === pod.name);
      return first === undefined ? 'not told' : (first.alertedAt - START) / MINUTE - pod.from;
    }),
    falseOnes: incidents.filter(({ entity }) => ill.every((pod) => pod?.name !== entity)).length,
  };
}

function populate({ seed, kind, life }: Pick<Row, 'seed' | 'kind' | 'life'>): readonly Pod[] {
  const random = seedRandom(seed);
  const { scatter, heights, empty, filled } = STARTS[kind];
  const alike = (mean: number, share = 1): number => mean * Math.exp(share * scatter * drawNormal(random));
  return Array.from({ length: WORKLOADS }, (_, number): readonly Pod[] => {
    const level = { cpu: 0.2 + 0.3 * random.nextFloat(), memory: 150 + 300 * random.nextFloat() };
    const height = heights[0] + (heights[1] - heights[0]) * random.nextFloat();
    let fault = FAULTS[number];
    return Array.from({ length: REPLICAS }).flatMap(() => {
      const own: Pod[] = [];
      for (let from = 0; from < ROWS; from = own.at(-1)!.to) {
        const to = Math.min(
          ROWS,
          from + SHORTEST_LIFE + Math.round(-life * Math.log(1 - random.nextFloat())),
        );
        const isIll = fault !== undefined && from > TRAINED && to - from > SHORTEST_LIFE;
        const start = { height: alike(height), warm: alike(WARM), empty, filled: alike(filled, 1 / 2) };
        const name = `shop/app${number}-6d4cf56db${number + 2}-${drawLetters(random, 5)}`;
        own.push({
          name,
          from,
          to,
          fault: isIll ? fault : undefined,
          ...measure({ from, to, level, start, random, fault: isIll ? fault : undefined }),
        });
        if (isIll) fault = undefined;
      }
      return own;
    });
  }).flat();
}

function measure(of: {
  readonly from: number;
  readonly to: number;
  readonly level: { readonly cpu: number; readonly memory: number };
  readonly start: Readonly<Record<'height' | 'warm' | 'empty' | 'filled', number>>;
  readonly random: Random;
  readonly fault: Pod['fault'];
}): Pick<Pod, 'cpu' | 'memory'> {
  const { from, to, level, start, random, fault } = of;
  const size = 0.95 + 0.1 * random.nextFloat();
  const drift = (memory: number, deviation: number) =>
    createDrift({ random, step: MINUTE, memory: memory * MINUTE, deviation });
  const [ofCpu, ofMemory] = [drift(20, 0.03), drift(100, 0.007)];
  const cpu = new Float64Array(to - from);
  const memory = new Float64Array(to - from);
  for (let row = 0; row < cpu.length; row++) {
    const age = from === 0 ? Number.POSITIVE_INFINITY : row;
    const day = 0.4 * Math.sin((2 * Math.PI * (from + row)) / DAY);
    const isBusy = fault === 'cpu x8 for 12 min' && row < CPU_FAULT;
    cpu[row] =
      level.cpu *
      size *
      (1 + day + ofCpu()) *
      (1 + start.height * Math.exp(-age / start.warm)) *
      (isBusy ? 8 : 1);
    const filling = 1 - start.empty * Math.exp(-age / start.filled);
    memory[row] =
      level.memory * size * (1 + ofMemory()) * filling * (fault === 'memory x3' ? 3 : 1) * 2 ** 20;
  }
  return { cpu, memory };
}

function windowOf(pods: readonly Pod[], detector: string): MetricWindow {
  const sorted = pods.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const join = (of: (pod: Pod) => Float64Array): Float64Array => {
    const joined = new Float64Array(sorted.reduce((sum, { from, to }) => sum + to - from, 0));
    let at = 0;
    for (const pod of sorted) {
      joined.set(of(pod), at);
      at += pod.to - pod.from;
    }
    return joined;
  };
  const placeOf = new Map(sorted.map(({ name }, at) => [name, at]));
  const columns = [join(({ cpu }) => cpu), join(({ memory }) => memory)];
  return {
    detector,
    range: { start: START, end: START + ROWS * MINUTE },
    step: MINUTE,
    metrics: ['pod_cpu_usage', 'pod_memory_usage'],
    entities: sorted.map(({ name }) => name),
    entityOf: Uint32Array.from(join(({ cpu, name }) => cpu.map(() => placeOf.get(name)!))),
    times: join(({ from, cpu }) => cpu.map((_, row) => START + (from + row) * MINUTE)),
    columns,
    labels: undefined,
  };
}

/**
 * `npm run bench -- deployments [--seeds N] [--model KIND]`: a workload that is deployed each fourteen hours, so that no pod of it ever knows
 * a day by itself. Four pods have requests, CPU and memory that follow the hour, with a row each five minutes. After eight days of
 * training one pod takes three times its CPU for half an hour, at an hour at which that is 1.6 times the highest of the day. Deployments are no fault,
 * nor is the version of the last one before the training's end, which takes twice the memory from then on in every other run.
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

const STEP = 300_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Thursday. */
const START = Date.UTC(2026, 9, 1);
const TRAINED = 8 * DAY;
const LASTS = 10 * DAY;
const DEPLOYED_EACH = 14.3 * HOUR;
const REPLICAS = 4;
/** From START. */
const FAULT = { from: 9 * DAY + 15 * HOUR, to: 9 * DAY + 15.5 * HOUR, times: 3 } as const;
/** From START: deployments from here on are of another version. */
const RELEASED = TRAINED - 16 * HOUR;
const METRICS = ['requests_per_second', 'pod_cpu_usage', 'pod_memory_usage'] as const;

interface Row {
  readonly pod: string;
  /** Ms from START. */
  readonly at: number;
  readonly values: readonly number[];
}

interface Lived {
  readonly seed: number;
  /** How much memory the newer version takes, as a multiple. */
  readonly memory: number;
  /** Minutes from the fault's first row. */
  readonly delay: number | 'not told';
  /** That opened outside of the fault: of the pod that had it, and of others. */
  readonly after: number;
  readonly others: number;
}

export const reportDeployments: Study = async (_, say, { seeds = 4, model = DEFAULTS.modelKind }) => {
  const lived: Lived[] = [];
  for (const memory of [1, 2])
    for (let seed = 1; seed <= seeds; seed++) {
      const one = await liveOn({ seed, memory, model });
      lived.push(one);
      say(`memory x${memory}, seed ${seed}: ${one.delay}, ${one.after} after it, ${one.others} of others`);
    }
  const lines = lived.map(({ seed, memory, delay, after, others }) => [
    `x${memory}`,
    String(seed),
    delay === 'not told' ? delay : `${delay} min`,
    String(after),
    String(others),
  ]);
  const header = ['memory since', 'seed', 'told after', 'later, of the same pod', 'false, of others'];
  return { text: formatTable([header, ...lines]), figures: lived };
};

async function liveOn(given: {
  readonly seed: number;
  readonly memory: number;
  readonly model: ModelKind;
}): Promise<Lived> {
  const { seed, memory, model } = given;
  const detector = describeDetector(model, STEP);
  const { rows, ill } = measure(seedRandom(seed), memory);
  const window = windowOf(rows, detector.name);
  const cut = START + TRAINED;
  const train = sliceWindow(window, { start: START, end: cut });
  const fitted = await fitDetector(detector, train);
  const last = sliceWindow(window, { start: cut, end: window.range.end });
  const { scored } = await scoreRows({ detector, fitted, window: last, context: [train] });
  const { incidents } = findIncidents({ scored, policy: fitted.manifest.policy, step: STEP });
  const isTold = ({ alertedAt, entity }: (typeof incidents)[number]): boolean =>
    entity === ill && alertedAt - START >= FAULT.from && alertedAt - START < FAULT.to + STEP;
  const told = incidents.find(isTold);
  return {
    seed,
    memory,
    delay: told === undefined ? 'not told' : (told.alertedAt - START - FAULT.from) / 60_000,
    after: incidents.filter((each) => each.entity === ill && !isTold(each)).length,
    others: incidents.filter(({ entity }) => entity !== ill).length,
  };
}

/** @param released how much memory the newer version takes, as a multiple */
function measure(random: Random, released: number): { readonly rows: readonly Row[]; readonly ill: string } {
  const rows: Row[] = [];
  let ill = '';
  for (let deployed = 0; deployed < LASTS; deployed += DEPLOYED_EACH) {
    const until = Math.min(deployed + DEPLOYED_EACH, LASTS);
    const of = drawLetters(random, 9);
    for (let replica = 0; replica < REPLICAS; replica++) {
      const pod = `shop/api-${of}-${drawLetters(random, 5)}`;
      const isIll = replica === 0 && deployed <= FAULT.from && until >= FAULT.to;
      if (isIll) ill = pod;
      const size = 0.95 + 0.1 * random.nextFloat();
      const drift = createDrift({ random, step: STEP, memory: 20 * STEP, deviation: 0.03 });
      for (let at = Math.ceil(deployed / STEP) * STEP; at < until; at += STEP) {
        const age = deployed === 0 ? Number.POSITIVE_INFINITY : (at - deployed) / 60_000;
        const load = 1 + 0.6 * Math.sin(2 * Math.PI * (at / DAY - 0.3));
        const fault = isIll && at >= FAULT.from && at < FAULT.to ? FAULT.times : 1;
        rows.push({
          pod,
          at,
          values: [
            100 * size * load * (1 + 0.03 * drawNormal(random)),
            0.5 * size * load * (1 + drift()) * (1 + 1.5 * Math.exp(-age / 5)) * fault,
            400e6 *
              (deployed >= RELEASED ? released : 1) *
              size *
              (1 + 0.1 * load) *
              (1 - 0.35 * Math.exp(-age / 20)) *
              (1 + 0.004 * drawNormal(random)),
          ],
        });
      }
    }
  }
  return { rows, ill };
}

function windowOf(rows: readonly Row[], detector: string): MetricWindow {
  const entities = [...new Set(rows.map(({ pod }) => pod))].sort();
  const placeOf = new Map(entities.map((pod, at) => [pod, at]));
  const sorted = rows.toSorted((a, b) => placeOf.get(a.pod)! - placeOf.get(b.pod)! || a.at - b.at);
  return {
    detector,
    range: { start: START, end: START + LASTS },
    step: STEP,
    metrics: [...METRICS],
    entities,
    entityOf: Uint32Array.from(sorted, ({ pod }) => placeOf.get(pod)!),
    times: Float64Array.from(sorted, ({ at }) => START + at),
    columns: METRICS.map((_, metric) => Float64Array.from(sorted, ({ values }) => values[metric]!)),
    labels: undefined,
  };
}

/** The pods of a simulated cluster, from their first row to their last: named as Kubernetes names them, with churn. */
import { type Random, seedRandom } from '../../lib/maths/random.ts';
import {
  DAY,
  FORTNIGHT,
  MINUTE,
  NIGHTLY,
  planWorkloads,
  ROLLOUTS,
  SCALE_UPS,
  type Scale,
  type WorkloadPlan,
} from './plan.ts';

/** Days that a pod of a Deployment lives on the average, if nobody rolls it out. */
const LIFE = 6 * DAY;
/** As k8s.io/apimachinery/pkg/util/rand has them. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export interface Pod {
  readonly workload: WorkloadPlan;
  readonly name: string;
  /** Epoch ms, multiples of the step; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly seed: number;
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export function rangeOf({ history, days }: Scale): Range {
  return { start: FORTNIGHT - history * DAY, end: FORTNIGHT + days * DAY };
}

/** Epoch ms of a time of the fortnight. */
export function inFortnight(ms: number): number {
  return FORTNIGHT + ms;
}

export function populate(scale: Scale, seed: number): readonly Pod[] {
  const random = seedRandom(seed);
  return planWorkloads(scale).flatMap((workload) => {
    const own = seedRandom(random.nextUint32());
    if (workload.kind === 'CronJob') return runNightly(workload, scale, own);
    if (workload.kind === 'StatefulSet')
      return Array.from({ length: workload.replicas }, (_, place): Pod => {
        const { start, end } = rangeOf(scale);
        return { workload, name: `${workload.name}-${place}`, from: start, to: end, seed: own.nextUint32() };
      });
    return runDeployment(workload, scale, own);
  });
}

function runDeployment(workload: WorkloadPlan, scale: Scale, random: Random): readonly Pod[] {
  const { step } = scale;
  const { start, end } = rangeOf(scale);
  const rollouts = ROLLOUTS.filter((each) => each.workload === workload.name);
  const hashes = Array.from({ length: rollouts.length + 1 }, () => draw(random, 10));
  const pods: Pod[] = [];
  const add = (from: number, to: number): void => {
    const cut = Math.min(to, end);
    if (from >= cut) return;
    const hash = hashes[rollouts.filter((each) => inFortnight(each.from) <= from).length]!;
    const name = `${workload.name}-${hash}-${draw(random, 5)}`;
    pods.push({ workload, name, from, to: cut, seed: random.nextUint32() });
  };
  for (let place = 0; place < workload.replicas; place++) {
    const turns = rollouts.map((each) =>
      floorTo(inFortnight(each.from) + (place / workload.replicas) * each.length, step),
    );
    for (let from = start; from < end; ) {
      const natural = from + floorTo(-LIFE * Math.log(1 - random.nextFloat()), step) + step;
      const to = Math.min(natural, ...turns.filter((turn) => turn > from));
      add(from, to);
      // The next one is ready within a row or two.
      from = to;
    }
  }
  for (const each of SCALE_UPS.filter(({ workload: name }) => name === workload.name))
    for (let more = 0; more < each.pods; more++) add(inFortnight(each.from), inFortnight(each.to));
  return pods;
}

/** A pod a night. */
function runNightly(workload: WorkloadPlan, scale: Scale, random: Random): readonly Pod[] {
  const { start, end } = rangeOf(scale);
  const pods: Pod[] = [];
  for (let day = start; day < end; day += DAY) {
    const from = day + NIGHTLY.at;
    const name = `${workload.name}-${from / MINUTE}-${draw(random, 5)}`;
    pods.push({ workload, name, from, to: from + NIGHTLY.length, seed: random.nextUint32() });
  }
  return pods;
}

function draw(random: Random, letters: number): string {
  return Array.from({ length: letters }, () => LETTERS[random.nextBelow(LETTERS.length)]).join('');
}

function floorTo(time: number, unit: number): number {
  return Math.floor(time / unit) * unit;
}

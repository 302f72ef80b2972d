/**
 * How the pods of a workload start: caches are empty, code is compiled, memory fills. A pod that training did not know is judged
 * from its first row on by how far its siblings were off at that age. Where too few of them began within the history, nobody knows
 * that, and nothing is said of the pod while it is young.
 */
import { workloadIn } from '../base/inherit.ts';
import { graceOf, type RecentPlan } from './entity-age.ts';

/**
 * Of one column of a workload, one a span of ages: how far its pods are off what is expected of them, below and above, in the
 * metric's own units. NaN at ages that too few of them reached, and at all where they cannot be told.
 */
export interface StartBounds {
  /** 0 or below. */
  readonly low: Float32Array;
  /** 0 or above. */
  readonly high: Float32Array;
}

/** Workload, as `nameWorkload` has it without labels → one a column. */
export type Starts = ReadonlyMap<string, readonly StartBounds[]>;

/** Each span of ages is so much longer than the one before: what is late by a minute at first is late by ten after an hour. */
const GROWTH = 1.6;

/** Number of the span of ages that holds this one. @param age ms since an entity's first row */
export function spanAt(age: number, step: number): number {
  return Math.floor(Math.log1p(Math.round(age / step)) / Math.log(GROWTH));
}

/** Spans until a pod is no longer young. */
export function countSpans(plan: RecentPlan): number {
  return spanAt(graceOf(plan) - plan.step, plan.step) + 1;
}

/** @param of.workloads whose pod's owner tells another workload than its name does, as `Expectation` has them */
export function boundsOf(
  starts: Starts | undefined,
  of: {
    readonly entity: string;
    readonly column: number;
    readonly workloads?: ReadonlyMap<string, string> | undefined;
  },
): StartBounds | undefined {
  const { entity, column, workloads } = of;
  return starts?.get(workloadIn({ workloads }, entity))?.[column];
}

/** Age, in ms, up to which the starts are known; Infinity where they are for as long as a pod is young. */
export function knownUntil({ high }: StartBounds, { step }: RecentPlan): number {
  const unknown = high.findIndex((bound) => Number.isNaN(bound));
  if (unknown < 0) return Number.POSITIVE_INFINITY;
  let age = 0;
  while (spanAt(age, step) < unknown) age += step;
  return age;
}

/**
 * Takes off, in place, what siblings were off at that age.
 * @param off spreads, one a row
 * @param given.ages ms, one a row
 * @param given.unit of a spread, in the metric's own units; 0 where it has none
 */
export function leaveOutStart(
  off: Float64Array,
  given: {
    readonly bounds: StartBounds;
    readonly ages: Float64Array;
    readonly plan: RecentPlan;
    readonly unit: number;
  },
): void {
  const { bounds, ages, plan, unit } = given;
  const grace = graceOf(plan);
  for (let i = 0; i < off.length; i++) {
    if (ages[i]! >= grace) continue;
    const span = spanAt(ages[i]!, plan.step);
    const value = off[i]!;
    const bound = value > 0 ? bounds.high[span]! : bounds.low[span]!;
    if (Number.isNaN(bound) || bound === 0) continue;
    const beyond = value - bound / unit;
    off[i] = value > 0 ? Math.max(0, beyond) : Math.min(0, beyond);
  }
}

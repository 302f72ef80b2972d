/**
 * How the pods of a workload start: caches are empty, code is compiled, memory fills. A pod that training did not know is judged
 * from its first row on by how far its siblings were off at that age. Where too few of them began within the history, nobody knows
 * that, and nothing is said of the pod while it is young. Some start for longer than that: replicas are copied, caches fill for hours.
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

export interface WorkloadStart {
  /** One a column. */
  readonly columns: readonly StartBounds[];
  /** Ms for which a start goes on once a pod is no longer young; 0 for most workloads. */
  readonly overrun: number;
}

/** Workload, as `nameWorkload` has it without labels → how its pods start. */
export type Starts = ReadonlyMap<string, WorkloadStart>;

/** Each span of ages is so much longer than the one before: what is late by a minute at first is late by ten after an hour. */
const GROWTH = 1.6;
/** A start takes so many times as long as a pod is young, at most: what goes on for longer is what the workload does. */
const LONGEST = 4;

/** Number of the span of ages that holds this one. @param age ms since an entity's first row */
export function spanAt(age: number, step: number): number {
  return Math.floor(Math.log1p(Math.round(age / step)) / Math.log(GROWTH));
}

/** Spans until a pod is no longer young. */
export function countSpans(plan: RecentPlan): number {
  return spanAt(graceOf(plan) - plan.step, plan.step) + 1;
}

/** Ms that the longest start takes. */
export function longestStart(plan: RecentPlan): number {
  return LONGEST * graceOf(plan);
}

/** Spans until the longest start is over. */
export function countAllSpans(plan: RecentPlan): number {
  return spanAt(longestStart(plan) - plan.step, plan.step) + 1;
}

/** @param columns of which all bounds are 0 from the span on in which the start of each is over */
export function startOf(columns: readonly StartBounds[], plan: RecentPlan): WorkloadStart {
  const young = countSpans(plan);
  const isOn = (span: number): boolean =>
    columns.some(({ low, high }) => low[span] !== 0 || high[span] !== 0);
  let spans = countAllSpans(plan);
  while (spans > young && !isOn(spans - 1)) spans--;
  if (spans === young) return { columns, overrun: 0 };
  return { columns, overrun: Math.min(beginOf(spans, plan), longestStart(plan)) - graceOf(plan) };
}

/** Ms: the least age of a span. */
function beginOf(span: number, { step }: RecentPlan): number {
  let age = 0;
  while (spanAt(age, step) < span) age += step;
  return age;
}

interface OfEntity {
  readonly entity: string;
  /** Whose pod's owner tells another workload than its name does, as `Expectation` has them. */
  readonly workloads?: ReadonlyMap<string, string> | undefined;
}

/** Ms for which an entity's start goes on once it is no longer young. */
export function overrunOf(starts: Starts | undefined, of: OfEntity): number {
  return starts?.get(workloadIn(of, of.entity))?.overrun ?? 0;
}

export function longestOverrun(starts: Starts): number {
  return [...starts.values()].reduce((most, { overrun }) => Math.max(most, overrun), 0);
}

export function boundsOf(
  starts: Starts | undefined,
  of: OfEntity & { readonly column: number },
): StartBounds | undefined {
  return starts?.get(workloadIn(of, of.entity))?.columns[of.column];
}

/** Age, in ms, up to which the starts are known; Infinity where they are for as long as a pod is young. */
export function knownUntil({ high }: StartBounds, plan: RecentPlan): number {
  const unknown = high.findIndex((bound) => Number.isNaN(bound));
  if (unknown < 0) return Number.POSITIVE_INFINITY;
  return beginOf(unknown, plan);
}

/**
 * Takes off, in place, what siblings were off at that age.
 * @param off spreads, one a row
 * @param given.ages ms, one a row
 * @param given.unit of a spread, in the metric's own units; 0 where it has none
 * @param given.overrun ms for which the start goes on once an entity is no longer young
 */
export function leaveOutStart(
  off: Float64Array,
  given: {
    readonly bounds: StartBounds;
    readonly ages: Float64Array;
    readonly plan: RecentPlan;
    readonly unit: number;
    readonly overrun: number;
  },
): void {
  const { bounds, ages, plan, unit, overrun } = given;
  const end = graceOf(plan) + overrun;
  for (let i = 0; i < off.length; i++) {
    if (ages[i]! >= end) continue;
    const span = spanAt(ages[i]!, plan.step);
    const value = off[i]!;
    const bound = value > 0 ? bounds.high[span]! : bounds.low[span]!;
    if (Number.isNaN(bound) || bound === 0) continue;
    const beyond = value - bound / unit;
    off[i] = value > 0 ? Math.max(0, beyond) : Math.min(0, beyond);
  }
}

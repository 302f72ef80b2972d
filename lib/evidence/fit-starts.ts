/** What a history tells of how the pods of each workload start. */
import { nameWorkload } from '../base/workload.ts';
import type { FalseAlarmBudget } from '../config/false-alarm-budget.ts';
import { isNew } from '../expectation/expectation.ts';
import { quantile } from '../maths/quantile.ts';
import { takeEvenly } from '../maths/take-evenly.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';
import type { DemandRange } from './demand-range.ts';
import { graceOf } from './entity-age.ts';
import { measureAnchored, measureDemand, unitOf } from './residuals.ts';
import { findReturnLevel } from './return-level.ts';
import { openSiblings } from './siblings.ts';
import {
  countAllSpans,
  countSpans,
  longestStart,
  type StartBounds,
  type Starts,
  spanAt,
  startOf,
} from './starts.ts';
import type { ScanInput, ScanPlan } from './statistics.ts';
import { measureTimeSinceStart } from './time-since-start.ts';

/** Starts below which nobody can say how a workload's pods start. */
const LEAST_STARTS = 3;
/** Starts of a workload that are looked at: more change little, and there may be hundreds an hour. */
const MOST_STARTS = 200;
/**
 * A pod that lived for so many times as long as it was young is usually where it was after its start; one that hardly outlived it has its start
 * for a level.
 */
const LEAST_LIFE = 4;
/**
 * A start goes on while so many of the pods, of so many rollouts, are off by so many spreads, each in so many of the rows of a span: pods that
 * begin together are one event, and one bad release is not how a workload starts.
 */
const STILL_OFF = { pods: 1 / 4, rollouts: 2, spreads: 2, rows: 1 / 4 } as const;
/** Rollouts from which on, of what goes on for longer than a pod is young, the farthest is left out, for the same reason. */
const ENOUGH_ROLLOUTS = 3;
/** A start's chance of a false alarm is never taken to be larger. */
const MOST_PROBABLE = 0.5;

interface Given extends Pick<ScanInput, 'x' | 'expectation' | 'leastChanges'> {
  readonly plan: ScanPlan;
  /** Per row, 1 = normal and learned from. */
  readonly learned: Uint8Array;
  readonly budget: FalseAlarmBudget;
  /** Statistics of a start that share the budget. */
  readonly among: number;
}

interface Start {
  readonly entity: number;
  readonly workload: string;
  /** For as long as a start may take, in order of time. */
  readonly rows: Uint32Array;
  /** Ms since it began, one a row: its first rows need not be learned from. */
  readonly ages: Float64Array;
}

/** One that is looked at. */
interface MeasuredStart extends Start {
  /** Number of the pods that began with it, within the time for which one is young. */
  readonly rollout: number;
  /** Of its rows, on the grid of steps. */
  readonly places: Float64Array;
  /** The same for every column. */
  readonly demand: DemandRange | undefined;
}

export function fitStarts(given: Given): Starts {
  const { x, plan, budget, among } = given;
  const starts = findStarts(given);
  const from = x.times.reduce((first, time) => Math.min(first, time), Number.POSITIVE_INFINITY);
  const to = x.times.reduce((last, time) => Math.max(last, time), Number.NEGATIVE_INFINITY);
  // One budget for all of them: a false alarm of each is as rare as there are of them.
  const probability = Math.min(
    MOST_PROBABLE,
    ((to - from) * budget.count) / (budget.per * starts.length * among),
  );
  const measure = openMeasure(given);
  return new Map(
    [...Map.groupBy(starts, ({ workload }) => workload)]
      .filter(([, own]) => own.length >= LEAST_STARTS)
      .map(([workload, own]) => {
        const rollouts = findRollouts(
          own.map(({ rows, ages }) => x.times[rows[0]!]! - ages[0]!),
          graceOf(plan),
        );
        const some = takeEvenly([...own.keys()], MOST_STARTS).map((at): MeasuredStart => {
          const start = own[at]!;
          const places = Float64Array.from(start.rows, (row) => Math.round(x.times[row]! / plan.step));
          const demand = measureDemand(given, { ...start, places });
          return { ...start, rollout: rollouts[at]!, places, demand };
        });
        const columns = x.names.map((_, column) =>
          findBounds(some, { ...given, column, probability, measure }),
        );
        return [workload, startOf(columns, plan)];
      }),
  );
}

/** Of pods that began within the history, and are judged as a new one would be. */
function findStarts({ x, learned, plan, expectation }: Given): readonly Start[] {
  const grace = graceOf(plan);
  const ages = measureTimeSinceStart(x, grace);
  return groupRows(x).flatMap((all, entity): Start[] => {
    const name = x.entities[entity]!;
    const workload = nameWorkload(name, []);
    const rows = all.filter((row) => learned[row] === 1 && ages[row]! < longestStart(plan));
    if (workload === name || !rows.some((row) => ages[row]! < grace)) return [];
    const life = x.times[all.at(-1)!]! - x.times[all[0]!]!;
    if (!isNew(expectation, name) && life < LEAST_LIFE * grace) return [];
    return [{ entity, workload, rows, ages: Float64Array.from(rows, (row) => ages[row]!) }];
  });
}

interface Off {
  /** One a row of the start, in spreads. */
  readonly spreads: Float64Array;
  /** Of a spread, in the metric's own units. */
  readonly unit: number;
}

/** How far the rows of a start are off in a column; undefined where it has no unit to tell it in. */
function openMeasure(given: Given) {
  const { x, plan } = given;
  const siblings = openSiblings({ ...given, step: plan.step });
  const input = { ...given, siblings };
  return (start: MeasuredStart, column: number): Off | undefined => {
    const { anchored, spread } = measureAnchored(input, { ...start, column });
    const unit = unitOf(x, { entity: start.entity, column, spread });
    // NaN, where nothing was measured, has not moved.
    if (unit === 0 && anchored.some((value) => Math.abs(value) > 0)) return undefined;
    return { spreads: anchored, unit };
  };
}

/** Of a start in a span of ages, or near it. */
interface SpanOff {
  readonly rollout: number;
  /** The farthest, in the metric's own units: 0 or above. */
  readonly above: number;
  readonly below: number;
  /** Off by as many spreads in `STILL_OFF.rows` of the rows; NaN where the span itself has none. */
  readonly mostlyAbove: number;
  readonly mostlyBelow: number;
}

function findBounds(
  starts: readonly MeasuredStart[],
  given: Given & {
    readonly column: number;
    readonly probability: number;
    readonly measure: ReturnType<typeof openMeasure>;
  },
): StartBounds {
  const { plan, column, probability, measure } = given;
  const young = countSpans(plan);
  const spans = Array.from({ length: countAllSpans(plan) }, (): SpanOff[] => []);
  // Of the span in which a pod ceases to be young, the rows after that.
  const rest: SpanOff[] = [];
  for (const start of starts) {
    const off = measure(start, column);
    if (off === undefined) {
      const unknown = Float32Array.from(spans, (_, span) => (span < young ? Number.NaN : 0));
      return { low: unknown, high: unknown };
    }
    const rows = [...off.spreads.keys()].filter((i) => !Number.isNaN(off.spreads[i]!));
    const own = Map.groupBy(rows, (i) => spanAt(start.ages[i]!, plan.step));
    for (const [span, all] of spans.entries()) all.push(...describe(off, start, nearOf(own, span)));
    const late = (own.get(young - 1) ?? []).filter((i) => start.ages[i]! >= graceOf(plan));
    rest.push(...describe(off, start, { near: late, within: late }));
  }
  // One that is later than the others by a span is as they are.
  const lastOf = (mostly: (off: SpanOff) => number): number => {
    const over = spans.findIndex((all, span) => span >= young && !isStillOff(all, mostly));
    if (over === young) return isStillOff(rest, mostly) ? young : young - 1;
    return over < 0 ? spans.length - 1 : over;
  };
  const bound = (all: readonly SpanOff[], span: number, far: (off: SpanOff) => number): number => {
    if (span >= young) return findReturnLevel(withoutFarthest(all, far).map(far), probability);
    return all.length < LEAST_STARTS ? Number.NaN : findReturnLevel(all.map(far), probability);
  };
  const lastAbove = lastOf(({ mostlyAbove }) => mostlyAbove);
  const lastBelow = lastOf(({ mostlyBelow }) => mostlyBelow);
  return {
    high: Float32Array.from(spans, (all, span) =>
      span <= lastAbove ? bound(all, span, ({ above }) => above) : 0,
    ),
    low: Float32Array.from(spans, (all, span) =>
      span <= lastBelow ? -bound(all, span, ({ below }) => below) : 0,
    ),
  };
}

/** One starts sooner than another: what is near an age counts as at that age. */
function nearOf(
  own: ReadonlyMap<number, readonly number[]>,
  span: number,
): { readonly near: readonly number[]; readonly within: readonly number[] } {
  const near = [span - 1, span, span + 1].flatMap((at) => own.get(at) ?? []);
  return { near, within: own.get(span) ?? [] };
}

/** @returns none where nothing was measured */
function describe(
  { spreads, unit }: Off,
  { rollout }: MeasuredStart,
  { near, within }: ReturnType<typeof nearOf>,
): readonly SpanOff[] {
  if (near.length === 0) return [];
  const all = near.map((i) => spreads[i]!);
  const own = within.map((i) => spreads[i]!).toSorted((a, b) => a - b);
  return [
    {
      rollout,
      above: Math.max(0, ...all) * unit,
      below: Math.max(0, -Math.min(...all)) * unit,
      mostlyAbove: own.length === 0 ? Number.NaN : quantile(own, 1 - STILL_OFF.rows),
      mostlyBelow: own.length === 0 ? Number.NaN : -quantile(own, STILL_OFF.rows),
    },
  ];
}

function isStillOff(all: readonly SpanOff[], mostly: (off: SpanOff) => number): boolean {
  const known = all.filter((off) => !Number.isNaN(mostly(off)));
  const many = known.filter((off) => mostly(off) >= STILL_OFF.spreads);
  const rollouts = new Set(many.map(({ rollout }) => rollout)).size;
  return rollouts >= STILL_OFF.rollouts && many.length >= STILL_OFF.pods * known.length;
}

function withoutFarthest(all: readonly SpanOff[], far: (off: SpanOff) => number): readonly SpanOff[] {
  if (new Set(all.map(({ rollout }) => rollout)).size < ENOUGH_ROLLOUTS) return all;
  const farthest = all.reduce((most, off) => (far(off) > far(most) ? off : most));
  return all.filter(({ rollout }) => rollout !== farthest.rollout);
}

/** @param begins epoch ms @returns one a start */
function findRollouts(begins: readonly number[], grace: number): readonly number[] {
  const rollouts: number[] = new Array(begins.length);
  let [rollout, first] = [-1, Number.NEGATIVE_INFINITY];
  for (const at of [...begins.keys()].sort((a, b) => begins[a]! - begins[b]!)) {
    if (begins[at]! - first >= grace) {
      rollout++;
      first = begins[at]!;
    }
    rollouts[at] = rollout;
  }
  return rollouts;
}

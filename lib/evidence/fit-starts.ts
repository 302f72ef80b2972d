/** What a history tells of how the pods of each workload start. */
import { nameWorkload } from '../base/workload.ts';
import type { FalseAlarmBudget } from '../config/false-alarm-budget.ts';
import { isNew } from '../expectation/expectation.ts';
import { takeEvenly } from '../maths/take-evenly.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';
import type { DemandRange } from './demand-range.ts';
import { graceOf } from './entity-age.ts';
import { measureAnchored, measureDemand, unitOf } from './residuals.ts';
import { findReturnLevel } from './return-level.ts';
import { openSiblings } from './siblings.ts';
import { countSpans, type StartBounds, type Starts, spanAt } from './starts.ts';
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
  /** While it is young, in order of time. */
  readonly rows: Uint32Array;
  /** Ms since it began, one a row: its first rows need not be learned from. */
  readonly ages: Float64Array;
}

/** One that is looked at. */
interface MeasuredStart extends Start {
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
        const some = takeEvenly([...own.keys()], MOST_STARTS).map((at): MeasuredStart => {
          const start = own[at]!;
          const places = Float64Array.from(start.rows, (row) => Math.round(x.times[row]! / plan.step));
          return { ...start, places, demand: measureDemand(given, { ...start, places }) };
        });
        return [
          workload,
          x.names.map((_, column) => findBounds(some, { ...given, column, probability, measure })),
        ];
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
    const rows = all.filter((row) => learned[row] === 1 && ages[row]! < grace);
    if (workload === name || rows.length === 0) return [];
    const life = x.times[all.at(-1)!]! - x.times[all[0]!]!;
    if (!isNew(expectation, name) && life < LEAST_LIFE * grace) return [];
    return [{ entity, workload, rows, ages: Float64Array.from(rows, (row) => ages[row]!) }];
  });
}

/** How far each of some rows of a column is off, in the metric's own units; undefined where it has none to tell it in. */
function openMeasure(given: Given) {
  const { x, plan } = given;
  const siblings = openSiblings({ ...given, step: plan.step });
  const input = { ...given, siblings };
  return (start: MeasuredStart, column: number): Float64Array | undefined => {
    const { anchored, spread } = measureAnchored(input, { ...start, column });
    const unit = unitOf(x, { entity: start.entity, column, spread });
    // NaN, where nothing was measured, has not moved.
    if (unit === 0 && anchored.some((value) => Math.abs(value) > 0)) return undefined;
    return anchored.map((value) => value * unit);
  };
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
  const spans = countSpans(plan);
  const unknown = new Float32Array(spans).fill(Number.NaN);
  const above: number[][] = Array.from({ length: spans }, () => []);
  const below: number[][] = Array.from({ length: spans }, () => []);
  for (const start of starts) {
    const off = measure(start, column);
    if (off === undefined) return { low: unknown, high: unknown };
    const farthest = farthestBySpan(off, start);
    for (const [span, own] of farthest.entries()) {
      if (own === undefined) continue;
      above[span]!.push(Math.max(0, own.most));
      below[span]!.push(Math.max(0, -own.least));
    }
  }
  const level = (farthest: readonly number[]): number =>
    farthest.length < LEAST_STARTS ? Number.NaN : findReturnLevel(farthest, probability);
  return {
    high: Float32Array.from(above, level),
    low: Float32Array.from(below, (farthest) => -level(farthest)),
  };

  /** One starts sooner than another: what is near an age counts as at that age. Undefined where nothing was measured. */
  function farthestBySpan(
    off: Float64Array,
    { ages }: Start,
  ): readonly ({ most: number; least: number } | undefined)[] {
    const own: ({ most: number; least: number } | undefined)[] = Array.from({ length: spans });
    for (const [i, value] of off.entries()) {
      if (Number.isNaN(value)) continue;
      const span = spanAt(ages[i]!, plan.step);
      for (let near = Math.max(0, span - 1); near <= Math.min(spans - 1, span + 1); near++) {
        const found = own[near];
        if (found === undefined) own[near] = { most: value, least: value };
        else {
          found.most = Math.max(found.most, value);
          found.least = Math.min(found.least, value);
        }
      }
    }
    return own;
  }
}

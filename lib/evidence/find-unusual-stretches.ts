/**
 * Finds stretches of a history that are like nothing else in it, such as a fault of which nobody was told. All of the history
 * is there, so a stretch is compared with both sides: off what the rest predicts for that time of day and week, off the hours before, and off
 * the hours after. So a level that moved and stays is no such stretch, and neither is the way back. What came more than twice, or at
 * the same time of another day, is a habit.
 */
import { nameWorkload } from '../base/workload.ts';
import { type Expectation, expectAt, fitExpectation, seriesOf } from '../expectation/expectation.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { takeMedian } from '../maths/median.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';
import type { EvidenceSettings } from './calibrate-evidence.ts';
import { graceOf } from './entity-age.ts';
import { type Episode, findEpisodes, measureAhead } from './episodes.ts';
import { measureDemand, measureResiduals } from './residuals.ts';
import { planScan, type ScanPlan } from './statistics.ts';
import { measureTimeSinceStart } from './time-since-start.ts';

/** Spreads that an episode has to reach, as a mean of some rows; and one that goes on for so many ms. */
const LEAST_PEAK = 8;
const LASTING = { peak: 5, length: 60 * 60_000 } as const;
/**
 * Steps and ms that it has to last, with those over which a mean of some rows sees its ends. Caches that a deployment has
 * emptied, and restarts, are over before: a week has few of them, and they are how it usually is. The mean sees two or
 * three steps more on either side of what is far out: at a row each five minutes 40 minutes are found, and 30 where they
 * are very far out.
 */
const LEAST_LENGTH = { steps: 11, time: 45 * 60_000 } as const;
/** Shares of its peak and of its length: what reaches both is another one of its kind. */
const ALIKE = { peak: 0.5, length: 1 / 3 } as const;
/** Others of its kind beside which it is still none of the rest: of its workload, and so many more of each other one. */
const MOST_OTHERS = { own: 1, each: 0.1 } as const;
const DAY = 86_400_000;
/** Ms by which what comes back each day may come earlier or later. */
const CLOCK_SLACK = 90 * 60_000;
/**
 * Ms of its workload's history, in which each hour was there twice, but for what features look back on: of less nobody can say what comes back
 * each day.
 */
export const LEAST_HISTORY: number = 2 * DAY - 3_600_000;

export interface UnusualStretch {
  readonly entity: string;
  /** Of the matrix: the one that is farthest off. */
  readonly column: number;
  /** Epoch ms of the first row, and a step behind the last. */
  readonly start: number;
  readonly end: number;
  /** Medians of that column over the stretch, on the scale of the matrix. */
  readonly value: number;
  readonly expected: number;
}

export interface HistoryToSearch {
  readonly x: FeatureMatrix;
  /** Per row, 1 = may be learned from; the others are neither looked at nor found. */
  readonly use: Uint8Array;
  readonly settings: Pick<EvidenceSettings, 'step' | 'settleAfter' | 'leastChanges' | 'directions'>;
}

/** An episode of one series. */
interface Found extends Omit<UnusualStretch, 'value' | 'expected'> {
  readonly workload: string;
  /** Steps. */
  readonly length: number;
  /** For long enough. */
  readonly isFar: boolean;
  readonly peak: number;
}

/** @returns by entity, then time; none overlap */
export function findUnusualStretches(given: HistoryToSearch): readonly UnusualStretch[] {
  const { x, use, settings } = given;
  const plan = planScan(settings.step, settings.settleAfter);
  const expectation = fitExpectation(x, use);
  const ages = measureTimeSinceStart(x, graceOf(plan));
  const groups = groupRows(x);
  const workloads = x.entities.map((entity) => nameWorkload(entity, []));
  const isKnown = findKnown(groups, workloads, { times: x.times, step: settings.step });
  const unlike = x.names.flatMap((_, column) => {
    const found = groups.flatMap((rows, entity) =>
      isKnown(workloads[entity]!)
        ? findOf(given, { plan, expectation, ages, entity, workload: workloads[entity]!, rows, column })
        : [],
    );
    const sides = Map.groupBy(found, ({ sign }) => sign);
    return [...sides.values()].flatMap((own) => keepUnlike(own, new Set(workloads).size));
  });
  const byEntity = Map.groupBy(unlike, ({ entity }) => entity);
  return groups.flatMap((rows, at) =>
    join(byEntity.get(x.entities[at]!) ?? []).map((stretch) => ({
      ...stretch,
      ...measureMiddles(x, expectation, rows, stretch),
    })),
  );
}

/** Workloads whose history is long enough. */
function findKnown(
  groups: readonly Uint32Array[],
  workloads: readonly string[],
  { times, step }: { readonly times: Float64Array; readonly step: number },
): (workload: string) => boolean {
  const spans = new Map<string, { from: number; to: number }>();
  for (const [entity, rows] of groups.entries()) {
    if (rows.length === 0) continue;
    const [from, to] = [times[rows[0]!]!, times[rows.at(-1)!]!];
    const span = spans.get(workloads[entity]!);
    if (span === undefined) spans.set(workloads[entity]!, { from, to });
    else Object.assign(span, { from: Math.min(span.from, from), to: Math.max(span.to, to) });
  }
  return (workload) => {
    const span = spans.get(workload);
    return span !== undefined && span.to + step - span.from >= LEAST_HISTORY;
  };
}

interface Series {
  readonly plan: ScanPlan;
  readonly expectation: Expectation;
  /** Ms, one a row, since its entity began. */
  readonly ages: Float64Array;
  readonly entity: number;
  readonly workload: string;
  readonly rows: Uint32Array;
  readonly column: number;
}

function findOf(
  { x, use, settings }: HistoryToSearch,
  { plan, expectation, ages, entity, workload, rows, column }: Series,
): readonly (Found & { readonly sign: 1 | -1 })[] {
  const direction = settings.directions[column]!;
  if (direction === 'none' || rows.length === 0) return [];
  const input = { x, expectation, plan, leastChanges: settings.leastChanges };
  const places = Float64Array.from(rows, (row) => Math.round(x.times[row]! / plan.step));
  const demand = measureDemand(input, { entity, rows, places });
  const { anchored, recent } = measureResiduals(input, { entity, rows, places, column, demand });
  for (const [i, row] of rows.entries())
    if (use[row] !== 1 || ages[row]! < graceOf(plan)) anchored[i] = Number.NaN;
  const ahead = measureAhead(places, anchored, plan.recent);
  // What lies too near to the end to be told from a level that moved is another of its kind all the same.
  const isAtEnd = ({ from, to }: Episode): boolean =>
    ahead.subarray(from, to).some((value, i) => Number.isNaN(value) && !Number.isNaN(anchored[from + i]!));
  const least = Math.max(LEAST_LENGTH.steps, LEAST_LENGTH.time / plan.step);
  return ([1, -1] as const).flatMap((sign) =>
    direction === (sign === 1 ? 'below' : 'above')
      ? []
      : [
          ...findEpisodes({ places, residuals: [anchored, recent, ahead], sign }).map((known) => ({
            ...known,
            isKnown: true,
          })),
          ...findEpisodes({ places, residuals: [anchored, recent], sign })
            .filter(isAtEnd)
            .map((last) => ({ ...last, isKnown: false })),
        ].map(({ from, to, length, peak, isKnown }) => ({
          entity: x.entities[entity]!,
          workload,
          column,
          start: x.times[rows[from]!]!,
          end: x.times[rows[to - 1]!]! + plan.step,
          length,
          isFar:
            isKnown &&
            length >= least &&
            peak >= (length * plan.step >= LASTING.length ? LASTING.peak : LEAST_PEAK),
          peak,
          sign,
        })),
  );
}

/** @param found of one column and side, of all entities @param workloads how many there are */
function keepUnlike(found: readonly Found[], workloads: number): readonly Found[] {
  const byPeak = found.toSorted((a, b) => b.peak - a.peak);
  const mostInAll = MOST_OTHERS.own + Math.floor(MOST_OTHERS.each * (workloads - 1));
  return found.filter((each) => {
    if (!each.isFar) return false;
    // What many do at once is one.
    const own: Found[] = [];
    const all: Found[] = [];
    for (const other of byPeak) {
      if (other.peak < ALIKE.peak * each.peak) break;
      if (other.length < ALIKE.length * each.length || overlaps(each, other)) continue;
      if (!all.some((one) => overlaps(one, other)) && all.push(other) > mostInAll) return false;
      if (other.workload !== each.workload) continue;
      if (isSameHour(each, other)) return false;
      if (!own.some((one) => overlaps(one, other)) && own.push(other) > MOST_OTHERS.own) return false;
    }
    return true;
  });
}

function overlaps(a: Found, b: Found): boolean {
  return a.start < b.end + CLOCK_SLACK && b.start < a.end + CLOCK_SLACK;
}

function isSameHour(a: Found, b: Found): boolean {
  const apart = Math.abs(a.start - b.start) % DAY;
  return Math.min(apart, DAY - apart) <= CLOCK_SLACK;
}

/** Of one entity: what overlaps is one, and named for what is farthest off. */
function join(found: readonly Found[]): readonly Found[] {
  const joined: Found[] = [];
  for (const each of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = joined.at(-1);
    if (last === undefined || each.start > last.end) joined.push(each);
    else {
      const { column, peak } = each.peak > last.peak ? each : last;
      joined[joined.length - 1] = { ...last, end: Math.max(last.end, each.end), column, peak };
    }
  }
  return joined;
}

function measureMiddles(
  x: FeatureMatrix,
  expectation: Expectation,
  rows: Uint32Array,
  { entity, column, start, end }: Found,
): Pick<UnusualStretch, 'value' | 'expected'> {
  const series = seriesOf(expectation, entity)[column]!;
  const within = rows.filter((row) => {
    const isMeasured = !Number.isNaN(x.values[row * x.names.length + column]!);
    return x.times[row]! >= start && x.times[row]! < end && isMeasured;
  });
  const middle = (of: (row: number) => number): number => takeMedian(Float64Array.from(within, of));
  return {
    value: middle((row) => x.values[row * x.names.length + column]!),
    expected: middle((row) => expectAt(series, x.times[row]!)),
  };
}

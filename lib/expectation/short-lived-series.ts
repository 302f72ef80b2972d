/**
 * What the pods of a short-lived workload have in common (`lib/features/short-lived.ts`). They followed one another, and together they saw
 * every hour often enough. How they differ in level is found along with the curve, in turns (as a median polish does, Tukey 1977):
 * a pod that lived at night alone would have the night for its level.
 */
import { toLocalTime } from '../features/zone-clock.ts';
import { takeMedian } from '../maths/median.ts';
import { NORMAL_TAIL_RANGE } from '../maths/normal-ranges.ts';
import { quantile } from '../maths/quantile.ts';
import { fitSeasonalCurve, readRestlessness, readSeason, type SeasonalCurve } from './seasonal-curve.ts';
import { fitSeries, type Measured, rangeOf, type SeriesExpectation } from './series.ts';

/** Values that a workload's curve is made of: more change little, and cost time. */
const MOST_VALUES = 20_000;
/** Ms of each pod that say nothing of its workload: one pod or another starts at every hour of the day. */
const START = 3_600_000;
/** Of what a pod has lived, the share that may be its start: of jobs of an hour nothing would be left. */
const MOST_OF_LIFE = 0.25;
/** Half-hours. */
const BINS = 48;
const DAY = 24 * 3_600_000;
/** Levels and hours are found in turns until no level moves by more than this share of how far they lie apart, or for so many turns. */
const STILL = 1e-3;
const MOST_TURNS = 300;

export interface Together {
  /** Of a pod that nobody knows: it may be at the level of any of them. */
  readonly series: SeriesExpectation;
  /** Of one of the pods: at its own level, and it strays at least as far as they do together. */
  readonly fitPod: (pod: Measured) => SeriesExpectation;
}

/**
 * @param pods of one column, all on one scale: one pod at least has values, and those without take no part
 * @param given.season that is taken as it is; undefined: found in the rows, by the clocks of `timeZone`
 */
export function fitTogether(
  pods: readonly Measured[],
  given: { readonly season: SeasonalCurve | undefined; readonly timeZone: string | undefined },
): Together {
  const { timeZone } = given;
  const measured = pods.map(leaveOutStart).filter(({ values }) => values.length > 0);
  const all = join(measured);
  const season = given.season ?? findSeason(measured, all, timeZone);
  const levels = levelsOf(measured, season);
  const rest = all.values
    .map(
      (value, i) =>
        (value - levels[all.podOf[i]!]! - readSeason(season, all.times[i]!)) /
        readRestlessness(season, all.times[i]!),
    )
    .sort();
  const common = rangeOf(rest);
  const series = fitSeries(all, { season, timeZone, isBrief: true });
  return {
    series: coverLevels(series, levels, common),
    fitPod(pod) {
      const own = fitSeries(pod, { season, timeZone, isBrief: true });
      return {
        ...own,
        spread: Math.max(own.spread, common.spread),
        low: Math.min(own.low, common.low),
        high: Math.max(own.high, common.high),
      };
    },
  };
}

function leaveOutStart({ times, values }: Measured): Measured {
  const first = times[0] ?? 0;
  const until = first + Math.min(START, MOST_OF_LIFE * ((times.at(-1) ?? 0) - first));
  const from = times.findIndex((time) => time >= until);
  return from <= 0 ? { times, values } : { times: times.subarray(from), values: values.subarray(from) };
}

function findSeason(pods: readonly Measured[], all: Joined, timeZone: string | undefined): SeasonalCurve {
  const levels = polish(pods, timeZone);
  const values = all.values.map((value, i) => value - levels[all.podOf[i]!]!);
  return fitSeasonalCurve({ times: all.times, values }, takeMedian(values.slice()), timeZone);
}

/** Level of each pod, off the half-hours of the day that it has seen: median polish of the medians that it had in each. */
function polish(pods: readonly Measured[], timeZone: string | undefined): Float64Array {
  const cells = pods.map((pod) => halfHoursOf(pod, timeZone));
  let levels = Float64Array.from(cells, (own) => takeMedian(own.map(({ median }) => median)));
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const byBin: number[][] = Array.from({ length: BINS }, () => []);
    for (const [pod, own] of cells.entries())
      for (const { bin, median } of own) byBin[bin]!.push(median - levels[pod]!);
    const hours = byBin.map((values) => (values.length === 0 ? 0 : takeMedian(values)));
    const moved = Float64Array.from(cells, (own) =>
      takeMedian(own.map(({ bin, median }) => median - hours[bin]!)),
    );
    const most = moved.reduce((far, level, pod) => Math.max(far, Math.abs(level - levels[pod]!)), 0);
    const sorted = moved.toSorted();
    levels = moved;
    if (most <= STILL * (sorted.at(-1)! - sorted[0]!)) break;
  }
  return levels;
}

function halfHoursOf(
  { times, values }: Measured,
  timeZone: string | undefined,
): readonly { readonly bin: number; readonly median: number }[] {
  const byBin = Map.groupBy(values.keys(), (i) => {
    const place = (toLocalTime(times[i]!, timeZone) / DAY) % 1;
    return Math.floor((place < 0 ? place + 1 : place) * BINS) % BINS;
  });
  return [...byBin].map(([bin, own]) => ({ bin, median: takeMedian(own.map((i) => values[i]!)) }));
}

function levelsOf(pods: readonly Measured[], season: SeasonalCurve): readonly number[] {
  return pods.map(({ times, values }) =>
    takeMedian(values.map((value, i) => value - readSeason(season, times[i]!))),
  );
}

/**
 * Of a pod that may be at any of the levels, where they are not one: after a rollout a minority of rows is at that of all pods to come. The
 * scale of a pod that is not known covers all ranges likewise (`lib/features/inherit-profiles.ts`). A level that one pod alone was at is
 * no version's, but what went wrong with that pod.
 * @param common how the pods stray from their levels
 */
function coverLevels(
  series: SeriesExpectation,
  levels: readonly number[],
  { low, high }: Pick<SeriesExpectation, 'low' | 'high'>,
): SeriesExpectation {
  const sorted = Float64Array.from(levels).sort();
  const shared = sorted.filter(
    (level, at) => level - sorted[at - 1]! <= high - low || sorted[at + 1]! - level <= high - low,
  );
  const middle = quantile(sorted, 0.5);
  if (shared.every((level) => level >= middle + low && level <= middle + high)) return series;
  const [lowest, highest] = [shared[0]! + low, shared.at(-1)! + high];
  return {
    ...series,
    spread: Math.max(series.spread, (highest - lowest) / NORMAL_TAIL_RANGE),
    low: Math.min(series.low, lowest - series.center),
    high: Math.max(series.high, highest - series.center),
  };
}

interface Joined extends Measured {
  /** Index of the pod, one a value. */
  readonly podOf: Uint32Array;
}

/** In order of time; evenly thinned, at another place in each stretch. */
function join(pods: readonly Measured[]): Joined {
  const count = pods.reduce((sum, { values }) => sum + values.length, 0);
  const all = {
    times: new Float64Array(count),
    values: new Float64Array(count),
    podOf: new Uint32Array(count),
  };
  let at = 0;
  for (const [pod, { times, values }] of pods.entries()) {
    all.times.set(times, at);
    all.values.set(values, at);
    all.podOf.fill(pod, at, at + values.length);
    at += values.length;
  }
  // Each pod is in order: what sorts lists sees that, and what sorts typed arrays takes twice as long.
  const order = [...all.podOf.keys()].sort((a, b) => all.times[a]! - all.times[b]! || a - b);
  const stride = Math.ceil(count / MOST_VALUES);
  const kept = order.filter((_, i) => i % stride === Math.floor(i / stride) % stride);
  return {
    times: Float64Array.from(kept, (i) => all.times[i]!),
    values: Float64Array.from(kept, (i) => all.values[i]!),
    podOf: Uint32Array.from(kept, (i) => all.podOf[i]!),
  };
}

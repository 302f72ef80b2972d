/**
 * What is expected of each metric of each entity: its usual level, what the clock predicts, and how far it strays from
 * that by itself. On the scale of the feature matrix.
 */
import { createInheritance } from '../base/inherit.ts';
import { nameWorkload } from '../base/workload.ts';
import { findBriefEntities, MIN_ENTITY_ROWS } from '../features/brief-entities.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { findShortLived, LEAST_SPAN, podsByWorkload } from '../features/short-lived.ts';
import { takeMedian } from '../maths/median.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';
import { DEMAND_MEANS, findDemand, fitSlope } from './demand.ts';
import { readRestlessness, readSeason, type SeasonalCurve } from './seasonal-curve.ts';
import { fitSeries, type Measured, type SeriesExpectation } from './series.ts';
import { fitTogether, type Together } from './short-lived-series.ts';
import { type KnownSeries, widenYoung } from './young-series.ts';

export interface Expectation {
  readonly columns: readonly string[];
  /** Entity → one a column. */
  readonly entities: ReadonlyMap<string, readonly SeriesExpectation[]>;
  /**
   * Workload whose pods live for less than some days → one a column, for a pod of it that is not among `entities`; left out:
   * there is none.
   */
  readonly shortLived?: ReadonlyMap<string, readonly SeriesExpectation[]>;
  /** Over all entities, for one that was not seen or too briefly, and none of its workload's pods was. */
  readonly pooled: readonly SeriesExpectation[];
  /** Ms: means of demand over so long explain what follows it, too; left out: it does at once, or nothing tells demand. */
  readonly demandMeans?: readonly number[];
  /** Of the rows at hand, as `Known` has it; not part of what is stored. */
  readonly workloads?: ReadonlyMap<string, string> | undefined;
}

/**
 * Series that may have a season of their own; if more were seen for long enough, one that all entities share: a curve takes 1.2 kB. Pods
 * that came and went within some days count once a workload.
 */
const MOST_SEASONS = 8_192;
/** Values that a series' figures are made of, likewise: a fortnight at a row each four minutes. */
const MOST_VALUES = 5_000;
/** Values that the pooled figures are made of: more change no digit, and cost time. */
const MOST_POOLED = 50_000;

/**
 * @param use per row, 1 = normal and part of what is learned from
 * @param seasons whose seasons are taken as they are; left out: found in the rows
 */
export function fitExpectation(x: FeatureMatrix, use: Uint8Array, seasons?: Expectation): Expectation {
  const width = x.names.length;
  const groups = groupRows(x);
  const pooled = x.names.map((_, column) =>
    fitSeries(takePooled(x, column, use), { season: seasons?.pooled[column]?.season, timeZone: x.timeZone }),
  );
  const demand = findDemand(x.names);
  const isBrief = findBriefEntities(x, (row) => use[row] === 1);
  const own = new Map<number, (SeriesExpectation | undefined)[]>();
  const shortLived = podsOf(
    x,
    seasons === undefined ? findShortLived(x, (row) => use[row] === 1) : (seasons.shortLived ?? new Map()),
    (entity) => isBrief[entity] === 0,
  );
  const workloadOf = new Map(
    [...shortLived].flatMap(([workload, pods]) => pods.map((pod) => [pod, workload] as const)),
  );
  const old = groups.filter(
    (rows, entity) =>
      !workloadOf.has(entity) && x.times[rows.at(-1) ?? 0]! - x.times[rows[0] ?? 0]! >= LEAST_SPAN,
  );
  const hasOwnSeasons = (old.length + shortLived.size) * width <= MOST_SEASONS;
  const ofWorkloads = new Map([...shortLived.keys()].map((name) => [name, [] as SeriesExpectation[]]));
  for (let column = 0; column < x.names.length; column++) {
    const seasonOf = (of: readonly SeriesExpectation[] | undefined): SeasonalCurve | undefined =>
      of?.[column]?.season ?? (hasOwnSeasons ? undefined : pooled[column]!.season);
    const measuredOf = (entity: number): Measured => takeMeasured(x, column, groups[entity]!, use);
    const together = new Map<number, Together>();
    for (const [workload, pods] of shortLived) {
      const measured = pods.map(measuredOf);
      // The scaler has them on the scale of all entities then.
      if (measured.reduce((sum, { values }) => sum + values.length, 0) < MIN_ENTITY_ROWS) continue;
      const season = seasonOf(seasons?.shortLived?.get(workload));
      const common = fitTogether(measured, { season, timeZone: x.timeZone });
      for (const pod of pods) together.set(pod, common);
    }
    const known = groups.flatMap((rows, entity): KnownSeries<SeriesExpectation>[] => {
      if (isBrief[entity] === 1) return [];
      const measured = measuredOf(entity);
      if (measured.times.length < MIN_ENTITY_ROWS) return [];
      const common = together.get(entity);
      const fitted =
        common?.fitPod(measured) ??
        fitSeries(measured, {
          season: seasonOf(seasons && seriesOf(seasons, x.entities[entity]!)),
          timeZone: x.timeZone,
        });
      const slope = slopeOf(x, { column, demand, rows, use });
      return [{ entity, series: { ...fitted, slope }, isOld: spanOf(measured) >= LEAST_SPAN }];
    });
    const slopeOfKnown = new Map(known.map(({ entity, series }) => [entity, series.slope]));
    for (const [workload, pods] of shortLived) {
      const slopes = pods.flatMap((pod) => slopeOfKnown.get(pod) ?? []);
      const series = together.get(pods[0]!)?.series ?? pooled[column]!;
      ofWorkloads.get(workload)!.push({ ...series, slope: slopes.length === 0 ? 0 : takeMedian(slopes) });
    }
    for (const [at, series] of widenYoung(x, known, column).entries()) {
      const { entity } = known[at]!;
      const columns = own.get(entity) ?? x.names.map(() => undefined);
      columns[column] = series;
      own.set(entity, columns);
    }
  }
  const entities = new Map(
    groups.flatMap((_, entity) => {
      const columns = own.get(entity);
      const workload = workloadOf.get(entity);
      const rest = workload === undefined ? pooled : ofWorkloads.get(workload)!;
      return columns === undefined
        ? []
        : [[x.entities[entity]!, columns.map((series, column) => series ?? rest[column]!)] as const];
    }),
  );
  return {
    columns: [...x.names],
    entities,
    ...(ofWorkloads.size > 0 && { shortLived: ofWorkloads }),
    pooled,
    ...(demand !== undefined && { demandMeans: DEMAND_MEANS }),
  };
}

/** Of the workloads that the whole training takes for short-lived, the pods that are known. */
function podsOf(
  { entities }: FeatureMatrix,
  shortLived: ReadonlyMap<string, unknown>,
  isKnown: (entity: number) => boolean,
): ReadonlyMap<string, readonly number[]> {
  return new Map([...podsByWorkload(entities, isKnown)].filter(([workload]) => shortLived.has(workload)));
}

/** Whether training did not know the entity, and knew others for long enough to tell. */
export function isNew({ entities }: Expectation, entity: string): boolean {
  return entities.size > 0 && !entities.has(entity);
}

/** One pod of a short-lived workload has a level among theirs: what all of them have stands for it. */
const inherit = createInheritance<readonly SeriesExpectation[], Pick<Expectation, 'pooled' | 'shortLived'>>(
  (siblings, { pooled, shortLived }) =>
    pickMiddle(
      Array.from(siblings, ([name, own]) => shortLived?.get(nameWorkload(name, [])) ?? own),
      pooled,
    ),
);

/** Of an entity that is not known, what its workload's known pods have in common. */
export function seriesOf(expectation: Expectation, entity: string): readonly SeriesExpectation[] {
  return expectation.entities.get(entity) ?? inherit(expectation, entity) ?? expectation.pooled;
}

/** What was usual in training at that time of day and week. @param time epoch ms */
export function expectAt({ center, season }: SeriesExpectation, time: number): number {
  return center + readSeason(season, time);
}

/** How far it may stray at that time of day, as a multiple of its spread: 1 or above. @param time epoch ms */
export function scatterAt({ season }: SeriesExpectation, time: number): number {
  return readRestlessness(season, time);
}

function takeMeasured(x: FeatureMatrix, column: number, rows: Uint32Array, use: Uint8Array): Measured {
  const width = x.names.length;
  const measured = rows.filter((row) => use[row] === 1 && !Number.isNaN(x.values[row * width + column]!));
  return readRows(x, column, thin(measured, MOST_VALUES));
}

function spanOf({ times }: Measured): number {
  return times.length === 0 ? 0 : times.at(-1)! - times[0]!;
}

/** Of all entities, in order of time; evenly thinned. */
function takePooled(x: FeatureMatrix, column: number, use: Uint8Array): Measured {
  const width = x.names.length;
  const all = new Uint32Array(x.times.length);
  let count = 0;
  for (let row = 0; row < all.length; row++)
    if (use[row] === 1 && !Number.isNaN(x.values[row * width + column]!)) all[count++] = row;
  const rows = thin(all.subarray(0, count), MOST_POOLED);
  const isInOrder = rows.every((row, i) => i === 0 || x.times[rows[i - 1]!]! <= x.times[row]!);
  return readRows(x, column, isInOrder ? rows : rows.sort((a, b) => x.times[a]! - x.times[b]! || a - b));
}

function readRows({ names, times, values }: FeatureMatrix, column: number, rows: Uint32Array): Measured {
  const read = { times: new Float64Array(rows.length), values: new Float64Array(rows.length) };
  for (let i = 0; i < rows.length; i++) {
    read.times[i] = times[rows[i]!]!;
    read.values[i] = values[rows[i]! * names.length + column]!;
  }
  return read;
}

/** Of rows with both. */
function slopeOf(
  x: FeatureMatrix,
  given: {
    readonly column: number;
    readonly demand: number | undefined;
    readonly rows: Uint32Array;
    readonly use: Uint8Array;
  },
): number {
  const { column, demand, rows, use } = given;
  if (demand === undefined || demand === column) return 0;
  const width = x.names.length;
  const read = (row: number, of: number): number => x.values[row * width + of]!;
  const both = rows.filter(
    (row) => use[row] === 1 && !Number.isNaN(read(row, column)) && !Number.isNaN(read(row, demand)),
  );
  const kept = thin(both, MOST_VALUES);
  return fitSlope(readRows(x, demand, kept).values, readRows(x, column, kept).values);
}

/**
 * One of each so many, at another place in each: a stride that divides the day would look at the same moments of all of
 * them.
 */
function thin(rows: Uint32Array, most: number): Uint32Array {
  const stride = Math.ceil(rows.length / most);
  if (stride <= 1) return rows;
  const kept = new Uint32Array(Math.floor(rows.length / stride));
  for (let at = 0; at < kept.length; at++) kept[at] = rows[at * stride + (at % stride)]!;
  return kept;
}

/**
 * What is expected of a pod that training did not know, by those of its workload that it knew: of each column the one with
 * the middle spread. Every known pod is on a scale of its own, on which they are alike, and the new one is on that of them
 * all (`lib/features/inherit-profiles.ts`).
 *
 * @param siblings at least one, each with one a column
 * @param pooled for columns that none of them measured
 */
function pickMiddle<T extends { readonly center: number; readonly spread: number }>(
  siblings: readonly (readonly T[])[],
  pooled: readonly T[],
): readonly T[] {
  return pooled.map((all, column) => {
    const measured = siblings
      .map((series) => series[column]!)
      .filter(({ center }) => !Number.isNaN(center))
      .sort((a, b) => a.spread - b.spread);
    return measured[measured.length >> 1] ?? all;
  });
}

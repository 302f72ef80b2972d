/** What a training is like, from as many of its series as tell: how long, how complete, how seasonal, how joined. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { takeEveryNth } from '../../../maths/take-evenly.ts';
import { checkDeadline } from '../../framework/check-deadline.ts';
import type { FitRun } from '../../framework/contract.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';
import { findConstants } from '../../kinds/mahalanobis/measure.ts';
import { findStep } from '../ensemble/smooth.ts';
import { profileSeries, type SeriesProfile } from './profile-series.ts';
import { sortByLength } from './take-sample.ts';

export interface TrainingProfile {
  readonly rows: number;
  /** Entities that have rows. */
  readonly entities: number;
  /** Of one metric of one entity each, out of all. */
  readonly profiled: number;
  readonly series: number;
  /** Ms that the longest entity spans. */
  readonly span: number;
  readonly metrics: readonly MetricProfile[];
  /** Of the series that vary, most common first. */
  readonly seasons: readonly CommonSeason[];
  /** As the matrix has it; left out: UTC. */
  readonly timeZone?: string;
  /** Root mean square correlation of different metrics of an entity, 0 to 1; NaN where fewer than two vary. */
  readonly together: number;
}

/** Of one column: but for `varies`, what holds of at least half of its series that were looked at. */
export interface MetricProfile {
  readonly name: string;
  /** Whether it had a value at all, over all rows of all entities. */
  readonly isMeasured: boolean;
  /** Whether it had more than one value, over all rows of all entities. */
  readonly varies: boolean;
  readonly isIntermittent: boolean;
  readonly isDrifting: boolean;
  /** Mean share of the rows without a value. */
  readonly missing: number;
}

export interface CommonSeason {
  /** Ms. */
  readonly period: number;
  /** Share of the varying series that have it. */
  readonly share: number;
  /** Mean correlation with themselves a period later. */
  readonly strength: number;
}

/** Metrics × entities that are looked at, at most: more change no share by a percent, and cost a fit's time. */
const MOST_SERIES = 2_000;
/** Places that a series is laid out on: at five minutes a fortnight, at one minute with two or three rows to each. */
const MOST_PLACES = 4_096;
/** Entities and metrics of each that correlations are taken of. */
const MOST_JOINED_ENTITIES = 20;
const MOST_JOINED_METRICS = 64;
/** Lengths within this share of each other are one season. */
const SAME = 0.03;
const DAY = 24 * 3_600_000;
/** What people go by: a length near one of them is meant to be it. */
const NAMED = [3_600_000, DAY, 7 * DAY] as const;

/**
 * Rows with the label 1 count as missing.
 * @throws RetryLaterError where no time is left
 */
export function profileTraining(
  x: FeatureMatrix,
  { labels, deadline }: Pick<FitRun, 'labels' | 'deadline'>,
): TrainingProfile {
  const width = x.names.length;
  const groups = sortByLength(groupRows(x));
  const constant = findConstants(x, labels);
  const measured = findMeasured(x, labels);
  const looked = takeEveryNth(groups, Math.max(1, Math.floor(MOST_SERIES / width)));
  const step = findStep(x);
  const byColumn: SeriesProfile[][] = x.names.map(() => []);
  const seasons: { period: number; strength: number }[] = [];
  const squares: number[] = [];
  let span = 0;
  for (const [at, group] of looked.entries()) {
    checkDeadline({ deadline });
    const length = x.times[group.at(-1)!]! - x.times[group[0]!]!;
    span = Math.max(span, length);
    const place = step * Math.max(1, Math.ceil((length / step + 1) / MOST_PLACES));
    const columns = x.names.map((_, column) => layOut(x, { group, column, place, labels }));
    for (const [column, series] of columns.entries()) {
      const profile = profileSeries(series);
      byColumn[column]!.push(profile);
      for (const { period, strength } of profile.seasons)
        seasons.push({ period: toNamed(period * place), strength });
    }
    if (at < MOST_JOINED_ENTITIES) squares.push(...correlate(takeEveryNth(columns, MOST_JOINED_METRICS)));
  }
  const varying = byColumn.flat().filter(({ isConstant }) => !isConstant).length;
  return {
    rows: x.times.length,
    entities: groups.length,
    profiled: looked.length * width,
    series: groups.length * width,
    span,
    metrics: x.names.map((name, column) => ({
      name,
      isMeasured: measured[column] === 1,
      varies: constant[column] === 0,
      ...summarize(byColumn[column]!),
    })),
    seasons: gather(seasons, varying),
    ...(x.timeZone !== undefined && { timeZone: x.timeZone }),
    together: Math.sqrt(squares.reduce((sum, square) => sum + square / squares.length, 0) || Number.NaN),
  };
}

/** 1 for each column that has a value in a row without the label 1. */
function findMeasured({ names, values }: FeatureMatrix, labels: Uint8Array | undefined): Uint8Array {
  const measured = new Uint8Array(names.length);
  for (let i = 0, row = 0; i < values.length; row++)
    for (let column = 0; column < names.length; column++, i++)
      if (labels?.[row] !== 1 && !Number.isNaN(values[i]!)) measured[column] = 1;
  return measured;
}

function summarize(
  profiles: readonly SeriesProfile[],
): Pick<MetricProfile, 'isIntermittent' | 'isDrifting' | 'missing'> {
  const share = (holds: (profile: SeriesProfile) => boolean): number =>
    profiles.filter(holds).length / profiles.length;
  return {
    isIntermittent: share(({ isIntermittent }) => isIntermittent) >= 0.5,
    isDrifting: share(({ isDrifting }) => isDrifting) >= 0.5,
    missing: profiles.reduce((sum, { missing }) => sum + missing / profiles.length, 0),
  };
}

/** The mean of each place's rows; NaN in one without a value. */
function layOut(
  { names, times, values }: FeatureMatrix,
  given: {
    readonly group: Uint32Array;
    readonly column: number;
    /** Ms. */
    readonly place: number;
    readonly labels: Uint8Array | undefined;
  },
): Float64Array {
  const { group, column, place, labels } = given;
  const start = times[group[0]!]!;
  const sums = new Float64Array(Math.floor((times[group.at(-1)!]! - start) / place) + 1);
  const counts = new Uint32Array(sums.length);
  for (const row of group) {
    const value = labels?.[row] === 1 ? Number.NaN : values[row * names.length + column]!;
    if (Number.isNaN(value)) continue;
    const at = Math.floor((times[row]! - start) / place);
    sums[at]! += value;
    counts[at]!++;
  }
  return sums.map((sum, at) => (counts[at] === 0 ? Number.NaN : sum / counts[at]!));
}

/** Squares of the correlations of every two of them; of what does not vary, none. */
function correlate(columns: readonly Float64Array[]): readonly number[] {
  const units = columns.map(toUnit).filter((unit) => unit !== undefined);
  return units.flatMap((one, i) =>
    units.slice(i + 1).map((other) => {
      let product = 0;
      for (let at = 0; at < one.length; at++) product += one[at]! * other[at]!;
      return product * product;
    }),
  );
}

/** About its mean and of length 1, missing values at the mean; undefined where nothing varies. */
function toUnit(series: Float64Array): Float64Array | undefined {
  let sum = 0;
  let count = 0;
  for (const value of series) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  const centred = series.map((value) => (Number.isNaN(value) ? 0 : value - sum / count));
  const largest = centred.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(largest > 0)) return undefined;
  const length = Math.sqrt(centred.reduce((squares, value) => squares + (value / largest) ** 2, 0)) * largest;
  return centred.map((value) => value / length);
}

/** Lengths that are the same but for what a place can tell become one, from the shortest on. */
function gather(
  found: readonly { readonly period: number; readonly strength: number }[],
  varying: number,
): readonly CommonSeason[] {
  const sorted = found.toSorted((a, b) => a.period - b.period);
  const groups: { period: number; strength: number }[][] = [];
  for (const season of sorted) {
    const last = groups.at(-1);
    if (last !== undefined && season.period <= last[0]!.period * (1 + 2 * SAME)) last.push(season);
    else groups.push([season]);
  }
  return groups
    .map((group) => ({
      period: group[group.length >> 1]!.period,
      share: group.length / varying,
      strength: group.reduce((sum, { strength }) => sum + strength / group.length, 0),
    }))
    .sort((a, b) => b.share - a.share || a.period - b.period);
}

function toNamed(period: number): number {
  return NAMED.find((name) => Math.abs(period / name - 1) <= SAME) ?? period;
}

/**
 * What the clock predicts of one series: a curve over the day in steps of five minutes, and what each hour of the week
 * is off it. Sharp enough for a nightly job of half an hour, and smooth where nothing sharp returns day after day.
 */
import { LEAST_SPAN } from '../features/short-lived.ts';
import { toLocalTime } from '../features/zone-clock.ts';
import { takeMedian } from '../maths/median.ts';
import { NORMAL_IQR } from '../maths/normal-ranges.ts';
import { halvesOf, isPredicted, type TimedValues } from '../maths/predict.ts';
import { quantile } from '../maths/quantile.ts';
import { fitScatter, readScatter } from './scatter.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** 1970-01-01 was a Thursday: hours of the week count from there, which is as good as any day. */
export const HOURS_OF_WEEK = 168;
/** Five minutes each. */
export const PLACES_OF_DAY = 288;
/** Half-hours of the smooth part. */
const BINS = 48;
/** Days of the week from Thursday, as epoch time counts them. */
const SATURDAY = 2;
const SUNDAY = 3;
/** Ms of training that hold a whole week, but for a few hours. */
const LEAST_WEEK = 6.8 * DAY;
/** Values that a day has to have to say anything of one like it. */
const LEAST_OF_DAY = 24;
/** Each half has to see every hour of the week. */
const LEAST_WEEKS = 1.9;
/** A curve of one half has to leave at most this share of the other half's deviation. */
const MOST_LEFT = 0.9;
/** Days that have to have a place before something sharp there counts as returning. */
const LEAST_RETURNS = 3;
/** Of those days, the share on either end that may say otherwise. */
const DISSENT = 0.25;
/**
 * Robust deviations, from one five minutes to the next, that something sharp stands out by: a few days of noise agree at
 * many places. From one to the next, so that days of other levels make nothing less sharp.
 */
const STANDS_OUT = 1.5;

export interface SeasonalCurve {
  /** PLACES_OF_DAY values in the series' own units; empty: the time of day predicts nothing. */
  readonly day: Float32Array;
  /** HOURS_OF_WEEK values that are added; empty: one day is like another. */
  readonly week: Float32Array;
  /** HOURS_OF_DAY multiples of the usual spread, 1 or above; empty: one hour is as restless as another. */
  readonly scatter: Float32Array;
  /** IANA name of the zone whose clocks it goes by; left out: UTC. */
  readonly timeZone?: string;
}

export const NO_SEASON: SeasonalCurve = {
  day: new Float32Array(),
  week: new Float32Array(),
  scatter: new Float32Array(),
};

/**
 * @param timeZone IANA name of the zone whose clocks it goes by; left out: UTC
 * @returns what is usual at a time of day or week, off `center`
 */
export function fitSeasonalCurve(series: TimedValues, center: number, timeZone?: string): SeasonalCurve {
  const { values } = series;
  const span = values.length < BINS ? 0 : series.times.at(-1)! - series.times[0]!;
  if (span < LEAST_SPAN) return NO_SEASON;
  const times = series.times.map((time) => toLocalTime(time, timeZone));
  const off = values.map((value) => value - center);
  const smooth = predicts(halvesOf({ times, values: off }), smoothDay, readDay)
    ? smoothDay({ times, values: off })
    : undefined;
  const day = addSharp({ times, values: off }, smooth ?? new Float64Array(PLACES_OF_DAY));
  const isDaily = day.some((value) => value !== 0);
  const rest = isDaily ? off.map((value, i) => value - readDay(day, times[i]!)) : off;
  const week = Float32Array.from(fitWeek({ times, values: rest }, span) ?? []);
  const left = week.length === 0 ? rest : rest.map((value, i) => value - readWeek(week, times[i]!));
  return {
    day: isDaily ? Float32Array.from(day) : new Float32Array(),
    week,
    scatter: fitScatter({ times, values: left }),
    ...(timeZone !== undefined && { timeZone }),
  };
}

/**
 * Whether rows hold a whole week, both days of its weekend included.
 * @param times epoch ms, in any order
 * @param timeZone IANA name of the zone by whose clocks days are; left out: UTC
 */
export function holdWeek(times: Float64Array, timeZone?: string): boolean {
  let [first, last, saturday, sunday] = [Infinity, -Infinity, 0, 0];
  for (const time of times) {
    first = Math.min(first, time);
    last = Math.max(last, time);
    const day = dayOfWeek(toLocalTime(time, timeZone));
    if (day === SATURDAY) saturday++;
    if (day === SUNDAY) sunday++;
  }
  return last - first >= LEAST_WEEK && Math.min(saturday, sunday) >= LEAST_OF_DAY;
}

/** Of two weeks or more hour by hour; of one, what both days of its weekend show. */
function fitWeek(rest: TimedValues, span: number): Float64Array | undefined {
  if (span >= LEAST_WEEKS * WEEK)
    return predicts(halvesOf(rest), hoursOfWeek, readWeek) ? hoursOfWeek(rest) : undefined;
  if (span < LEAST_WEEK) return undefined;
  const saturday = dayOf(rest, SATURDAY);
  const sunday = dayOf(rest, SUNDAY);
  if (saturday.times.length < LEAST_OF_DAY || sunday.times.length < LEAST_OF_DAY) return undefined;
  if (!predicts([saturday, sunday], hoursOfDay, readHour, 0)) return undefined;
  const both = hoursOfDay(join(saturday, sunday));
  return Float64Array.from({ length: HOURS_OF_WEEK }, (_, hour) => {
    const day = Math.floor(hour / 24);
    return day === SATURDAY || day === SUNDAY ? both[hour % 24]! : 0;
  });
}

function dayOf({ times, values }: TimedValues, day: number): TimedValues {
  const rows = Uint32Array.from(times.keys()).filter((i) => dayOfWeek(times[i]!) === day);
  return {
    times: Float64Array.from(rows, (i) => times[i]!),
    values: Float64Array.from(rows, (i) => values[i]!),
  };
}

function dayOfWeek(time: number): number {
  return Math.floor(modulo(time, WEEK) / DAY);
}

function join(one: TimedValues, other: TimedValues): TimedValues {
  return {
    times: Float64Array.from([...one.times, ...other.times]),
    values: Float64Array.from([...one.values, ...other.values]),
  };
}

function hoursOfDay({ times, values }: TimedValues): Float64Array {
  return medians(values, 24, (i) => Math.floor(modulo(times[i]!, DAY) / HOUR));
}

function readHour(hours: ArrayLike<number>, time: number): number {
  return hours[Math.floor(modulo(time, DAY) / HOUR)]!;
}

/** Off the centre, at a time in epoch ms. */
export function readSeason({ day, week, timeZone }: SeasonalCurve, time: number): number {
  if (day.length === 0 && week.length === 0) return 0;
  const local = toLocalTime(time, timeZone);
  return (day.length === 0 ? 0 : readDay(day, local)) + (week.length === 0 ? 0 : readWeek(week, local));
}

/** How far a series may stray, as a multiple of its usual spread: 1 or above. @param time epoch ms */
export function readRestlessness({ scatter, timeZone }: SeasonalCurve, time: number): number {
  return scatter.length === 0 ? 1 : readScatter(scatter, toLocalTime(time, timeZone));
}

function readDay(day: ArrayLike<number>, time: number): number {
  return day[Math.floor((modulo(time, DAY) / DAY) * PLACES_OF_DAY)]!;
}

function readWeek(week: ArrayLike<number>, time: number): number {
  return week[Math.floor(modulo(time, WEEK) / HOUR)]!;
}

function predicts(
  parts: readonly [TimedValues, TimedValues],
  fit: (part: TimedValues) => Float64Array,
  read: (curve: ArrayLike<number>, time: number) => number,
  level?: number,
): boolean {
  return isPredicted(parts, { fit, read, level, mostLeft: MOST_LEFT });
}

/** Medians of half-hours, smoothed over their neighbours, read between their middles at every five minutes. */
function smoothDay({ times, values }: TimedValues): Float64Array {
  const bins = medians(values, BINS, (i) => Math.floor((modulo(times[i]!, DAY) / DAY) * BINS));
  const smooth = bins.map(
    (value, bin) => (bins[(bin + BINS - 1) % BINS]! + 2 * value + bins[(bin + 1) % BINS]!) / 4,
  );
  return Float64Array.from({ length: PLACES_OF_DAY }, (_, place) => {
    const position = ((place + 0.5) / PLACES_OF_DAY) * BINS - 0.5;
    const below = Math.floor(position);
    const share = position - below;
    return smooth[(below + BINS) % BINS]! * (1 - share) + smooth[(below + 1) % BINS]! * share;
  });
}

/**
 * Adds what is off the smooth curve at the same five minutes of most days. Of those days the quartile that is nearer to
 * the curve is taken: what varies from day to day is no part of what returns.
 */
function addSharp({ times, values }: TimedValues, smooth: Float64Array): Float64Array {
  const byPlace: number[][] = Array.from({ length: PLACES_OF_DAY }, () => []);
  const steps: number[] = [];
  let last = { place: NaN, median: NaN };
  let place = -1;
  let current: number[] = [];
  for (let i = 0; i < times.length; i++) {
    const now = Math.floor(times[i]! / (DAY / PLACES_OF_DAY));
    if (now !== place) {
      close();
      place = now;
    }
    current.push(values[i]! - smooth[modulo(now, PLACES_OF_DAY)]!);
  }
  close();
  const changes = Float64Array.from(steps).sort();
  const range = changes.length === 0 ? 0 : quantile(changes, 0.75) - quantile(changes, 0.25);
  const least = (STANDS_OUT * range) / NORMAL_IQR / Math.SQRT2;
  return smooth.map((value, at) => {
    const sharp = agreedOn(byPlace[at]!);
    return Math.abs(sharp) >= least ? value + sharp : value;
  });

  function close(): void {
    if (current.length === 0) return;
    const median = takeMedian(current);
    byPlace[modulo(place, PLACES_OF_DAY)]!.push(median);
    if (last.place === place - 1) steps.push(median - last.median);
    last = { place, median };
    current = [];
  }
}

function agreedOn(days: number[]): number {
  if (days.length < LEAST_RETURNS) return 0;
  const sorted = days.sort((a, b) => a - b);
  const low = sorted[Math.floor(DISSENT * (sorted.length - 1))]!;
  const high = sorted[Math.ceil((1 - DISSENT) * (sorted.length - 1))]!;
  if (low > 0) return low;
  return Math.min(high, 0);
}

function hoursOfWeek({ times, values }: TimedValues): Float64Array {
  return medians(values, HOURS_OF_WEEK, (i) => Math.floor(modulo(times[i]!, WEEK) / HOUR));
}

/** One a bin; bins without a value take the one before them that has one. */
function medians(values: Float64Array, bins: number, binOf: (i: number) => number): Float64Array {
  const members: number[][] = Array.from({ length: bins }, () => []);
  for (let i = 0; i < values.length; i++) members[binOf(i)]!.push(values[i]!);
  const found = Float64Array.from(members, (bin) => (bin.length === 0 ? NaN : takeMedian(bin)));
  let last = found.findLast((value) => !Number.isNaN(value)) ?? 0;
  return found.map((value) => {
    if (!Number.isNaN(value)) last = value;
    return last;
  });
}

/** 0 or above for times before 1970 too. */
function modulo(value: number, by: number): number {
  // As exact as % of two doubles, of whole milliseconds, and far cheaper.
  const rest = value - Math.floor(value / by) * by;
  return rest < 0 ? rest + by : rest;
}

/**
 * When something comes again: RRULE of RFC 5545, by hours and days. Times are local ones, in ms as if they were UTC. What lies in a
 * range is worked out from that range, not from the beginning, so that a rule of 1601 costs what one of today does.
 */
import { DAY } from '../../features/zone-clock.ts';

export const FREQUENCIES = ['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
export type Frequency = (typeof FREQUENCIES)[number];

/** 0 for Sunday; `nth` of the month or the year, from its end where it is negative. */
export interface RuleDay {
  readonly day: number;
  readonly nth?: number | undefined;
}

/** Empty lists do not limit anything. */
export interface Recurrence {
  readonly frequency: Frequency;
  readonly interval: number;
  /** Local ms, inclusive. */
  readonly until: number;
  /** 1 to 12. */
  readonly months: readonly number[];
  readonly monthDays: readonly number[];
  readonly yearDays: readonly number[];
  readonly weekNumbers: readonly number[];
  readonly weekDays: readonly RuleDay[];
  /** 0 to 23: of HOURLY alone; what others have of them is in `times`. */
  readonly hours: readonly number[];
  /** Ms after midnight, ascending; of HOURLY after the full hour. */
  readonly times: readonly number[];
  readonly positions: readonly number[];
  /** Of weeks, 0 for Sunday. */
  readonly weekStart: number;
}

interface Day {
  /** Days since 1970. */
  readonly index: number;
  readonly year: number;
  readonly month: number;
  readonly date: number;
  readonly weekday: number;
  readonly yearDay: number;
}

const HOUR = 3_600_000;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4;

/** Local ms, ascending, of those from `from` up to `to` exclusive. The first is `start` itself, whether it fits the rule or not. */
export function* listOccurrences(
  rule: Recurrence,
  { start, from, to }: { readonly start: number; readonly from: number; readonly to: number },
): Generator<number, void, undefined> {
  if (start >= from && start < to) yield start;
  const first = periodOf(rule, start);
  const skipped = Math.floor((periodOf(rule, Math.max(start, from)) - first) / rule.interval);
  for (let period = first + skipped * rule.interval; ; period += rule.interval) {
    if (beginOf(rule, period) >= Math.min(to, rule.until + 1)) return;
    for (const time of listPeriod(rule, period))
      if (time > start && time >= from && time < to && time <= rule.until) yield time;
  }
}

function listPeriod(rule: Recurrence, period: number): readonly number[] {
  const { positions } = rule;
  const found = rule.frequency === 'HOURLY' ? listHour(rule, period) : listDays(rule, period);
  if (positions.length === 0) return found;
  const chosen = positions.flatMap((at) => found.at(at > 0 ? at - 1 : at) ?? []);
  return [...new Set(chosen)].sort((a, b) => a - b);
}

function listHour(rule: Recurrence, period: number): readonly number[] {
  const { hours, times } = rule;
  if (hours.length > 0 && !hours.includes(mod(period, 24))) return [];
  if (!fits(rule, describeDay(Math.floor(period / 24)))) return [];
  return times.map((time) => period * HOUR + time);
}

function listDays(rule: Recurrence, period: number): readonly number[] {
  const found: number[] = [];
  const end = beginOf(rule, period + 1) / DAY;
  for (let index = beginOf(rule, period) / DAY; index < end; index++)
    if (fits(rule, describeDay(index))) for (const time of rule.times) found.push(index * DAY + time);
  return found;
}

/** The number of the hour, day, week, month or year that a time lies in, counted from a fixed one. */
function periodOf({ frequency, weekStart }: Recurrence, local: number): number {
  if (frequency === 'HOURLY') return Math.floor(local / HOUR);
  const index = Math.floor(local / DAY);
  if (frequency === 'DAILY') return index;
  if (frequency === 'WEEKLY') return Math.floor((index + FIRST_WEEKDAY - weekStart) / 7);
  const date = new Date(local);
  return frequency === 'MONTHLY' ? date.getUTCFullYear() * 12 + date.getUTCMonth() : date.getUTCFullYear();
}

/** Local ms: midnight, or the full hour. */
function beginOf({ frequency, weekStart }: Recurrence, period: number): number {
  if (frequency === 'HOURLY') return period * HOUR;
  if (frequency === 'DAILY') return period * DAY;
  if (frequency === 'WEEKLY') return (period * 7 - FIRST_WEEKDAY + weekStart) * DAY;
  return frequency === 'MONTHLY' ? midnight(Math.floor(period / 12), mod(period, 12)) : midnight(period, 0);
}

function fits(rule: Recurrence, day: Day): boolean {
  const { months, monthDays, yearDays, weekNumbers, weekDays } = rule;
  const { year, month, date, yearDay } = day;
  return (
    (months.length === 0 || months.includes(month)) &&
    has(monthDays, date, lengthOfMonth(year, month)) &&
    has(yearDays, yearDay, lengthOfYear(year)) &&
    (weekNumbers.length === 0 || isInWeek(rule, day)) &&
    (weekDays.length === 0 || weekDays.some((each) => isWeekDay(each, rule, day)))
  );
}

/** @param length what -1 counts from */
function has(list: readonly number[], value: number, length: number): boolean {
  return list.length === 0 || list.includes(value) || list.includes(value - length - 1);
}

function isWeekDay({ day: wanted, nth }: RuleDay, { frequency, months }: Recurrence, day: Day): boolean {
  if (day.weekday !== wanted) return false;
  if (nth === undefined) return true;
  const isOfMonth = frequency === 'MONTHLY' || months.length > 0;
  const [at, length] = isOfMonth
    ? [day.date, lengthOfMonth(day.year, day.month)]
    : [day.yearDay, lengthOfYear(day.year)];
  return nth > 0 ? Math.ceil(at / 7) === nth : Math.ceil((length - at + 1) / 7) === -nth;
}

/** A week is of the year in which its fourth day lies. */
function isInWeek({ weekNumbers, weekStart }: Recurrence, { index, weekday }: Day): boolean {
  const fourth = describeDay(index - mod(weekday - weekStart, 7) + 3);
  const weeks = numberOf(fourth) + Math.floor((lengthOfYear(fourth.year) - fourth.yearDay) / 7);
  return has(weekNumbers, numberOf(fourth), weeks);
}

function numberOf({ yearDay }: Day): number {
  return Math.floor((yearDay - 1) / 7) + 1;
}

function describeDay(index: number): Day {
  const date = new Date(index * DAY);
  const year = date.getUTCFullYear();
  return {
    index,
    year,
    month: date.getUTCMonth() + 1,
    date: date.getUTCDate(),
    weekday: date.getUTCDay(),
    yearDay: index - midnight(year, 0) / DAY + 1,
  };
}

function lengthOfMonth(year: number, month: number): number {
  return (midnight(year, month) - midnight(year, month - 1)) / DAY;
}

function lengthOfYear(year: number): number {
  return (midnight(year + 1, 0) - midnight(year, 0)) / DAY;
}

/** @param month 0 for January; 12 is that of the next year */
function midnight(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month, 1);
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}

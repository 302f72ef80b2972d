/**
 * AWS's cron: minutes, hours, day of month, month, day of week, year. One of the two days is `?`.
 * Fields take `*`, lists, ranges and steps; names for months and weekdays; `L` and `n W` for the day of the month,
 * `L` and `n#k` for the weekday, where 1 is Sunday.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
import { localTime, utcTimeOf } from './local-time.ts';

export interface CronFields {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
  readonly matchesDay: (year: number, month: number, day: number) => boolean;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;
const DAY_MS = 86_400_000;

/** @throws Error that names the field */
export function parseCron(text: string): CronFields {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 6) throw new Error(`cron(${text}) has ${fields.length} fields in place of 6`);
  const [minutes, hours, days, months, weekdays, years] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if ((days === '?') === (weekdays === '?'))
    throw new Error(`cron(${text}): one of the day of the month and the day of the week is "?"`);
  return {
    minutes: parseSet('minutes', minutes, 0, 59),
    hours: parseSet('hours', hours, 0, 23),
    months: parseSet('month', months, 1, 12, MONTHS),
    years: parseSet('year', years, FIRST_YEAR, LAST_YEAR),
    matchesDay: days === '?' ? weekdayMatcher(weekdays) : dayMatcher(days),
  };
}

/**
 * Epoch milliseconds of the first due minute after `after`. A local time that the clock skips is not due; one that it
 * shows twice is due once.
 */
export function nextCronTime(fields: CronFields, timezone: string, after: number): number | undefined {
  const start = localTime(after, timezone);
  const hours = [...fields.hours].sort((a, b) => a - b);
  const minutes = [...fields.minutes].sort((a, b) => a - b);
  const lastYear = Math.max(...fields.years);
  for (let date = Date.UTC(start.year, start.month - 1, start.day); ; date += DAY_MS) {
    const day = new Date(date);
    const [year, month, dayOfMonth] = [day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate()];
    if (year > lastYear) return undefined;
    if (!fields.years.has(year) || !fields.months.has(month)) continue;
    if (!fields.matchesDay(year, month, dayOfMonth)) continue;
    for (const hour of hours)
      for (const minute of minutes) {
        const time = utcTimeOf({ year, month, day: dayOfMonth, hour, minute }, timezone);
        if (time !== undefined && time > after) return time;
      }
  }
}

function parseSet(
  name: string,
  text: string,
  low: number,
  high: number,
  names: readonly string[] = [],
): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\*|[0-9A-Za-z]+)(?:-([0-9A-Za-z]+))?(?:\/(\d+))?$/.exec(part);
    if (!match) throw new Error(`cron: ${name} cannot be ${JSON.stringify(part)}`);
    const [, from = '', to, step] = match;
    const first = from === '*' ? low : numberOf(from);
    const last = to !== undefined ? numberOf(to) : from === '*' || step !== undefined ? high : first;
    const every = step === undefined ? 1 : Number(step);
    if (first < low || last > high || first > last || every === 0)
      throw new Error(`cron: ${name} is ${low} to ${high}, and ${JSON.stringify(part)} is not`);
    for (let value = first; value <= last; value += every) values.add(value);
  }
  return values;

  function numberOf(word: string): number {
    const at = names.indexOf(word.toUpperCase());
    const value = at >= 0 ? at + low : /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (Number.isNaN(value)) throw new Error(`cron: ${name} cannot be ${JSON.stringify(word)}`);
    return value;
  }
}

function dayMatcher(text: string): CronFields['matchesDay'] {
  if (text === 'L') return (year, month, day) => day === daysIn(year, month);
  const near = /^(\d{1,2})W$/.exec(text)?.[1];
  if (near !== undefined) {
    const wanted = Number(near);
    if (wanted < 1 || wanted > 31) throw new Error(`cron: day of the month is 1 to 31, and ${text} is not`);
    return (year, month, day) => wanted <= daysIn(year, month) && day === nearestWeekday(year, month, wanted);
  }
  const days = parseSet('day of the month', text, 1, 31);
  return (_year, _month, day) => days.has(day);
}

function weekdayMatcher(text: string): CronFields['matchesDay'] {
  const last = /^([1-7])?L$/.exec(text);
  if (last) {
    const wanted = Number(last[1] ?? 7);
    // A bare L is the last day of the week; "5L" is the last Thursday of the month.
    return (year, month, day) =>
      weekday(year, month, day) === wanted && (last[1] === undefined || day + 7 > daysIn(year, month));
  }
  const nth = /^([1-7])#([1-5])$/.exec(text);
  if (nth)
    return (year, month, day) =>
      weekday(year, month, day) === Number(nth[1]) && Math.ceil(day / 7) === Number(nth[2]);
  const weekdays = parseSet('day of the week', text, 1, 7, WEEKDAYS);
  return (year, month, day) => weekdays.has(weekday(year, month, day));
}

/** 1 is Sunday. */
function weekday(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Monday to Friday, within the month. */
function nearestWeekday(year: number, month: number, day: number): number {
  const on = weekday(year, month, day);
  if (on === 7) return day === 1 ? 3 : day - 1;
  if (on === 1) return day === daysIn(year, month) ? day - 2 : day + 1;
  return day;
}

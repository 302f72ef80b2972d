/** The text of an RRULE, read strictly: what is refused here would otherwise silence at times that nobody meant. */
import { DAY } from '../../features/zone-clock.ts';
import { parseLocal } from './local-time.ts';
import { FREQUENCIES, type Frequency, listOccurrences, type Recurrence, type RuleDay } from './recurrence.ts';

export interface RuleOf {
  /** Local ms of the first. */
  readonly start: number;
  /** It has a day and no time. */
  readonly isDate: boolean;
  /** Local ms of an epoch time, for an UNTIL in UTC. */
  readonly toLocal: (time: number) => number;
}

const PARTS = [
  'FREQ',
  'INTERVAL',
  'COUNT',
  'UNTIL',
  'BYMONTH',
  'BYMONTHDAY',
  'BYYEARDAY',
  'BYWEEKNO',
  'BYDAY',
  'BYHOUR',
  'BYMINUTE',
  'BYSECOND',
  'BYSETPOS',
  'WKST',
] as const;
type Part = (typeof PARTS)[number];
type Parts = ReadonlyMap<Part, string>;

const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
/** What a rule of a frequency says nothing about, by RFC 5545. */
const MEANINGLESS: Readonly<Record<Frequency, readonly Part[]>> = {
  HOURLY: ['BYWEEKNO'],
  DAILY: ['BYWEEKNO', 'BYYEARDAY'],
  WEEKLY: ['BYWEEKNO', 'BYYEARDAY', 'BYMONTHDAY'],
  MONTHLY: ['BYWEEKNO', 'BYYEARDAY'],
  YEARLY: [],
};
const MOST_TIMES = 24;
const LONGEST_INTERVAL = 10_000;
const MOST_COUNT = 100_000;
/** Days of some 100 years, in which a COUNT has to come true; of hours as many, which are 4 years. */
const LONGEST_COUNTED = 36_525;

/** @returns what is wrong with it, to be read on from "RRULE …", where it cannot be used */
export function readRecurrence(text: string, of: RuleOf): Recurrence | { readonly problem: string } {
  const parts = new Map<Part, string>();
  for (const each of text.trim().toUpperCase().split(';')) {
    const [, name, value] = /^([A-Z]+)=(.+)$/.exec(each) ?? [];
    const part = PARTS.find((known) => known === name);
    if (part === undefined || value === undefined)
      return { problem: `has ${JSON.stringify(each)}, which is no part of a rule` };
    if (parts.has(part)) return { problem: `has ${part} twice` };
    parts.set(part, value);
  }
  const given = parts.get('FREQ');
  const frequency = FREQUENCIES.find((known) => known === given);
  if (frequency === undefined)
    return {
      problem: `has FREQ ${given ?? 'nowhere'}; a silence's is ${FREQUENCIES.join(', ')}, and BYMINUTE says when within an hour`,
    };
  const stray = MEANINGLESS[frequency].find((part) => parts.has(part));
  if (stray !== undefined) return { problem: `has ${stray}, which says nothing for FREQ=${frequency}` };
  if (frequency === 'HOURLY' && of.isDate)
    return { problem: 'has FREQ HOURLY, and its event starts on a day without a time' };
  try {
    return count(parts, build(frequency, parts, of), of);
  } catch (error) {
    if (error instanceof BadPart) return { problem: error.message };
    throw error;
  }
}

class BadPart extends Error {}

function build(frequency: Frequency, parts: Parts, of: RuleOf): Recurrence {
  const weekDays = readDays(frequency, parts);
  const lists = {
    months: readList(parts, 'BYMONTH', { from: 1, to: 12 }),
    monthDays: readList(parts, 'BYMONTHDAY', { from: 1, to: 31, isSigned: true }),
    yearDays: readList(parts, 'BYYEARDAY', { from: 1, to: 366, isSigned: true }),
    weekNumbers: readList(parts, 'BYWEEKNO', { from: 1, to: 53, isSigned: true }),
  };
  const hours = readList(parts, 'BYHOUR', { from: 0, to: 23 });
  const interval = readNumber(parts, 'INTERVAL', LONGEST_INTERVAL) ?? 1;
  const isHourly = frequency === 'HOURLY';
  const hoursADay = hours.length > 0 ? hours.length : isHourly ? Math.ceil(24 / interval) : 1;
  const ownHours = hours.length > 0 ? hours : [new Date(of.start).getUTCHours()];
  const times = of.isDate ? [0] : readTimes(parts, of.start, { hours: isHourly ? [0] : ownHours, hoursADay });
  const positions = readList(parts, 'BYSETPOS', { from: 1, to: 366 * MOST_TIMES, isSigned: true });
  const rule = {
    frequency,
    interval,
    until: readUntil(parts, of),
    ...lists,
    weekDays,
    hours: isHourly ? hours : [],
    times,
    positions,
    weekStart: readWeekStart(parts),
  };
  return { ...rule, ...fromStart(rule, new Date(of.start)) };
}

/** What the rule leaves open is as it is at the start. */
function fromStart(rule: Recurrence, start: Date): Partial<Recurrence> {
  const { frequency, months, monthDays, yearDays, weekNumbers, weekDays } = rule;
  if (weekDays.length > 0 || monthDays.length > 0 || yearDays.length > 0) return {};
  const ofStart = [{ day: start.getUTCDay() }];
  if (frequency === 'WEEKLY' || weekNumbers.length > 0) return { weekDays: ofStart };
  if (frequency === 'DAILY' || frequency === 'HOURLY') return {};
  return {
    monthDays: [start.getUTCDate()],
    ...(frequency === 'YEARLY' && months.length === 0 && { months: [start.getUTCMonth() + 1] }),
  };
}

/** A COUNT becomes the time of the last one. */
function count(parts: Parts, rule: Recurrence, { start }: RuleOf): Recurrence {
  const wanted = readNumber(parts, 'COUNT', MOST_COUNT);
  if (wanted === undefined) return rule;
  if (parts.has('UNTIL')) throw new BadPart('has both COUNT and UNTIL');
  const [unit, years] = rule.frequency === 'HOURLY' ? [DAY / 24, 4] : [DAY, 100];
  let found = 0;
  for (const time of listOccurrences(rule, { start, from: start, to: start + LONGEST_COUNTED * unit }))
    if (++found === wanted) return { ...rule, until: time };
  throw new BadPart(`has COUNT ${wanted}, which takes more than ${years} years`);
}

function readUntil(parts: Parts, { isDate, toLocal }: RuleOf): number {
  const text = parts.get('UNTIL');
  if (text === undefined) return Infinity;
  const read = parseLocal(text);
  if (read === undefined)
    throw new BadPart(`has UNTIL ${JSON.stringify(text)}, which is no day or time such as 20261231T225959Z`);
  if (read.isUtc) return toLocal(read.local);
  // Older calendars say the last day of what has times: all of it.
  return read.isDate && !isDate ? read.local + DAY - 1 : read.local;
}

/** @param of.hours that the minutes and seconds are of; `hoursADay` of them at most */
function readTimes(
  parts: Parts,
  start: number,
  { hours, hoursADay }: { readonly hours: readonly number[]; readonly hoursADay: number },
): readonly number[] {
  const at = new Date(start);
  const read = (part: Part, to: number, own: number): readonly number[] => {
    const list = readList(parts, part, { from: 0, to });
    return list.length === 0 ? [own] : list;
  };
  const minutes = read('BYMINUTE', 59, at.getUTCMinutes());
  const seconds = read('BYSECOND', 59, at.getUTCSeconds());
  if (hoursADay * minutes.length * seconds.length > MOST_TIMES)
    throw new BadPart(`comes more than ${MOST_TIMES} times a day`);
  const times = hours.flatMap((hour) =>
    minutes.flatMap((minute) => seconds.map((second) => ((hour * 60 + minute) * 60 + second) * 1000)),
  );
  return times.sort((a, b) => a - b);
}

function readDays(frequency: Frequency, parts: Parts): readonly RuleDay[] {
  const text = parts.get('BYDAY');
  if (text === undefined) return [];
  return text.split(',').map((each) => {
    const [, sign, number, name = ''] = /^([+-]?)(\d{1,2})?([A-Z]{2})$/.exec(each) ?? [];
    const day = WEEKDAYS.indexOf(name);
    if (day < 0 || (sign !== '' && number === undefined))
      throw new BadPart(`has BYDAY ${JSON.stringify(each)}, which is no day such as MO or -1SU`);
    if (number === undefined) return { day };
    const canCount = frequency === 'MONTHLY' || (frequency === 'YEARLY' && !parts.has('BYWEEKNO'));
    if (!canCount || Number(number) < 1 || Number(number) > 53)
      throw new BadPart(`has BYDAY ${JSON.stringify(each)}, whose number says nothing there`);
    return { day, nth: sign === '-' ? -Number(number) : Number(number) };
  });
}

function readWeekStart(parts: Parts): number {
  const text = parts.get('WKST') ?? 'MO';
  const day = WEEKDAYS.indexOf(text);
  if (day < 0) throw new BadPart(`has WKST ${JSON.stringify(text)}, which is no day such as MO`);
  return day;
}

function readNumber(parts: Parts, part: Part, most: number): number | undefined {
  const text = parts.get(part);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new BadPart(`has ${part} ${JSON.stringify(text)}: a whole number from 1 to ${most}`);
}

function readList(
  parts: Parts,
  part: Part,
  { from, to, isSigned = false }: { readonly from: number; readonly to: number; readonly isSigned?: boolean },
): readonly number[] {
  const text = parts.get(part);
  if (text === undefined) return [];
  const values = text.split(',').map((each) => {
    const value = Math.abs(Number(each));
    if (!/^[+-]?\d+$/.test(each) || value < from || value > to || (!isSigned && each.startsWith('-')))
      throw new BadPart(
        `has ${part} ${JSON.stringify(each)}: a whole number from ${from} to ${to}${isSigned ? ', or as many from the end' : ''}`,
      );
    return Number(each);
  });
  return [...new Set(values)];
}

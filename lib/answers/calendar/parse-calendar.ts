/**
 * An iCalendar file as Google Calendar, Outlook and others export it: the times of its events, and what each of them is of.
 * Strictly: an event that is not understood in full is left out and named, and the others count.
 */
import { AnswerError } from '../../base/errors.ts';
import { DAY, getZoneClock, type ZoneClock } from '../../features/zone-clock.ts';
import type { LeftOut } from '../../window/left-out.ts';
import { MATCHED_NAMES, type Matcher, readMatcher } from '../matcher.ts';
import type { CalendarEvent, Span } from './calendar-event.ts';
import { type Length, type LocalTime, parseLength, parseLocal, toEpoch } from './local-time.ts';
import {
  type Component,
  findProperty,
  listProperties,
  type Property,
  readComponents,
  refuse,
} from './read-components.ts';
import { readRecurrence } from './read-recurrence.ts';
import { findClock, readZones } from './read-zones.ts';

export interface SilencingEvent extends CalendarEvent {
  /** Of its description; none: everything. */
  readonly matchers: readonly Matcher[];
}

export interface SilencingCalendar {
  readonly events: readonly SilencingEvent[];
  /** Events that are not understood: what they say silences nobody. */
  readonly leftOut: readonly LeftOut[];
}

interface Zones {
  readonly source: string;
  readonly byId: ReadonlyMap<string, ZoneClock | AnswerError>;
  /** Of times that name none, and of days: what the calendar says, UTC where it says nothing. */
  readonly own: string;
}

interface ReadTime extends LocalTime {
  readonly clock: ZoneClock;
}

interface ReadEvent {
  readonly component: Component;
  /** Either it or what is wrong with it. */
  readonly event?: SilencingEvent;
  readonly fault?: AnswerError;
}

/** Ms: what is longer and comes again is a mistake, and would be looked for in a year of days every minute. */
const LONGEST_AGAIN = 366 * DAY;
/** Begins a line of a description that says what the event silences. */
const MATCHER_LINE = /^\s*tidewatch\s*:\s*(.*?)\s*$/i;
/** Events that are left out and named one by one; the others are counted. */
const MOST_NAMED = 100;
const LONGEST_NAME = 60;

/** @throws AnswerError with code bad-answer that names the line, where no event of the file is understood */
export function parseCalendar(text: string, { source }: { readonly source: string }): SilencingCalendar {
  const calendars = readComponents(text, source).filter(({ name }) => name === 'VCALENDAR');
  if (calendars.length === 0) throw refuse(source, 1, 'has no VCALENDAR: it is no iCalendar file');
  const read = calendars.flatMap((calendar) => readEvents(calendar, source));
  const events = read.flatMap(({ event }) => event ?? []);
  const faults = read.flatMap(({ component, fault }) => (fault === undefined ? [] : [{ component, fault }]));
  if (events.length === 0 && faults[0] !== undefined) throw faults[0].fault;
  return { events, leftOut: nameLeftOut(faults, source) };
}

function readEvents(calendar: Component, source: string): readonly ReadEvent[] {
  const own = findProperty(calendar, 'X-WR-TIMEZONE')?.value ?? 'UTC';
  const zones = { source, byId: readZones(calendar, source), own };
  const events = calendar.components.filter(({ name }) => name === 'VEVENT');
  const moved = Map.groupBy(
    events.filter((event) => findProperty(event, 'RECURRENCE-ID') !== undefined),
    (event) => findProperty(event, 'UID')?.value,
  );
  return events
    .filter((event) => findProperty(event, 'STATUS')?.value.trim().toUpperCase() !== 'CANCELLED')
    .map((component): ReadEvent => {
      try {
        const others = moved.get(findProperty(component, 'UID')?.value) ?? [];
        return { component, event: readEvent(component, { zones, moved: others }) };
      } catch (fault) {
        if (fault instanceof AnswerError) return { component, fault };
        throw fault;
      }
    });
}

function nameLeftOut(
  faults: readonly { readonly component: Component; readonly fault: AnswerError }[],
  source: string,
): readonly LeftOut[] {
  const named = faults.slice(0, MOST_NAMED).map(({ component, fault }): LeftOut => {
    const why = fault.message.replace(`${source}: `, '');
    return {
      code: 'event-not-understood',
      count: 1,
      message: `event ${nameEvent(component)} silences nobody: ${why}`,
    };
  });
  const more = faults.length - named.length;
  if (more === 0) return named;
  const message = `${more} more events are not understood either, and silence nobody`;
  return [...named, { code: 'event-not-understood', count: more, message }];
}

/** "Night jobs" (UID 7f3a@google.com) */
function nameEvent(event: Component): string {
  const [summary, uid] = ['SUMMARY', 'UID'].map((name) => findProperty(event, name)?.value.trim());
  return `${summary ? `${showName(unescapeText(summary))} ` : ''}(${uid ? `UID ${showName(uid)}` : 'without a UID'})`;
}

function showName(text: string): string {
  return JSON.stringify(text.length <= LONGEST_NAME ? text : `${text.slice(0, LONGEST_NAME)}…`);
}

function readEvent(
  event: Component,
  { zones, moved }: { readonly zones: Zones; readonly moved: readonly Component[] },
): SilencingEvent {
  const { source } = zones;
  if (event.fault !== undefined) throw event.fault;
  const dtstart = findProperty(event, 'DTSTART');
  if (dtstart === undefined) throw refuse(source, event.line, 'an event has no DTSTART');
  const start = readTime(dtstart, dtstart.value, zones);
  const length = readLength(event, start, zones);
  const isMoved = findProperty(event, 'RECURRENCE-ID') !== undefined;
  // Whether it is of one day alone.
  if (isMoved) readReplaced(event, zones);
  const rules = isMoved
    ? []
    : listProperties(event, 'RRULE').map((property) => readRule(property, start, source));
  if (rules.length > 0 && length.exact + length.nominal > LONGEST_AGAIN)
    throw refuse(source, event.line, 'an event that comes again lasts longer than a year');
  const except = isMoved
    ? []
    : listProperties(event, 'EXDATE').flatMap((property) => readTimes(property, zones));
  const replaced = isMoved ? [] : moved.map((other) => readReplaced(other, zones));
  const all = [...except, ...replaced];
  return {
    start: start.local,
    length,
    clock: start.clock,
    rules,
    more: isMoved
      ? []
      : listProperties(event, 'RDATE').flatMap((property) => readMore(property, length, zones)),
    except: new Set(all.filter(({ isDate }) => !isDate).map(({ local, clock }) => toEpoch(local, clock))),
    exceptDays: new Set(all.filter(({ isDate }) => isDate).map(({ local }) => local)),
    matchers: readMatchers(event, source),
  };
}

function readReplaced(event: Component, zones: Zones): ReadTime {
  const property = findProperty(event, 'RECURRENCE-ID')!;
  if (property.params.has('RANGE'))
    throw refuse(
      zones.source,
      property.line,
      'RECURRENCE-ID with RANGE is not read: move each event by itself',
    );
  return readTime(property, property.value, zones);
}

function readRule(
  { value, line }: Property,
  start: ReadTime,
  source: string,
): CalendarEvent['rules'][number] {
  const { local, isDate, clock } = start;
  const rule = readRecurrence(value, {
    start: local,
    isDate,
    toLocal: (time) => time + clock.offsetAt(time),
  });
  if ('problem' in rule) throw refuse(source, line, `RRULE ${rule.problem}`);
  return rule;
}

/** As the clocks say it: what ends at 06:00 ends at 06:00 in the night in which the clocks change as well. */
function readLength(event: Component, start: ReadTime, zones: Zones): Length {
  const { source } = zones;
  const [dtend, duration] = [findProperty(event, 'DTEND'), findProperty(event, 'DURATION')];
  if (duration !== undefined) {
    const length = parseLength(duration.value);
    if (length === undefined)
      throw refuse(source, duration.line, `DURATION ${JSON.stringify(duration.value)} is none`);
    return length;
  }
  if (dtend === undefined) return { exact: 0, nominal: start.isDate ? DAY : 0 };
  const end = readTime(dtend, dtend.value, zones);
  const length =
    end.clock === start.clock
      ? { exact: 0, nominal: end.local - start.local }
      : { exact: toEpoch(end.local, end.clock) - toEpoch(start.local, start.clock), nominal: 0 };
  if (length.exact + length.nominal < 0) throw refuse(source, dtend.line, 'an event ends before it starts');
  return length;
}

function readMore(property: Property, length: Length, zones: Zones): readonly Span[] {
  if (property.params.get('VALUE')?.toUpperCase() !== 'PERIOD')
    return readTimes(property, zones).map(({ local, clock }) => ({
      start: toEpoch(local, clock),
      end: toEpoch(local + length.nominal, clock) + length.exact,
    }));
  return property.value.split(',').map((text) => {
    const [from = '', to = ''] = text.split('/');
    const { local, clock } = readTime(property, from, zones);
    const start = toEpoch(local, clock);
    const lasts = parseLength(to);
    if (lasts !== undefined) return { start, end: toEpoch(local + lasts.nominal, clock) + lasts.exact };
    const end = readTime(property, to, zones);
    return { start, end: toEpoch(end.local, end.clock) };
  });
}

function readTimes(property: Property, zones: Zones): readonly ReadTime[] {
  return property.value.split(',').map((text) => readTime(property, text, zones));
}

function readTime({ name, params, line }: Property, text: string, { source, byId, own }: Zones): ReadTime {
  const time = parseLocal(text.trim());
  if (time === undefined)
    throw refuse(source, line, `${name} ${JSON.stringify(text)} is no day or time such as 20261122T083000Z`);
  if (time.isUtc) return { ...time, clock: getZoneClock('UTC') };
  // A day is one by the calendar's clocks.
  const id = (time.isDate ? undefined : params.get('TZID')) ?? own;
  const clock = byId.get(id) ?? findClock(id);
  if (clock instanceof AnswerError) throw clock;
  if (clock === undefined)
    throw refuse(
      source,
      line,
      `${name} is in time zone ${JSON.stringify(id)}, which is neither known nor in the file`,
    );
  return { ...time, clock };
}

/** A line of the description for each: `tidewatch: workload = payment`. Other lines are for people. */
function readMatchers(event: Component, source: string): readonly Matcher[] {
  const property = findProperty(event, 'DESCRIPTION');
  if (property === undefined) return [];
  return toLines(property.value).flatMap((given) => {
    const [, text] = MATCHER_LINE.exec(given) ?? [];
    if (text === undefined) return [];
    const matcher = readMatcher(text, MATCHED_NAMES);
    if ('problem' in matcher)
      throw refuse(source, property.line, `${JSON.stringify(given.trim())} must be ${matcher.problem}`);
    return [matcher];
  });
}

/** Of text as calendars escape it; Google's is HTML where it was written in the browser. */
function toLines(value: string): readonly string[] {
  return unescapeText(value)
    .replace(/<br\s*\/?>|<\/(?:p|div|li)>/gi, '\n')
    .replace(/<\/?[a-z][^<>]*>/gi, '')
    .replace(/&(quot|amp|lt|gt|nbsp|#39);/g, (_, name: string) => ENTITIES[name] ?? '')
    .split('\n');
}

function unescapeText(value: string): string {
  return value.replace(/\\([nN\\;,])/g, (_, escaped: string) => (/n/i.test(escaped) ? '\n' : escaped));
}

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: ' ',
  '#39': "'",
};

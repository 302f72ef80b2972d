/** When people do not want to hear of an incident: `silences/NAME.yml`, `silences/NAME.ics`. Not to be taken for data that falls silent. */
import * as z from 'zod';
import { isTimeZone } from '../config/feature-settings.ts';
import { DAY, getZoneClock } from '../features/zone-clock.ts';
import type { LeftOut } from '../window/left-out.ts';
import { isoTime, matcherText, parseAnswerFile } from './answer-file.ts';
import { type CalendarEvent, isDuring } from './calendar/calendar-event.ts';
import { parseCalendar } from './calendar/parse-calendar.ts';
import { formatMatcher, MATCHED_NAMES, type Matcher } from './matcher.ts';
import { type Via, viaSchema } from './via.ts';

/** As Date counts them. */
export const WEEKDAYS = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;

/** Times of day are ms after midnight by the zone's clocks; over midnight where `end` comes first. */
export interface WeeklyHours {
  /** Of the day on which it starts, 0 for Sunday. */
  readonly days: readonly number[];
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly timeZone: string;
}

export interface Silencing {
  readonly name: string;
  /** All of them have to hold; none, of a calendar's events alone: of everything. */
  readonly matchers: readonly Matcher[];
  /** Epoch ms; `until` is exclusive. Absent: ever since, or for ever. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  /** Only in these hours. */
  readonly every?: WeeklyHours | undefined;
  /** `maintenance.ics`, a file beside it: only while one of its events lasts. */
  readonly calendar?: string | undefined;
  /** Of that calendar; absent where it was not read, or is not there: it holds never then. */
  readonly events?: readonly CalendarEvent[] | undefined;
  readonly comment?: string | undefined;
  readonly by?: string | undefined;
  /** Absent where it came by a command, or by hand. */
  readonly via?: Via | undefined;
}

/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4;
const CALENDAR_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*\.ics$/i;

const hours = z
  .strictObject(
    {
      days: z
        .array(z.enum(WEEKDAYS, { error: `must be ${WEEKDAYS.join(' or ')}` }), {
          error: 'must be a list of days',
        })
        .min(1, { error: 'must have a day, or be left out for every day' })
        .default([...WEEKDAYS]),
      start: timeOfDay(/^([01]\d|2[0-3]):([0-5]\d)$/, '00:00 to 23:59'),
      end: timeOfDay(/^([01]\d|2[0-4]):([0-5]\d)$/, '00:00 to 24:00'),
      time_zone: z
        .string({ error: 'must be a time zone such as Europe/Berlin' })
        .refine(isTimeZone, { error: 'must be a time zone such as Europe/Berlin' }),
    },
    { error: 'must have start, end and time_zone' },
  )
  .refine(({ start, end }) => start !== end, {
    error: 'must not start when it ends; a whole day is 00:00 to 24:00',
  });

const schema = z
  .strictObject(
    {
      matchers: z
        .array(matcherText(MATCHED_NAMES), {
          error: 'must be a list of matchers such as detector = checkout',
        })
        .min(1, { error: 'must have a matcher; detector =~ ".*" is of everything' }),
      from: isoTime().optional(),
      until: isoTime().optional(),
      every: hours.optional(),
      calendar: z
        .string({ error: 'must be a file beside this one, such as maintenance.ics' })
        .regex(CALENDAR_NAME, { error: 'must be a file beside this one, such as maintenance.ics' })
        .optional(),
      comment: z.string({ error: 'must be text' }).optional(),
      by: z.string({ error: 'must be text' }).optional(),
      via: viaSchema.optional(),
    },
    { error: 'must be a map with matchers, and until, every or calendar' },
  )
  .refine(({ until, every, calendar }) => (until ?? every ?? calendar) !== undefined, {
    error: 'must have an end: until, or every for hours that come again, or a calendar',
  })
  .refine(({ from, until }) => from === undefined || until === undefined || from < until, {
    error: 'must have a from before its until',
  });

/** @throws AnswerError that names everything that is wrong */
export function parseSilencing(
  text: string,
  { source, name }: { readonly source: string; readonly name: string },
): Silencing {
  const { every, ...given } = parseAnswerFile(text, { source, schema });
  if (every === undefined) return { name, ...given };
  const { days, start, end, time_zone: timeZone } = every;
  return { name, ...given, every: { days: days.map((day) => WEEKDAYS.indexOf(day)), start, end, timeZone } };
}

/**
 * The silences that a calendar is by itself, one for each set of matchers that its events have, and its events that are not
 * understood.
 * @param of.name with its ending, so that it is not taken for the rule of that name
 * @throws AnswerError that names the line, where no event is understood
 */
export function parseSilencingCalendar(
  text: string,
  { source, name }: { readonly source: string; readonly name: string },
): { readonly silencings: readonly Silencing[]; readonly leftOut: readonly LeftOut[] } {
  const { events, leftOut } = parseCalendar(text, { source });
  const byMatchers = Map.groupBy(events, ({ matchers }) => matchers.map(formatMatcher).join('\n'));
  const silencings = [...byMatchers.values()].map((events) => ({
    name,
    matchers: events[0]!.matchers,
    calendar: name,
    events,
  }));
  return { silencings, leftOut };
}

/** @param now epoch ms */
export function isActive(silencing: Silencing, now: number): boolean {
  const { from = -Infinity, until = Infinity, every, calendar, events = [] } = silencing;
  if (now < from || now >= until) return false;
  if (calendar !== undefined && !events.some((event) => isDuring(event, now))) return false;
  if (every === undefined) return true;
  const local = now + getZoneClock(every.timeZone).offsetAt(now);
  const day = Math.floor(local / DAY);
  const time = local - day * DAY;
  const startsOn = (index: number): boolean => every.days.includes((index + FIRST_WEEKDAY) % 7);
  if (every.start < every.end) return startsOn(day) && time >= every.start && time < every.end;
  return (startsOn(day) && time >= every.start) || (startsOn(day - 1) && time < every.end);
}

function timeOfDay(pattern: RegExp, range: string): z.ZodType<number> {
  const error = `must be a time of day in quotes, "${range.replace(' to ', '" to "')}"`;
  return z.string({ error }).transform((text, context) => {
    const [, hour, minute] = pattern.exec(text) ?? [];
    const time = (Number(hour) * 60 + Number(minute)) * 60_000;
    if (time <= DAY) return time;
    context.addIssue({ code: 'custom', message: error, input: text });
    return z.NEVER;
  });
}

/** A time of day that comes every day, by the clocks of a zone: "08:00", or "08:00 Europe/Berlin". */
import * as z from 'zod';
import { isTimeZone } from './feature-settings.ts';

export interface DailyTime {
  /** Ms after midnight, less than a day. */
  readonly time: number;
  /** IANA name; absent: UTC. Of a state it may be one that this runtime does not know. */
  readonly timeZone?: string | undefined;
}

/** As it is kept in states. A zone that is not known here is no fault of theirs: another runtime, with another calendar, wrote it. */
export const dailyTimeSchema: z.ZodType<DailyTime> = z.looseObject({
  time: z.number().min(0).lt(86_400_000),
  timeZone: z.string().optional(),
} satisfies { readonly [Member in keyof DailyTime]-?: z.ZodType<unknown> });

/** What `readDailyTime` takes, as a message says it. */
export const DAILY_TIME = 'a time of day such as 08:00, UTC, or 08:00 Europe/Berlin';

const PATTERN = /^([01]\d|2[0-3]):([0-5]\d)(?: +(\S+))?$/;

/** Undefined where the text is none, or its zone is not known. */
export function readDailyTime(text: string): DailyTime | undefined {
  const [, hour, minute, timeZone] = PATTERN.exec(text) ?? [];
  if (hour === undefined || minute === undefined) return undefined;
  if (timeZone !== undefined && !isTimeZone(timeZone)) return undefined;
  const time = (Number(hour) * 60 + Number(minute)) * 60_000;
  return { time, ...(timeZone !== undefined && timeZone !== 'UTC' && { timeZone }) };
}

/**
 * Schedule expressions of EventBridge Scheduler: `rate(5 minutes)` and `cron(0 6 ? * MON-FRI *)`.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
import { type CronFields, nextCronTime, parseCron } from './cron.ts';

export type Schedule =
  | { readonly kind: 'rate'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly fields: CronFields; readonly timezone: string };

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** @throws Error that names the expression and what is wrong with it */
export function parseSchedule(expression: string, timezone = 'UTC'): Schedule {
  const rate = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression);
  if (rate) {
    const [, count, unit, plural] = rate as unknown as [string, string, string, string];
    const value = Number(count);
    // As AWS has it: "1 minute", "2 minutes", and nothing else.
    if (value === 0 || (value === 1) === (plural === 's'))
      throw new Error(`${expression}: a rate is 1 ${unit}, or 2 and more ${unit}s`);
    return { kind: 'rate', everyMs: value * (UNITS[unit] ?? 0) };
  }
  const cron = /^cron\((.+)\)$/.exec(expression)?.[1];
  if (cron === undefined) throw new Error(`${expression} is neither rate(…) nor cron(…)`);
  return { kind: 'cron', fields: parseCron(cron), timezone: checkTimezone(timezone) };
}

/**
 * The first time strictly after `after` that is due; a rate counts from `since`. Epoch milliseconds; undefined where a
 * cron never comes again.
 */
export function nextTime(schedule: Schedule, after: number, since: number): number | undefined {
  if (schedule.kind === 'cron') return nextCronTime(schedule.fields, schedule.timezone, after);
  const ticks = Math.floor((after - since) / schedule.everyMs) + 1;
  return since + Math.max(1, ticks) * schedule.everyMs;
}

function checkTimezone(timezone: string): string {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: timezone }).resolvedOptions().timeZone;
  } catch {
    throw new Error(`${timezone} is not a time zone of the IANA database`);
  }
}

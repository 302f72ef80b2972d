/** When a silence holds, as a table and a program have it. */
import { type Silencing, WEEKDAYS, type WeeklyHours } from '../answers/silencing.ts';

const MINUTE = 60_000;

/** "fri, sat 22:00–06:00 Europe/Berlin, from 2026-11-27T20:00:00.000Z"; "-" where it holds from the first moment to its end. */
export function sayTimes({ every, from }: Pick<Silencing, 'every' | 'from'>): string {
  const hours = every === undefined ? [] : [sayHours(every)];
  const start = from === undefined ? [] : [`from ${new Date(from).toISOString()}`];
  return [...hours, ...start].join(', ') || '-';
}

/** As its file has them; every day is named. */
export function describeHours({
  days,
  start,
  end,
  timeZone,
}: WeeklyHours): Readonly<Record<string, unknown>> {
  return {
    days: days.map((day) => WEEKDAYS[day]),
    start: formatTimeOfDay(start),
    end: formatTimeOfDay(end),
    time_zone: timeZone,
  };
}

function sayHours({ days, start, end, timeZone }: WeeklyHours): string {
  const all = new Set(days).size === WEEKDAYS.length;
  const named = all ? 'daily' : days.map((day) => WEEKDAYS[day]!.slice(0, 3)).join(', ');
  return `${named} ${formatTimeOfDay(start)}–${formatTimeOfDay(end)} ${timeZone}`;
}

/** @param time ms after midnight, at most a day: "24:00" */
function formatTimeOfDay(time: number): string {
  const minutes = Math.round(time / MINUTE);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/** Where a row stands in the day and in the week, by the clocks of its zone. */
import type { CalendarCycle } from '../config/feature-settings.ts';
import { DAY, getZoneClock, type ZoneClock } from './zone-clock.ts';

const HOUR = 3_600_000;
/** 1970-01-01 was a Thursday; Monday is 0. */
const WEEKDAY_OF_EPOCH = 3;

/** Length of a cycle in the unit that `readCalendar` gives. */
export const CYCLE_LENGTHS: Readonly<Record<CalendarCycle, number>> = { hour_of_day: 24, day_of_week: 7 };

/**
 * `hour_of_day` from 0 up to 24, minutes as its fraction: on the day on which clocks change, the hour that is skipped
 * is not there and the one that comes twice is there twice. `day_of_week` is 0 (Monday) to 6, and changes at midnight.
 */
export function readCalendar(cycle: CalendarCycle, clock: ZoneClock, time: number): number {
  const local = time + clock.offsetAt(time);
  const day = Math.floor(local / DAY);
  if (cycle === 'hour_of_day') return (local - day * DAY) / HOUR;
  return (((day + WEEKDAY_OF_EPOCH) % 7) + 7) % 7;
}

/** The sine or cosine of each row's place in the cycle, from a full turn per cycle. */
export function takeCalendar(
  {
    cycle,
    wave,
    timeZone,
  }: { readonly cycle: CalendarCycle; readonly wave: 'sine' | 'cosine'; readonly timeZone: string },
  times: Float64Array,
): Float64Array {
  const clock = getZoneClock(timeZone);
  const turn = (2 * Math.PI) / CYCLE_LENGTHS[cycle];
  const wavy = wave === 'sine' ? Math.sin : Math.cos;
  return times.map((time) => wavy(turn * readCalendar(cycle, clock, time)));
}

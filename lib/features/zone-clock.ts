/**
 * Local time of a zone, daylight saving included, from the calendar data that the runtime carries. Intl takes
 * microseconds a call, so offsets are asked for once a day of data: a day at whose two ends the offset is the same has
 * that offset throughout, and in any other the moment of the change is searched for.
 */

export interface ZoneClock {
  /** Milliseconds that local time is ahead of UTC at an epoch time in ms. */
  offsetAt(time: number): number;
}

/** A UTC day: `before` holds up to `change`, `after` from there on. */
interface Day {
  readonly before: number;
  readonly after: number;
  readonly change: number;
}

export const DAY = 86_400_000;

/** A formatter takes milliseconds to make, and what a clock has learned stays true. */
const clocks = new Map<string, ZoneClock>();
/** Days that a clock remembers, some 50 years: past those it begins anew. */
const MOST_DAYS = 20_000;

/** @throws RangeError where the runtime does not know the zone */
export function getZoneClock(timeZone: string): ZoneClock {
  const clock = clocks.get(timeZone) ?? createZoneClock(timeZone);
  clocks.set(timeZone, clock);
  return clock;
}

/**
 * What the clocks of a zone show, as if they were in UTC.
 * @param time epoch ms
 * @param timeZone IANA name; left out: UTC, whose clocks show `time` itself
 * @throws RangeError where the runtime does not know the zone
 */
export function toLocalTime(time: number, timeZone: string | undefined): number {
  return timeZone === undefined ? time : time + getZoneClock(timeZone).offsetAt(time);
}

/** @throws RangeError where the runtime does not know the zone */
export function createZoneClock(timeZone: string): ZoneClock {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const starts = new Map<number, number>();
  const days = new Map<number, Day>();
  let lastIndex = NaN;
  let last: Day = { before: 0, after: 0, change: 0 };
  return {
    offsetAt(time) {
      const index = Math.floor(time / DAY);
      if (index !== lastIndex) {
        if (days.size >= MOST_DAYS) {
          days.clear();
          starts.clear();
        }
        last = days.get(index) ?? describeDay(index);
        days.set(index, last);
        lastIndex = index;
      }
      return time < last.change ? last.before : last.after;
    },
  };

  function describeDay(index: number): Day {
    const before = offsetAtStart(index);
    const after = offsetAtStart(index + 1);
    if (before === after) return { before, after, change: index * DAY };
    // Seconds: offsets change at whole ones.
    let [low, high] = [(index * DAY) / 1000, ((index + 1) * DAY) / 1000];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (askOffset(format, middle * 1000) === before) low = middle;
      else high = middle;
    }
    return { before, after, change: high * 1000 };
  }

  function offsetAtStart(index: number): number {
    const known = starts.get(index) ?? askOffset(format, index * DAY);
    starts.set(index, known);
    return known;
  }
}

/** @param time epoch ms, a whole second */
function askOffset(format: Intl.DateTimeFormat, time: number): number {
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return local - time;
}

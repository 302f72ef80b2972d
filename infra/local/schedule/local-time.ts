/** Wall clocks and instants, by the IANA database that Node carries. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock in `timezone` shows at `time` (epoch milliseconds). */
export function localTime(time: number, timezone: string): LocalTime {
  const parts = formatOf(timezone).formatToParts(time);
  const part = (type: string): number => Number(parts.find((found) => found.type === type)?.value);
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
  };
}

/** The first instant at which a clock in `timezone` shows `local`; undefined where it never does. */
export function utcTimeOf(local: LocalTime, timezone: string): number | undefined {
  const asUtc = toUtc(local);
  // A zone's offset now and a day around it: whichever of the two holds at `local`, the earlier instant first.
  const candidates = [-1, 1].map((days) => asUtc - offset(asUtc + days * 86_400_000, timezone));
  return candidates.sort((a, b) => a - b).find((time) => toUtc(localTime(time, timezone)) === asUtc);
}

function offset(time: number, timezone: string): number {
  return toUtc(localTime(time, timezone)) - Math.floor(time / 60_000) * 60_000;
}

function toUtc(local: LocalTime): number {
  return Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute);
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formats.set(timezone, format);
  }
  return format;
}

/** Times as calendars write them, and what they are by the clocks of a zone. */
import { DAY, type ZoneClock } from '../../features/zone-clock.ts';

/** `local` in ms as if it were UTC. */
export interface LocalTime {
  readonly local: number;
  /** A day and no time. */
  readonly isDate: boolean;
  readonly isUtc: boolean;
}

/** Ms: the time that passes, and days by the clocks. */
export interface Length {
  readonly exact: number;
  readonly nominal: number;
}

const TIME = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?$/;
const DURATION = /^\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?$/;

/** 20261122, 20261122T083000, 20261122T083000Z; undefined where the text is none. */
export function parseLocal(text: string): LocalTime | undefined {
  const [, year, month, date, hour, minute = '0', second = '0', utc] = TIME.exec(text) ?? [];
  if (year === undefined) return undefined;
  const local = new Date(0);
  local.setUTCFullYear(Number(year), Number(month) - 1, Number(date));
  if (local.getUTCDate() !== Number(date) || local.getUTCMonth() + 1 !== Number(month)) return undefined;
  if (Number(hour ?? 0) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  // A leap second is none to any clock here.
  local.setUTCHours(Number(hour ?? 0), Number(minute), Math.min(59, Number(second)));
  return { local: local.getTime(), isDate: hour === undefined, isUtc: utc !== undefined };
}

/** P1D, PT8H, P1DT30M; undefined where the text is none, or one of a negative length. */
export function parseLength(text: string): Length | undefined {
  const match = DURATION.exec(text);
  if (match === null || !/\d/.test(text)) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return {
    nominal: (weeks! * 7 + days!) * DAY,
    exact: ((hours! * 60 + minutes!) * 60 + seconds!) * 1000,
  };
}

/**
 * Epoch ms. A time that a change of clocks leaves out is taken by the clocks before it, and of one that comes twice the
 * first, as RFC 5545 says.
 */
export function toEpoch(local: number, clock: ZoneClock): number {
  const before = clock.offsetAt(local - DAY);
  const after = clock.offsetAt(local + DAY);
  if (clock.offsetAt(local - before) === before) return local - before;
  return clock.offsetAt(local - after) === after ? local - after : local - before;
}

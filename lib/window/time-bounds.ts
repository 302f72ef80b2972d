/**
 * Which times in a file can be true. A wrong clock, a wrong unit or a zero for "unknown" gives rows years
 * away. If it were trusted, one such row would move a detector's clock, and all other rows would be too old.
 */
import type { LeftOut } from './left-out.ts';

export interface TimeBounds {
  /** Epoch ms, inclusive. */
  readonly earliest: number;
  /** Epoch ms, inclusive. */
  readonly latest: number;
  /** Ms. Of groups of rows that lie further apart than this, only the one with the most rows is used. */
  readonly widestHole: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Ms after a file's arrival in which its rows may lie. Local times that are read as UTC lie up to 14 h ahead, and are
 * consistent with each other; an hour more is for clocks that are off.
 */
export const FUTURE_TOLERANCE: number = 15 * HOUR;
/** Ms. A year and a bit: no season is longer, so nothing on the far side of such a hole explains the near side. */
export const WIDEST_HOLE: number = 400 * DAY;

/**
 * Epoch ms. Zeros for "unknown", and epochs in seconds that were taken for finer units, lie in 1970; `read-times.ts` takes no number for
 * a time before this either.
 */
const EARLIEST_MEASURED = Date.UTC(1973, 2, 3);

/** @param arrival epoch ms at which the bucket took the file: nothing in it was measured much later */
export function boundsOfArrival(arrival: number, lookback: number): TimeBounds {
  return {
    earliest: EARLIEST_MEASURED,
    latest: arrival + FUTURE_TOLERANCE,
    widestHole: Math.max(WIDEST_HOLE, lookback),
  };
}

interface OutsideRows {
  /** Per row, 1 = within the bounds. */
  readonly kept: Uint8Array;
  readonly keptRows: number;
  readonly leftOut: LeftOut;
}

/**
 * @param times NaN in rows that are left out already
 * @param nameOf a row's entity, for the message
 * @returns undefined where every row is within the bounds
 */
export function findOutsideRows(
  times: Float64Array,
  bounds: TimeBounds,
  nameOf: (row: number) => string,
): OutsideRows | undefined {
  const range = usedRange(times, bounds);
  const kept = new Uint8Array(times.length);
  let keptRows = 0;
  let first = -1;
  let timeless = 0;
  for (let row = 0; row < times.length; row++) {
    if (Number.isNaN(times[row]!)) timeless++;
    else if (times[row]! >= range.from && times[row]! <= range.to) {
      kept[row] = 1;
      keptRows++;
    } else if (first === -1) first = row;
  }
  if (first === -1) return undefined;
  const count = times.length - keptRows - timeless;
  const shown = `entity ${JSON.stringify(nameOf(first).slice(0, 200))}, row ${first + 1}: ${iso(times[first]!)}`;
  return {
    kept,
    keptRows,
    leftOut: {
      code: 'time-out-of-bounds',
      count,
      message: `${count} of ${times.length} rows have a time that cannot be true, such as ${shown}, ${reasonOf(times[first]!, bounds, range)}`,
    },
  };
}

function reasonOf(
  time: number,
  { earliest, latest, widestHole }: TimeBounds,
  range: { from: number; to: number },
): string {
  if (time < earliest)
    return `before ${iso(earliest).slice(0, 10)}, as are zeros, and seconds that were taken for a finer unit`;
  if (time > latest) return `more than ${FUTURE_TOLERANCE / HOUR} h after the file arrived`;
  return `more than ${Math.round(widestHole / DAY)} days away from the rows of ${iso(range.from)} to ${iso(range.to)}`;
}

/** Both ends inclusive. */
function usedRange(
  times: Float64Array,
  { earliest, latest, widestHole }: TimeBounds,
): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time > latest || time < earliest) continue;
    if (time < from) from = time;
    if (time > to) to = time;
  }
  // Without a span there is no hole, and sorting is for the few files that may have one.
  if (!(to - from > widestHole)) return { from, to };
  return largestGroup(times, { from, to }, widestHole);
}

/** Of as many rows, the newest. */
function largestGroup(
  times: Float64Array,
  range: { readonly from: number; readonly to: number },
  widestHole: number,
): { from: number; to: number } {
  const sorted = times.filter((time) => time >= range.from && time <= range.to).sort();
  let best = { from: 0, to: -1 };
  let start = 0;
  for (let at = 1; at <= sorted.length; at++) {
    if (at < sorted.length && sorted[at]! - sorted[at - 1]! <= widestHole) continue;
    if (at - start >= best.to - best.from + 1) best = { from: start, to: at - 1 };
    start = at;
  }
  return { from: sorted[best.from]!, to: sorted[best.to]! };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

/**
 * Which times in a file can be true. A wrong clock, a wrong unit or a zero for "unknown" gives rows years
 * away. If it were trusted, one such row would move a detector's clock, and all other rows would be too old.
 */
import type { CodedStrings } from './coded-strings.ts';
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

/** Ms: a clock that is off is so by less, and rows of one file that lie apart by no more follow each other. */
const WIDEST_SKEW = HOUR;

interface OutsideRows {
  /** Per row, 1 = within the bounds. */
  readonly kept: Uint8Array;
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
    leftOut: {
      code: 'time-out-of-bounds',
      count,
      message: `${count} of ${times.length} rows have a time that cannot be true, such as ${shown}, ${reasonOf(times[first]!, bounds, range)}`,
    },
  };
}

/**
 * Rows of hours ahead, of an entity most of whose rows in the file are not, and which they do not follow as its rows follow each
 * other: local times that are read as UTC are ahead in all of them. Such a row would make all that the entity reports until then late.
 * @param times NaN in rows that are left out already
 * @returns undefined where there is none, and where nobody knows when the file arrived
 */
export function findStrayRows(
  times: Float64Array,
  { codes, values }: Pick<CodedStrings, 'codes' | 'values'>,
  { latest }: TimeBounds,
): OutsideRows | undefined {
  const near = latest - FUTURE_TOLERANCE + WIDEST_SKEW;
  const isAhead = (row: number): boolean => times[row]! > near;
  if (!times.some((_, row) => isAhead(row))) return undefined;
  const nearest = new Float64Array(values.length).fill(Number.POSITIVE_INFINITY);
  const ahead = new Int32Array(values.length);
  for (let row = 0; row < times.length; row++) {
    const [code, time] = [codes[row]!, times[row]!];
    if (Number.isNaN(time)) continue;
    ahead[code]! += isAhead(row) ? 1 : -1;
    if (isAhead(row)) nearest[code] = Math.min(nearest[code]!, time);
  }
  const isAsked = (code: number): boolean => nearest[code]! < Number.POSITIVE_INFINITY && ahead[code]! <= 0;
  const follow = findFollowing(times, codes, { isAsked, near });
  const isStray = (row: number): boolean => {
    const code = codes[row]!;
    return isAhead(row) && isAsked(code) && nearest[code]! > follow.get(code)!;
  };
  const kept = Uint8Array.from(times, (time, row) => Number(!Number.isNaN(time) && !isStray(row)));
  const stray = [...times.keys()].filter(isStray);
  const [first] = stray;
  if (first === undefined) return undefined;
  const shown = `entity ${JSON.stringify(values[codes[first]!]!.slice(0, 200))}, row ${first + 1}: ${iso(times[first]!)}`;
  return {
    kept,
    leftOut: {
      code: 'time-out-of-bounds',
      count: stray.length,
      message: `${stray.length} of ${times.length} rows lie hours ahead of the file's arrival and of the other rows of their entity, such as ${shown}`,
    },
  };
}

/** Per entity that is asked for, the last time at which a row follows its rows up to `near`: no hole before it is wider than one of theirs. */
function findFollowing(
  times: Float64Array,
  codes: Uint32Array,
  { isAsked, near }: { readonly isAsked: (code: number) => boolean; readonly near: number },
): ReadonlyMap<number, number> {
  const own = new Map<number, number[]>();
  for (let row = 0; row < times.length; row++) {
    const code = codes[row]!;
    if (!(times[row]! <= near) || !isAsked(code)) continue;
    const known = own.get(code);
    if (known) known.push(times[row]!);
    else own.set(code, [times[row]!]);
  }
  return new Map(
    Array.from(own, ([code, list]) => {
      const sorted = Float64Array.from(list).sort();
      let widest = WIDEST_SKEW;
      for (let at = 1; at < sorted.length; at++) widest = Math.max(widest, sorted[at]! - sorted[at - 1]!);
      return [code, sorted.at(-1)! + widest];
    }),
  );
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

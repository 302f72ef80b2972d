/**
 * Functions over the newest stretch of an entity's past. Each value depends on rows of the same entity at or before its
 * own, never on later ones. Rows are known by their times, so that a gap is a gap and not a shorter past.
 */
import { lowerBound, quantile } from '../maths/quantile.ts';

/** Rows of a window by entity and time. */
export interface Timeline {
  /** Rows of an entity stand together. */
  readonly entityOf: Uint32Array;
  /** Ascending within an entity, milliseconds. */
  readonly times: Float64Array;
  /** Grid distance, milliseconds. */
  readonly step: number;
}

/** Values that `jump` needs before it says anything: the quartiles of fewer are a matter of luck. */
const JUMP_HISTORY = 30;
/** IQR of a normal distribution, in standard deviations. */
const IQR_OF_NORMAL = 1.349;
/** Of the larger magnitude: the scale of a past that never moved. As the scaler has it (lib/features/robust-scaler.ts). */
const CONSTANT_SCALE = 0.01;

/** The values of the rows in (t − duration, t]; NaN where none was measured. */
export function rollingMean(values: Float64Array, timeline: Timeline, duration: number): Float64Array {
  return roll(values, timeline, duration, (past) => {
    // Summed anew: adding and taking away leaves rounding errors of values long gone.
    let sum = 0;
    for (let i = 0; i < past.count; i++) sum += past.sorted[i]!;
    return sum / past.count;
  });
}

export function rollingMedian(values: Float64Array, timeline: Timeline, duration: number): Float64Array {
  return roll(values, timeline, duration, (past) => quantileOf(past, 0.5));
}

export function rollingMin(values: Float64Array, timeline: Timeline, duration: number): Float64Array {
  return roll(values, timeline, duration, (past) => past.sorted[0]!);
}

export function rollingMax(values: Float64Array, timeline: Timeline, duration: number): Float64Array {
  return roll(values, timeline, duration, (past) => past.sorted[past.count - 1]!);
}

/** The value of the row at t − duration, or of the last one within a step before that. */
export function lagValues(
  values: Float64Array,
  { entityOf, times, step }: Timeline,
  duration: number,
): Float64Array {
  const lagged = new Float64Array(values.length).fill(Number.NaN);
  let from = 0;
  for (let row = 0; row < values.length; row++) {
    if (entityOf[row] !== entityOf[from]) from = row;
    const target = times[row]! - duration;
    while (from + 1 <= row && times[from + 1]! <= target && entityOf[from + 1] === entityOf[row]) from++;
    if (times[from]! <= target && times[from]! > target - step) lagged[row] = values[from]!;
  }
  return lagged;
}

/**
 * How much a counter rose over [t − duration, t]: the sum of the steps between neighbouring values, where a drop is a
 * restart at 0, as in Prometheus but without extrapolation. NaN with fewer than two values.
 */
export function counterIncrease(values: Float64Array, timeline: Timeline, duration: number): Float64Array {
  const { entityOf, times } = timeline;
  const result = new Float64Array(values.length).fill(Number.NaN);
  for (const [start, end] of entityRuns(entityOf)) {
    // Measured rows of the entity, and what the counter rose from the one before.
    const rows: number[] = [];
    let oldest = 0;
    for (let row = start; row < end; row++) {
      if (!Number.isNaN(values[row]!)) rows.push(row);
      while (oldest < rows.length && times[rows[oldest]!]! < times[row]! - duration) oldest++;
      if (rows.length - oldest < 2) continue;
      let total = 0;
      for (let i = oldest + 1; i < rows.length; i++) {
        const [before, now] = [values[rows[i - 1]!]!, values[rows[i]!]!];
        total += now >= before ? now - before : now;
      }
      result[row] = total;
    }
  }
  return result;
}

/**
 * Robust z of each value against the entity's own past in [t − duration, t), the value itself not among it: distance
 * from the median over IQR / 1.349. Where the middle half of the past never moved, 1 % of the larger magnitude is the
 * scale. NaN with fewer than JUMP_HISTORY values.
 */
export function robustZ(values: Float64Array, timeline: Timeline, duration: number): Float64Array {
  return rollBefore(values, timeline, duration, (past, value) => {
    if (past.count < JUMP_HISTORY || Number.isNaN(value)) return Number.NaN;
    const offset = value - quantileOf(past, 0.5);
    if (offset === 0) return 0;
    const iqr = quantileOf(past, 0.75) - quantileOf(past, 0.25);
    const size = Math.max(Math.abs(value), Math.abs(value - offset));
    return offset / (iqr > 0 ? iqr / IQR_OF_NORMAL : size * CONSTANT_SCALE);
  });
}

/** The first `count` numbers of `sorted`, ascending, are the values measured in the stretch. */
interface Past {
  sorted: Float64Array;
  count: number;
}

function quantileOf({ sorted, count }: Past, share: number): number {
  return quantile(sorted, share, count);
}

function roll(
  values: Float64Array,
  timeline: Timeline,
  duration: number,
  summarize: (past: Past) => number,
): Float64Array {
  // The row itself joins the past first, and what lies exactly a duration back has left it.
  return slide(
    values,
    timeline,
    (age) => age < duration,
    true,
    (past) => (past.count === 0 ? Number.NaN : summarize(past)),
  );
}

function rollBefore(
  values: Float64Array,
  timeline: Timeline,
  duration: number,
  summarize: (past: Past, value: number) => number,
): Float64Array {
  return slide(values, timeline, (age) => age <= duration, false, summarize);
}

/** Keeps the stretch sorted: an insertion moves memory, which for a day of minutes is cheaper than any tree. */
function slide(
  values: Float64Array,
  { entityOf, times }: Timeline,
  isKept: (age: number) => boolean,
  withRow: boolean,
  summarize: (past: Past, value: number) => number,
): Float64Array {
  const result = new Float64Array(values.length);
  const past: Past = { sorted: new Float64Array(1024), count: 0 };
  for (const [start, end] of entityRuns(entityOf)) {
    past.count = 0;
    let oldest = start;
    for (let row = start; row < end; row++) {
      while (oldest < row && !isKept(times[row]! - times[oldest]!)) remove(past, values[oldest++]!);
      if (withRow) insert(past, values[row]!);
      result[row] = summarize(past, values[row]!);
      if (!withRow) insert(past, values[row]!);
    }
  }
  return result;
}

function* entityRuns(entityOf: Uint32Array): Generator<readonly [from: number, to: number]> {
  let from = 0;
  for (let row = 1; row <= entityOf.length; row++) {
    if (row < entityOf.length && entityOf[row] === entityOf[from]) continue;
    yield [from, row];
    from = row;
  }
}

function insert(past: Past, value: number): void {
  if (Number.isNaN(value)) return;
  if (past.count === past.sorted.length) {
    const larger = new Float64Array(past.count * 2);
    larger.set(past.sorted);
    past.sorted = larger;
  }
  const place = lowerBound(past.sorted, value, past.count);
  past.sorted.copyWithin(place + 1, place, past.count);
  past.sorted[place] = value;
  past.count++;
}

function remove(past: Past, value: number): void {
  if (Number.isNaN(value)) return;
  const place = lowerBound(past.sorted, value, past.count);
  past.sorted.copyWithin(place, place + 1, past.count);
  past.count--;
}

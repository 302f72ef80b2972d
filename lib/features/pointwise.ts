/** Transforms that read one or two values of a stretch of rows. What a missing value goes into is missing. */
import { isReset } from './counters.ts';

/** sign(x) × ln(1 + |x|): orders of magnitude, for counters that now and then are a thousand times what they are. */
export function takeLog(values: Float64Array, out: Float64Array): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    out[row] = value < 0 ? -Math.log1p(-value) : Math.log1p(value);
  }
}

/** The value that `takeLog` made this of. */
export function invertLog(value: number): number {
  return Math.sign(value) * Math.expm1(Math.abs(value));
}

export function takeLag(values: Float64Array, out: Float64Array, rows: number): void {
  out.fill(NaN, 0, Math.min(rows, out.length));
  if (rows < values.length) out.set(values.subarray(0, values.length - rows), rows);
}

export function takeChange(values: Float64Array, out: Float64Array, rows: number): void {
  out.fill(NaN, 0, Math.min(rows, out.length));
  for (let row = rows; row < values.length; row++) out[row] = values[row]! - values[row - rows]!;
}

/** Missing where the earlier value is 0. */
export function takeRelativeChange(values: Float64Array, out: Float64Array, rows: number): void {
  out.fill(NaN, 0, Math.min(rows, out.length));
  for (let row = rows; row < values.length; row++) {
    const before = values[row - rows]!;
    out[row] = before === 0 ? NaN : (values[row]! - before) / before;
  }
}

/**
 * Increase a second since the row before. A counter that fell was reset to 0 in between, as Prometheus takes it.
 * @param step ms
 */
export function takeIncrease(values: Float64Array, out: Float64Array, step: number): void {
  if (out.length > 0) out[0] = NaN;
  const perSecond = 1000 / step;
  for (let row = 1; row < values.length; row++) {
    const [before, value] = [values[row - 1]!, values[row]!];
    out[row] = (value < before ? value : value - before) * perSecond;
  }
}

/**
 * Change a second since the row before, of what says how long something has been there, or since when. Missing where it
 * began again.
 * @param given.step ms
 */
export function takeUptime(
  values: Float64Array,
  out: Float64Array,
  { of, step }: { readonly of: 'age' | 'start'; readonly step: number },
): void {
  if (out.length > 0) out[0] = NaN;
  const transform = { kind: 'uptime', of, rows: 1 } as const;
  for (let row = 1; row < values.length; row++) {
    const [before, value] = [values[row - 1]!, values[row]!];
    out[row] = isReset(transform, before, value) ? NaN : ((value - before) * 1000) / step;
  }
}

/** Missing where the denominator is 0: a limit of 0 is no limit. */
export function divide(of: Float64Array, to: Float64Array, out: Float64Array): void {
  for (let row = 0; row < of.length; row++) out[row] = to[row] === 0 ? NaN : of[row]! / to[row]!;
}

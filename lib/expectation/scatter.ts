/**
 * How restless each hour of the day is: a nightly backup that never begins at the same minute moves a metric far off any
 * curve, and says nothing of how far it may be off at noon. Of an hour and its neighbours the farthest value of each day
 * counts, and of those the median over the days: what happened on one day alone makes no hour restless.
 */

import { takeMedian } from '../maths/median.ts';
import type { TimedValues } from '../maths/predict.ts';

const HOUR = 3_600_000;
export const HOURS_OF_DAY = 24;
/** Values of those three hours that say anything. */
const LEAST_VALUES = 6;
/** Days that an hour has to have: what happened on most of them is its own. */
const LEAST_DAYS = 4;
/** Below it what is left is rounding noise of scaled values. */
const LEAST_USUAL = 1e-9;
/** Multiple of the usual that some hour has to reach, or else all are alike. */
const LEAST_MULTIPLE = 2.5;

/**
 * @param rest what the season leaves of a series
 * @returns one multiple an hour, 1 or above; empty: all hours are alike, or nothing can be said
 */
export function fitScatter({ times, values }: TimedValues): Float32Array {
  const byHour = new Map<number, number[]>();
  for (let i = 0; i < times.length; i++) {
    const hour = Math.floor(times[i]! / HOUR);
    const own = byHour.get(hour);
    if (own === undefined) byHour.set(hour, [Math.abs(values[i]!)]);
    else own.push(Math.abs(values[i]!));
  }
  const days: number[][] = Array.from({ length: HOURS_OF_DAY }, () => []);
  for (const hour of byHour.keys()) {
    const near = [hour - 1, hour, hour + 1].flatMap((each) => byHour.get(each) ?? []);
    if (near.length >= LEAST_VALUES) days[modulo(hour)]!.push(Math.max(...near));
  }
  if (days.some((found) => found.length < LEAST_DAYS)) return new Float32Array();
  const far = days.map(takeMedian);
  const usual = takeMedian([...far]);
  const scatter = Float32Array.from(far, (value) => Math.max(1, value / usual));
  return usual > LEAST_USUAL && Math.max(...scatter) >= LEAST_MULTIPLE ? scatter : new Float32Array();
}

/** Multiple of the usual spread at a time. @param time ms, by the clocks that it was fitted by */
export function readScatter(scatter: Float32Array, time: number): number {
  return scatter.length === 0 ? 1 : scatter[modulo(Math.floor(time / HOUR))]!;
}

/** 0 or above for times before 1970 too. */
function modulo(hour: number): number {
  return ((hour % HOURS_OF_DAY) + HOURS_OF_DAY) % HOURS_OF_DAY;
}

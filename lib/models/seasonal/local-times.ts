/** What the clocks of a zone showed at each row. */
import { getZoneClock } from '../../features/zone-clock.ts';

/** Monday: 1970-01-01 was a Thursday, and weeks begin where a multiple of seven days lies. */
const MONDAY = 4 * 86_400_000;

/** All columns of an entity share their times, and are looked at one after another. */
const known = new WeakMap<Float64Array, Map<string, Float64Array>>();

/** Ms of local time since a Monday's midnight: the remainder by a day or a week is the place in it. */
export function readLocalTimes(times: Float64Array, timeZone: string): Float64Array {
  const zones = known.get(times) ?? new Map<string, Float64Array>();
  known.set(times, zones);
  let local = zones.get(timeZone);
  if (local === undefined) {
    const clock = getZoneClock(timeZone);
    local = times.map((time) => time + clock.offsetAt(time) - MONDAY);
    zones.set(timeZone, local);
  }
  return local;
}

/** What the clocks of a zone showed at each row. */
import { getZoneClock } from '../../../features/zone-clock.ts';
import { cacheLast } from '../../framework/univariate/cache-last.ts';

/** Monday: 1970-01-01 was a Thursday, and weeks begin where a multiple of seven days lies. */
const MONDAY = 4 * 86_400_000;

const remember = cacheLast<Float64Array>();

/** Ms of local time since a Monday's midnight: the remainder by a day or a week is the place in it. */
export function readLocalTimes(times: Float64Array, timeZone: string): Float64Array {
  return remember(times, timeZone, () => {
    const clock = getZoneClock(timeZone);
    return times.map((time) => time + clock.offsetAt(time) - MONDAY);
  });
}

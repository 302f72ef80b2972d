import { ModelError } from '../../../base/errors.ts';
import { getZoneClock } from '../../../features/zone-clock.ts';
import type { GivenParams } from '../param-values.ts';

/** Parameter `timeZone`, UTC by default. @throws ModelError where the runtime does not know the zone */
export function readTimeZone({ kind, given }: GivenParams): string {
  const { timeZone = 'UTC' } = given;
  try {
    if (typeof timeZone !== 'string') throw new RangeError('not a text');
    getZoneClock(timeZone);
    return timeZone;
  } catch (error) {
    throw new ModelError(
      'bad-param',
      `${kind} timeZone is ${JSON.stringify(timeZone)}, which is no IANA time zone; write one such as Europe/Berlin`,
      { cause: error },
    );
  }
}

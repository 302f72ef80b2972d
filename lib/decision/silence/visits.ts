/** When what comes at regular times, as a nightly job does, was there last, and when it should have come again. */
import type { OpenSilence, TrackedUnit } from './contract.ts';
import { isPause } from './find-pause.ts';

/**
 * The first row (epoch ms) of the visit that a row at `time` belongs to; undefined where nobody saw it begin, or it does not
 * come and go.
 * @param pause the longest gap between two visits, in rows
 */
export function beginOfVisit(
  pause: number | undefined,
  tracked: TrackedUnit | undefined,
  time: number,
): number | undefined {
  if (pause === undefined) return undefined;
  return tracked === undefined || isPause(tracked.missed, pause) ? time : tracked.since;
}

/** Nothing where the newest visit was not seen: what training heard last is not known. @param step ms */
export function describeVisit(
  pause: number | undefined,
  { since, heard }: TrackedUnit,
  step: number,
): Pick<OpenSilence, 'due' | 'visit'> {
  if (pause === undefined || since === undefined) return {};
  return { due: heard + (pause + 1) * step, visit: { from: since, to: heard + step } };
}

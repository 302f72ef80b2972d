/**
 * The budget of new incidents that people are told of within 24 hours, for the whole topic. It is never exceeded, so a day of
 * mild incidents must not use it up before a severe one comes: each severity may fill it only up to a limit of its own, and
 * what lies above that is reserved for severities above. (Booking limits of airlines and trunk reservation of telephone
 * networks are the same rule.)
 */
import { SEVERITIES, type Severity } from '../config/severity.ts';
import { DAY } from '../features/zone-clock.ts';
import type { IncidentsState } from './contract.ts';

type Openings = IncidentsState['openings'];

/**
 * Numerator and denominator of the share of the budget up to which a severity may fill it. Of the default of 10, `info` leaves
 * half: it is what people can best wait for. `warning` is the default of a detector, and nearly all that most deployments have; it leaves
 * two places.
 */
const SHARES: Readonly<Record<Severity, readonly [number, number]>> = {
  info: [1, 2],
  warning: [4, 5],
  critical: [1, 1],
};

/**
 * How many new incidents of any severity may have been told of, at most, once one of this severity is: 5, 8 and 10 of 10. At least one, where
 * the budget has any: with a budget of 1 nothing is reserved, and with 2 one place is, for `critical`.
 */
export function limitOf(severity: Severity, incidentsADay: number): number {
  const [share, of] = SHARES[severity];
  return Math.min(incidentsADay, Math.max(1, Math.floor((incidentsADay * share) / of)));
}

/** @param openings of the last 24 hours */
export function hasRoomFor(severity: Severity, openings: Openings, incidentsADay: number): boolean {
  return countUsed(severity, openings, incidentsADay) < limitOf(severity, incidentsADay);
}

/** Epoch ms at which enough openings are older than a day for one of this severity to be told of; Infinity: never. */
export function nextRoomFor(severity: Severity, openings: Openings, incidentsADay: number): number {
  for (const [at, opening] of openings.entries())
    if (hasRoomFor(severity, openings.slice(at + 1), incidentsADay)) return opening.at + DAY;
  return Infinity;
}

/**
 * Milder ones count at most up to their own limit. By this rule there are never more of them; the rule before it, or a larger budget
 * before it was lowered, told of more, and those must not keep a severe one back.
 */
function countUsed(severity: Severity, openings: Openings, incidentsADay: number): number {
  let used = 0;
  for (const each of SEVERITIES) {
    used += openings.filter((opening) => opening.severity === each).length;
    if (SEVERITIES.indexOf(each) < SEVERITIES.indexOf(severity))
      used = Math.min(used, limitOf(each, incidentsADay));
  }
  return used;
}

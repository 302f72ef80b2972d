/** One message a day of what the budget held back. */
import { toEpoch } from '../answers/calendar/local-time.ts';
import { formatCompactTime } from '../base/compact-time.ts';
import type { DailyTime } from '../config/daily-time.ts';
import { isTimeZone } from '../config/feature-settings.ts';
import { SEVERITIES } from '../config/severity.ts';
import { DAY, getZoneClock } from '../features/zone-clock.ts';
import type { Incident, Notification } from './contract.ts';
import { rankMembers } from './rank-members.ts';

/** @param held at least one. @param due epoch ms */
export function makeDigest(held: readonly Incident[], due: number): Notification {
  const digested = rankIncidents(held);
  return {
    state: 'digest',
    incidentId: digestId(due),
    sequence: 1,
    severity: digested[0]!.severity,
    members: digested.map(({ members }) => rankMembers(members)[0]!),
    digested,
  };
}

/** Unlike any incident's, whose id begins with a time. @param due epoch ms */
export function digestId(due: number): string {
  return `digest-${formatCompactTime(due)}`;
}

/** Most important first: loud, then wide, then surprising. */
export function rankIncidents(incidents: readonly Incident[]): readonly Incident[] {
  const loudness = ({ severity }: Incident): number => SEVERITIES.indexOf(severity);
  const peak = ({ members }: Incident): number =>
    members.reduce((most, { level = 0 }) => Math.max(most, level), 0);
  return incidents.toSorted(
    (a, b) => loudness(b) - loudness(a) || b.members.length - a.members.length || peak(b) - peak(a),
  );
}

/** Epoch ms, later than `now`. In a zone that the runtime does not know it is that time in UTC: `unknownZone` tells of which. */
export function nextDigest(now: number, daily: DailyTime): number {
  const { time, timeZone = 'UTC' } = daily;
  const clock = getZoneClock(unknownZone(daily) === undefined ? timeZone : 'UTC');
  const today = Math.floor((now + clock.offsetAt(now)) / DAY) * DAY;
  // The days beside it: a change of clocks may move a time over midnight.
  return Math.min(
    ...[-1, 0, 1, 2].map((day) => toEpoch(today + day * DAY + time, clock)).filter((at) => at > now),
  );
}

/**
 * Epoch ms, at least `now`: that of the newest digest which told of one of them, where this clock is behind the one by which it went
 * out. A digest that is sent takes in nothing more, and a second one of its id would be taken as sent.
 */
export function passDigests(incidents: readonly Incident[], now: number): number {
  let newest = now;
  for (const { digestId: id } of incidents)
    if (id !== undefined) newest = Math.max(newest, timeOfDigest(id) ?? now);
  return newest;
}

/** Epoch ms; undefined of what is none of `digestId`. */
function timeOfDigest(id: string): number | undefined {
  const [, date, hour, minute, second] = /^digest-(\d{8})T(\d\d)(\d\d)(\d\d)Z$/.exec(id) ?? [];
  if (date === undefined) return undefined;
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  return Date.parse(`${day}T${hour}:${minute}:${second}Z`);
}

/** The zone by whose clocks it should be, where the runtime does not know that; else undefined. */
export function unknownZone({ timeZone }: DailyTime): string | undefined {
  return timeZone === undefined || isTimeZone(timeZone) ? undefined : timeZone;
}

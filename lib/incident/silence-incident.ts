import { matchesAll } from '../answers/matcher.ts';
import type { Silencing } from '../answers/silencing.ts';
import type { Incident } from './contract.ts';
import { isOpen } from './severity.ts';

/**
 * The silence of the first of the incident's open anomalies (of all of them, once none is open), where each of them has
 * one: an incident of which a part is nobody's wish to sleep through is told whole.
 * @param active those that hold at this time
 */
export function findSilence(incident: Incident, active: readonly Silencing[]): string | undefined {
  const { members, severity } = incident;
  const open = members.filter(isOpen);
  let first: string | undefined;
  for (const { detector, entity, workload, metric = '' } of open.length > 0 ? open : members) {
    const subject = { detector, entity, workload, metric, severity };
    const silencing = active.find(({ matchers }) => matchesAll(matchers, subject));
    if (silencing === undefined) return undefined;
    first ??= silencing.name;
  }
  return first;
}

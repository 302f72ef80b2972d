/**
 * Members of an incident, the probable culprit first. A fault shows first where it began, and later in what depends on
 * that. So the earliest onset leads. A service leads those that depend on it, even if it was noticed a little later: how
 * soon a fault shows depends on how unsteady the service is by itself. Of equal times the most surprising leads.
 */
import type { Member } from './contract.ts';
import { dependsOn } from './relation.ts';
import { isOpen, wasStart } from './severity.ts';

/** Ms by which what others depend on may be noticed after them and still lead. */
const NOTICED_LATER = 5 * 60_000;

export function rankMembers(members: readonly Member[]): readonly Member[] {
  const onsets = new Map<Member, number>();
  const onsetOf = (member: Member): number => onsets.get(member) ?? member.start;
  const isDeclared = members.some((member) => member.dependsOn.length > 0);
  // Each round carries an onset one dependency further up; more rounds than members only where they lean on each other.
  for (let round = 0; isDeclared && round < members.length; round++) {
    let changed = false;
    for (const upstream of members)
      for (const downstream of members) {
        if (upstream === downstream || !dependsOn(downstream, upstream) || dependsOn(upstream, downstream))
          continue;
        // A little before what leans on it, so that ties go up.
        const led = onsetOf(downstream) - 1;
        if (upstream.start <= downstream.start + NOTICED_LATER && onsetOf(upstream) > led) {
          onsets.set(upstream, led);
          changed = true;
        }
      }
    if (!changed) break;
  }
  return members.toSorted(
    (a, b) =>
      // What was not there has caused nothing, and neither has what has merely started.
      Number(a.state === 'retracted') - Number(b.state === 'retracted') ||
      Number(wasStart(a)) - Number(wasStart(b)) ||
      onsetOf(a) - onsetOf(b) ||
      (b.level ?? 0) - (a.level ?? 0) ||
      (a.anomalyId < b.anomalyId ? -1 : Number(a.anomalyId > b.anomalyId)),
  );
}

/** Those that are open first: who hears of them hours after the others are over has to look there. @param ranked as `rankMembers` has them */
export function putOpenFirst(ranked: readonly Member[]): readonly Member[] {
  return ranked.toSorted((a, b) => Number(isOpen(b)) - Number(isOpen(a)));
}

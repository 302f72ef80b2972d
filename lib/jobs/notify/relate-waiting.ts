/**
 * Looks for what moved with an incident in other detectors while its first message waits for `groupWait`, so that this has it. It
 * comes after everything else of the run, which has asked to be woken by then: it delays no message of its incident. What is not
 * found in its time is found by the page, for the next message.
 */
import { describeMember } from '../../alert/build-incident-alert.ts';
import type { Incident } from '../../incident/contract.ts';
import { rankMembers } from '../../incident/rank-members.ts';
import type { NotifyState } from '../../store/notify-state.ts';
import type { NotifyContext } from '../shared/context.ts';
import { ALERT_KEYS } from './alert-keys.ts';
import type { FoundRelated } from './incident-page/relate-members.ts';
import { withinTime } from './within-time.ts';

/** Ms of a run for all of its incidents: two runs at once are all that there are, and others wait for them. */
const MOST_TIME = 3_000;
/** Ms of the run that have to be left, as for a page. */
const MIN_RUN_LEFT = 20_000;
/** Of an incident, those first that are most likely the cause, as the page draws them. */
const MOST_MEMBERS = 6;

/** @param changed incidents that this run has taken something over for */
export async function relateWaiting(
  { store, telemetry, now, deadline }: NotifyContext,
  { alerts }: NotifyState,
  changed: readonly Incident[],
): Promise<readonly FoundRelated[]> {
  const found: FoundRelated[] = [];
  const begin = now();
  for (const { id: incidentId, members: joined, status, silencedBy } of changed) {
    const left = MOST_TIME - (now() - begin);
    if (left <= 0 || deadline.remaining() < MIN_RUN_LEFT) break;
    const members = rankMembers(joined).slice(0, MOST_MEMBERS);
    const detectors = new Set(members.map(({ detector }) => detector));
    // Who is silent moves with nobody.
    const isSilence = alerts[members[0]!.anomalyId]!.silence !== undefined;
    if (status !== 'waiting' || silencedBy !== undefined || detectors.size === 1 || isSilence) continue;
    const known = members.map((member) => {
      const alert = alerts[member.anomalyId]!;
      const { window } = alert.objects;
      return { member: describeMember(member, alert, ALERT_KEYS), alert, windows: [window] };
    });
    try {
      const { readRelated } = await import('./incident-page/relate-members.ts');
      const step = Math.max(...members.map((member) => member.step));
      found.push(await withinTime(left, readRelated(store, known, step)));
    } catch (error) {
      const { detector } = members[0]!;
      telemetry.warn('what moved with an incident in other detectors is not in its first message', {
        detector,
        incidentId,
        reason: String(error),
      });
    }
  }
  return found;
}

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
import { MOST_PLOTTED } from './incident-page/plot-range.ts';
import type { FoundRelated } from './incident-page/relate-members.ts';
import { withinTime } from './within-time.ts';
import { MIN_RUN_LEFT } from './write-pages.ts';

/** Ms of a run for all of its incidents: two runs at once are all that there are, and others wait for them. */
const MOST_TIME = 3_000;

/** @param changed incidents that this run has taken something over for */
export async function relateWaiting(
  { store, telemetry, now, deadline }: NotifyContext,
  { anomalies }: NotifyState,
  changed: readonly Incident[],
): Promise<readonly FoundRelated[]> {
  const found: FoundRelated[] = [];
  const begin = now();
  for (const { id: incidentId, members: joined, status, silencedBy } of changed) {
    const left = MOST_TIME - (now() - begin);
    if (left <= 0 || deadline.remaining() < MIN_RUN_LEFT) break;
    if (status !== 'waiting' || silencedBy !== undefined) continue;
    const members = rankMembers(joined).slice(0, MOST_PLOTTED);
    const { detector } = members[0]!;
    if (members.every((member) => member.detector === detector)) continue;
    try {
      const known = members.map((member) => {
        const anomaly = anomalies[member.anomalyId]!;
        const { window } = anomaly.objects;
        return { member: describeMember(member, anomaly, ALERT_KEYS), anomaly, windows: [window] };
      });
      // Who is silent moves with nobody.
      if (known[0]!.anomaly.silence !== undefined) continue;
      const { readRelated } = await import('./incident-page/relate-members.ts');
      const step = Math.max(...members.map((member) => member.step));
      found.push(await withinTime(left, readRelated(store, known, step)));
    } catch (error) {
      telemetry.warn('what moved with an incident in other detectors is not in its first message', {
        detector,
        incidentId,
        reason: String(error),
      });
    }
  }
  return found;
}

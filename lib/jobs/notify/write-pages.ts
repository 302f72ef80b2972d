/**
 * Writes the pages of incidents that changed, after all messages that could be sent: a message never waits for a page. A
 * failure is logged and counted. A run gives pages a limited time; a page that is put off is written when its incident
 * changes next, or by a sweep that finds it old.
 */
import type { NotifyState } from '../../store/notify-state.ts';
import type { NotifyContext } from '../shared/context.ts';
import type { FoundRelated } from './incident-page/relate-members.ts';
import { withinTime } from './within-time.ts';

/** Ms that a run spends on pages, and on one: others wait for the queue that it came from. */
const MOST_TIME = 10_000;
/** Ms of the run that have to be left for one, or for what only reads what it would, to be begun: what it may take, and as much again for what comes after. */
export const MIN_RUN_LEFT = 20_000;
const USUAL_STEP = 60_000;

/**
 * @param incidentIds whose objects changed, or of which people were told; those that are told of alone have pages
 * @returns what the pages found that moved with each incident's probable culprit
 */
export async function writePages(
  { store, telemetry, now, deadline, renderPage }: NotifyContext,
  state: NotifyState,
  incidentIds: Iterable<string>,
): Promise<readonly FoundRelated[]> {
  const found: FoundRelated[] = [];
  const waiting = [...new Set(incidentIds)].filter((id) => isTold(state, id));
  if (waiting.length === 0) return found;
  const begin = now();
  for (const [at, incidentId] of waiting.entries()) {
    const members = state.incidents.incidents.find(({ id }) => id === incidentId)?.members ?? [];
    const detector = members[0]?.detector ?? 'none';
    if (deadline.remaining() < MIN_RUN_LEFT || now() - begin > MOST_TIME) {
      const putOff = waiting.length - at;
      telemetry.warn('pages of incidents put off', { pages: putOff, incidentId });
      telemetry.count('IncidentPagesPutOff', putOff, { detector });
      return found;
    }
    try {
      // Loaded when needed: a plotting library is nothing that a message should wait for.
      const { writeIncidentPage } = await import('./incident-page/write-page.ts');
      const render =
        renderPage ?? (await import('../../report/incident/incident-page.ts')).renderIncidentPage;
      const step = members.reduce((most, member) => Math.max(most, member.step), 0) || USUAL_STEP;
      const work = writeIncidentPage(store, { incidentId, step, now: now(), render });
      const related = await withinTime(MOST_TIME, work);
      if (related !== undefined) found.push(related);
    } catch (error) {
      telemetry.error('page of an incident failed', { detector, incidentId, error: String(error) });
      telemetry.count('IncidentPagesFailed', 1, { detector });
    }
  }
  return found;
}

/** A digest is of no incident, and has an object of its own. */
function isTold(state: NotifyState, incidentId: string): boolean {
  return state.incidents.incidents.some(({ id, sequence }) => id === incidentId && sequence > 0);
}

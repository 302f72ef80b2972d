/**
 * Draws pages anew while nothing is told: of an incident that goes on, where there is newer data, and of one that is over, until its
 * page has what came after it. What is due is told by the page's own age, so that nothing is kept for it, and a page that was put
 * off or failed is due again.
 */
import { NotFoundError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import type { Incident, Member } from '../../incident/contract.ts';
import { isOpen } from '../../incident/severity.ts';
import { incidentPageKey, unitOfWindowKey } from '../../store/keys.ts';
import type { NotifyState } from '../../store/notify-state.ts';
import type { NotifyContext } from '../shared/context.ts';
import { lengthAfter } from './incident-page/plot-range.ts';
import { writePages } from './write-pages.ts';

/** Pages that a sweep asks the age of, those of the newest incidents first, and pages that it draws, the latest ones first. */
const MOST_ASKED = 100;
const MOST_DRAWN = 5;
const CONCURRENCY = 8;
/** Ms between pages of an open incident: a share of its age. Each sweep finds those at the least due. */
const BETWEEN = { least: 5 * 60_000, most: 6 * 3_600_000, share: 1 / 8 } as const;
/** Ms between pages of one that is over. */
const HOUR = 3_600_000;

/** @param written when the states of those units of work were written last that are new since the sweep before, epoch ms */
export async function redrawPages(
  context: NotifyContext,
  state: NotifyState,
  written: ReadonlyMap<string, number>,
): Promise<void> {
  if (context.withoutPages === true) return;
  const now = context.now();
  const due: { readonly id: string; readonly lateness: number }[] = [];
  const asked = state.incidents.incidents
    .map((incident) => ({ incident, newest: findNewest(state, incident, written) }))
    .filter(({ incident, newest }) => newest > -Infinity && mayBeDue(incident, now))
    .slice(-MOST_ASKED);
  await forEachConcurrently(asked, CONCURRENCY, async ({ incident, newest }) => {
    const drawn = await findDrawn(context, incident);
    if (drawn === undefined || newest < drawn) return;
    const lateness = measureLateness(incident, drawn, now);
    if (lateness >= 1) due.push({ id: incident.id, lateness });
  });
  due.sort((a, b) => b.lateness - a.lateness);
  // What is found to move with it goes into no message: with the next one it is looked for again.
  await writePages(
    context,
    state,
    due.slice(0, MOST_DRAWN).map(({ id }) => id),
  );
}

/** Epoch ms of what is newest about its detectors: of data that is missing, the clock's; -Infinity: nothing is. */
function findNewest(
  { anomalies }: NotifyState,
  { members }: Incident,
  written: ReadonlyMap<string, number>,
): number {
  const times = members.map((member) => {
    const anomaly = anomalies[member.anomalyId];
    if (anomaly?.silence !== undefined && isOpen(member)) return Infinity;
    return written.get((anomaly && unitOfWindowKey(anomaly.objects.window)) ?? member.detector) ?? -Infinity;
  });
  return Math.max(...times);
}

/** Whether a page of any age would be. */
function mayBeDue({ sequence, status, overSince }: Incident, now: number): boolean {
  if (sequence === 0) return false;
  return overSince === undefined ? status !== 'closed' : now - overSince >= HOUR;
}

/** Epoch ms; -Infinity: there is none. Undefined where it cannot be known. */
async function findDrawn(
  { store, telemetry }: NotifyContext,
  { id: incidentId }: Incident,
): Promise<number | undefined> {
  try {
    return (await store.head(incidentPageKey(incidentId))).lastModified;
  } catch (error) {
    if (error instanceof NotFoundError) return -Infinity;
    telemetry.warn('the age of a page is not known: it is not drawn anew', {
      incidentId,
      reason: String(error),
    });
    return undefined;
  }
}

/** 1: it is due; more: so many times as long has passed. @param drawn epoch ms of its page */
function measureLateness({ members, firstSeen, overSince }: Incident, drawn: number, now: number): number {
  if (overSince === undefined) {
    const between = Math.min(BETWEEN.most, Math.max(BETWEEN.least, (now - firstSeen) * BETWEEN.share));
    return (now - drawn) / between;
  }
  if (drawn >= overSince + lengthAfter(lengthOf(members), stepOf(members))) return 0;
  // By the hour since its end, whenever the page before was drawn: the last one comes before it is forgotten.
  const hoursSince = (time: number): number => Math.floor((time - overSince) / HOUR);
  return hoursSince(now) - Math.max(0, hoursSince(drawn));
}

function lengthOf(members: readonly Member[]): number {
  const ends = members.map(({ end, lastAnomalous }) => end ?? lastAnomalous);
  return Math.max(...ends) - Math.min(...members.map(({ start }) => start));
}

function stepOf(members: readonly Member[]): number {
  return Math.max(...members.map(({ step }) => step));
}

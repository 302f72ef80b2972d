/**
 * Draws pages anew while nothing is told: of an incident that goes on, where there is newer data, and of one that is over, until its
 * page has what came after it. What is due is told by the page's own age, so that nothing is kept for it, and a page that was put
 * off or failed is due again.
 */
import { NotFoundError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import { hashText } from '../../config/work-unit.ts';
import type { Incident, Member } from '../../incident/contract.ts';
import { isOpen } from '../../incident/severity.ts';
import { incidentPageKey, unitOfWindowKey } from '../../store/keys.ts';
import type { NotifyState } from '../../store/notify-state.ts';
import type { NotifyContext } from '../shared/context.ts';
import { lengthAfter } from './incident-page/plot-range.ts';
import { writePages } from './write-pages.ts';

/** Pages that a sweep asks the age of, mainly those of the newest incidents, and pages that it draws, mainly the latest ones. */
const MOST_ASKED = 100;
const MOST_DRAWN = 5;
/** Share of these that the lot decides on: a page that can never be drawn is the latest of all for as long as its incident lasts. */
const BY_LOT = 2 / 5;
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
  const mayBe = state.incidents.incidents
    .map((incident) => ({ id: incident.id, incident, newest: findNewest(state, incident, written) }))
    .filter(({ incident, newest }) => newest > -Infinity && mayBeDue(incident, now))
    .reverse();
  const asked = choose(mayBe, { most: MOST_ASKED, now });
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
    choose(due, { most: MOST_DRAWN, now }).map(({ id }) => id),
  );
}

/**
 * Those that the lot falls on, and then those at the front of all. Each sweep casts it anew, by its time, so that each has its turn whichever
 * others stay at the front; a fixed order of turns would need to be remembered. It comes first: what is at the front may use up the time.
 * @param ordered the foremost first
 */
function choose<T extends { readonly id: string }>(
  ordered: readonly T[],
  { most, now }: { readonly most: number; readonly now: number },
): readonly T[] {
  const lots = new Map(ordered.map((each) => [each, hashText(`${now} ${each.id}`)]));
  const drawn = ordered.toSorted((a, b) => lots.get(a)! - lots.get(b)!).slice(0, most * BY_LOT);
  return [...new Set([...drawn, ...ordered])].slice(0, most);
}

/** Epoch ms of what is newest about its detectors: of data that is missing, the clock's; -Infinity: nothing is. */
function findNewest(
  { anomalies }: NotifyState,
  { members }: Incident,
  written: ReadonlyMap<string, number>,
): number {
  // A loop here and below: spread arguments have a limit, and an incident may have more members.
  let newest = -Infinity;
  for (const member of members) {
    const anomaly = anomalies[member.anomalyId];
    if (anomaly?.silence !== undefined && isOpen(member)) return Infinity;
    const unit = (anomaly && unitOfWindowKey(anomaly.objects.window)) ?? member.detector;
    newest = Math.max(newest, written.get(unit) ?? -Infinity);
  }
  return newest;
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
  let [first, last] = [Infinity, -Infinity];
  for (const { start, end, lastAnomalous } of members) {
    first = Math.min(first, start);
    last = Math.max(last, end ?? lastAnomalous);
  }
  return last - first;
}

function stepOf(members: readonly Member[]): number {
  return members.reduce((most, { step }) => Math.max(most, step), 0);
}

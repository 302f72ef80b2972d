/** Incidents of the past that were about the same: the same probable culprit, its workload, or its leading metric. */

import { findLeadingReason } from '../../../alert/summarize.ts';
import { ArtifactError, NotFoundError, ObjectTooLargeError } from '../../../base/errors.ts';
import { forEachConcurrently } from '../../../base/limit-concurrency.ts';
import type { SimilarIncident } from '../../../report/incident/incident-input.ts';
import { decodeJson } from '../../../store/json.ts';
import { INCIDENTS_PREFIX, incidentOfKey } from '../../../store/keys.ts';
import type { ObjectStore } from '../../../store/object-store.ts';
import { type IncidentObject, incidentSchema } from '../record-incident.ts';

export const SIMILAR_DAYS = 60;
const DAY = 86_400_000;
/** Incidents that are looked at, the newest ones before this one, and those that are told of. */
const MOST_READ = 60;
const MOST_TOLD = 5;
/** Bytes: an incident of more than about a thousand members. */
const LARGEST = 2 ** 20;
const READS_AT_ONCE = 8;

/** In this order. */
const ALIKE = ['same entity', 'same workload', 'same metric'] as const;

export interface PastIncidents {
  readonly similar: readonly SimilarIncident[];
  /** Ids of those of the probable culprit's detector, alike or not. */
  readonly ofDetector: readonly string[];
  /** So many were looked at, and there are older ones; undefined: all of those days. */
  readonly newest: number | undefined;
}

/** @param incident whose newest message says when it began */
export async function findSimilar(store: ObjectStore, incident: IncidentObject): Promise<PastIncidents> {
  const culprit = incident.members[0];
  const start = Date.parse(incident.changes.at(-1)!.alert.start);
  const before = await listBefore(store, incident.incidentId, start);
  const similar: (SimilarIncident & { readonly rank: number })[] = [];
  const ofDetector: string[] = [];
  await forEachConcurrently(before.slice(-MOST_READ), READS_AT_ONCE, async (key) => {
    const other = await tryReadIncident(store, key);
    if (other === undefined) return;
    const incidentId = incidentOfKey(key)!;
    if (other.members.some(({ detector }) => detector === culprit?.detector)) ofDetector.push(incidentId);
    const rank = rankOf(incident, other);
    if (rank < 0) return;
    const { state, severity, summary, start: from, end } = other.changes.at(-1)!.alert;
    similar.push({ incidentId, state, severity, summary, start: from, end, shared: ALIKE[rank]!, rank });
  });
  const alike = similar
    .sort((a, b) => a.rank - b.rank || (a.start < b.start ? 1 : -1))
    .slice(0, MOST_TOLD)
    .map(({ rank: _, ...each }) => each);
  return { similar: alike, ofDetector, newest: before.length > MOST_READ ? MOST_READ : undefined };
}

/** Keys of incidents' objects, oldest first. Ids begin with the time of a row, so that months can be listed by themselves. */
async function listBefore(store: ObjectStore, incidentId: string, start: number): Promise<readonly string[]> {
  const from = monthOf(start - SIMILAR_DAYS * DAY);
  const keys: string[] = [];
  // Its first row may be of the month before that of its id; a digest's id begins with no time.
  const last = /^\d{8}T/.test(incidentId) ? incidentId.slice(0, from.length) : monthOf(start);
  for (let month = from; month <= last; month = nextMonth(month))
    for await (const { key } of store.list(`${INCIDENTS_PREFIX}${month}`)) {
      const id = incidentOfKey(key);
      if (id !== undefined && id < incidentId && id >= compactDay(start - SIMILAR_DAYS * DAY)) keys.push(key);
    }
  return keys;
}

/** -1: nothing is alike. */
function rankOf(incident: IncidentObject, other: IncidentObject): number {
  const [culprit, theirs] = [incident.members[0], other.members[0]];
  const alert = other.changes.at(-1)?.alert;
  if (culprit === undefined || theirs === undefined || alert === undefined) return -1;
  if (culprit.detector === theirs.detector) {
    if (culprit.entity === theirs.entity) return 0;
    if (culprit.workload === theirs.workload) return 1;
  }
  const metric = findLeadingReason(incident.changes.at(-1)!.alert.reasons)?.metric;
  return metric !== undefined && findLeadingReason(alert.reasons)?.metric === metric ? 2 : -1;
}

/** Undefined where it is gone, too large, or none of this format. */
async function tryReadIncident(store: ObjectStore, key: string): Promise<IncidentObject | undefined> {
  try {
    return decodeJson(key, (await store.get(key, { maxBytes: LARGEST })).body, incidentSchema);
  } catch (error) {
    if (
      error instanceof ArtifactError ||
      error instanceof NotFoundError ||
      error instanceof ObjectTooLargeError
    )
      return undefined;
    throw error;
  }
}

/** "20261122". */
function compactDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10).replaceAll('-', '');
}

/** "202611". */
function monthOf(time: number): string {
  return compactDay(time).slice(0, 6);
}

function nextMonth(month: string): string {
  return monthOf(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(4)), 1));
}

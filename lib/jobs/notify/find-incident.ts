/** The incident that an anomaly is part of. */
import { ArtifactError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import { INCIDENTS_PREFIX, incidentOfKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { readIncident } from './read-incidents.ts';

/**
 * Incidents that are looked through: the newest of those before it, by their ids. Few anomalies are of an incident with a later id: what joins
 * late, and what joins an anomaly that began before it though its id, which is of its first anomalous row, is later.
 */
const MOST_READ = { before: 200, after: 20 } as const;
const READS_AT_ONCE = 8;

/** Undefined where none of the incidents around it has the anomaly. */
export async function findIncidentOf(store: ObjectStore, anomalyId: string): Promise<string | undefined> {
  const ids: string[] = [];
  for await (const { key } of store.list(INCIDENTS_PREFIX)) {
    const id = incidentOfKey(key);
    if (id !== undefined) ids.push(id);
  }
  ids.sort();
  // Ids begin with a time, and an incident's is that of the anomaly which came first.
  const later = ids.findIndex((id) => id > anomalyId);
  const at = later < 0 ? ids.length : later;
  const near = ids.slice(Math.max(0, at - MOST_READ.before), at + MOST_READ.after);
  const found: string[] = [];
  await forEachConcurrently(near, READS_AT_ONCE, async (id) => {
    try {
      const incident = await readIncident(store, id);
      const isDigest = incident?.state === 'digest';
      if (!isDigest && incident?.members.some((member) => member.anomalyId === anomalyId)) found.push(id);
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
    }
  });
  return found.sort().at(-1);
}

/** The incident that an anomaly is part of. */
import { ArtifactError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import { INCIDENTS_PREFIX, incidentOfKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { readIncident } from './read-incidents.ts';

/** Incidents that are looked through: those that began before it, the newest first. What joins later is rare. */
const MOST_READ = 200;
const READS_AT_ONCE = 8;

/** Undefined where none of the incidents before it has the anomaly. */
export async function findIncidentOf(store: ObjectStore, anomalyId: string): Promise<string | undefined> {
  const ids: string[] = [];
  for await (const { key } of store.list(INCIDENTS_PREFIX)) {
    const id = incidentOfKey(key);
    // Ids begin with a time, and an incident's is that of its first anomaly.
    if (id !== undefined && id <= anomalyId) ids.push(id);
  }
  const found: string[] = [];
  await forEachConcurrently(ids.sort().slice(-MOST_READ), READS_AT_ONCE, async (id) => {
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

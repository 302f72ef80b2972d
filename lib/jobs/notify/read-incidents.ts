/** Incidents as they stand in the bucket, for whoever looks at them. */
import { ArtifactError, NotFoundError } from '../../base/errors.ts';
import { decodeJson } from '../../store/json.ts';
import { INCIDENTS_PREFIX, incidentKey, incidentOfKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { StoreContext } from '../shared/context.ts';
import { type IncidentObject, incidentSchema } from './record-incident.ts';

/** Newest first, by id, but for those that became part of another. One that cannot be read is warned of and left out. */
export async function* listIncidents(context: StoreContext): AsyncIterable<IncidentObject> {
  const ids: string[] = [];
  for await (const { key } of context.store.list(INCIDENTS_PREFIX)) {
    const id = incidentOfKey(key);
    if (id !== undefined) ids.push(id);
  }
  // Ids begin with the first anomalous row.
  for (const id of ids.sort().reverse()) {
    try {
      const incident = await readIncident(context.store, id);
      if (incident !== undefined && incident.mergedInto === undefined) yield incident;
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      context.telemetry.warn('incident left out', { incidentId: id, reason: error.message });
    }
  }
}

/**
 * @returns undefined where there is none
 * @throws ArtifactError where the object cannot be read
 */
export async function readIncident(
  store: Pick<ObjectStore, 'get'>,
  id: string,
): Promise<IncidentObject | undefined> {
  const key = incidentKey(id);
  try {
    return decodeJson(key, (await store.get(key)).body, incidentSchema);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

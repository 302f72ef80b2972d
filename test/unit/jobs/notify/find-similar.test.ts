/** Incidents of the past that were alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSimilar } from '../../../../lib/jobs/notify/incident-page/find-similar.ts';
import type { IncidentObject } from '../../../../lib/jobs/notify/record-incident.ts';
import { encodeJson } from '../../../../lib/store/json.ts';
import { incidentKey } from '../../../../lib/store/keys.ts';
import { createAlert } from '../../../helpers/alerts.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';

function createIncident(incidentId: string, start: string): IncidentObject {
  const alert = createAlert({ incidentId, start });
  const member = {
    anomalyId: incidentId,
    detector: 'shop',
    entity: 'payment-0',
    workload: 'payment',
    state: 'opened',
    start,
    end: null,
    summary: 'memory',
    object: 'anomalies/x.json',
  } as const;
  return {
    formatVersion: 1,
    incidentId,
    state: 'opened',
    severity: 'warning',
    start,
    end: null,
    members: [member],
    changes: [{ sequence: 1, alert }],
  };
}

test('what began in the month before its id is compared with what came before it in its own month', async () => {
  const store = createMemoryObjectStore();
  const before = [
    createIncident('20261130T120000Z-aaaaaaaaaaaa', '2026-11-30T12:00:00.000Z'),
    createIncident('20261201T003000Z-bbbbbbbbbbbb', '2026-12-01T00:30:00.000Z'),
  ];
  for (const each of before) await store.put(incidentKey(each.incidentId), encodeJson(each));
  const drift = createIncident('20261201T030000Z-cccccccccccc', '2026-11-30T21:00:00.000Z');
  const { similar } = await findSimilar(store, drift);
  assert.deepEqual(
    similar.map(({ incidentId }) => incidentId),
    ['20261201T003000Z-bbbbbbbbbbbb', '20261130T120000Z-aaaaaaaaaaaa'],
  );
});

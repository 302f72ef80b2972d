/** Of many members the state keeps few whole; whom a message tells of is read from the anomaly's object. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertRelated } from '../../../../lib/alert/alert.ts';
import { recordAnomaly } from '../../../../lib/jobs/notify/record-anomaly.ts';
import { keepRelated } from '../../../../lib/jobs/notify/relate-others.ts';
import { keepAnomalies, readCut } from '../../../../lib/jobs/notify/whole-anomalies.ts';
import { createChange } from '../../../helpers/anomalies.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { pending } from '../../../helpers/notify-stories.ts';

const PODS = Array.from({ length: 30 }, (_, i) => `payment-${i}`);
const OWN: AlertRelated = { detector: 'shop', entity: 'cart', metric: 'cpu', correlation: 0.9 };
const OTHER: AlertRelated = { detector: 'db', entity: 'orders', metric: 'io', correlation: -0.8 };

test('what was cut is read also where what moved with it in other detectors was found since', async () => {
  const store = createMemoryObjectStore();
  const usual = { usualLow: 1, usualHigh: 4, usual: 2 };
  const reasons = ['a', 'b', 'c', 'd', 'e'].map((metric) => ({ metric, share: 0.2, value: 9, ...usual }));
  const changes = PODS.map((entity) => pending('shop', entity, 1, { reasons, related: [OWN] }));
  for (const change of changes) await recordAnomaly(store, change);
  const members = PODS.map((entity) => createChange({ anomalyId: `shop-${entity}`, entity }));
  const whole = new Map(changes.map(({ anomaly }) => [anomaly.anomalyId, anomaly]));
  const kept = Object.fromEntries(keepAnomalies(members, whole));
  const lead = members[17]!;
  assert.equal(kept[lead.anomalyId]?.reasons.length, 3);
  // The page is of a new culprit that nobody was told of.
  const found = keepRelated(kept, [{ anomalyId: lead.anomalyId, related: [{ ...OTHER, isMember: false }] }]);
  const told = await readCut(
    { store, telemetry: createMemoryTelemetry() },
    {
      notifications: [
        {
          state: 'updated',
          incidentId: 'one',
          sequence: 2,
          severity: 'warning',
          members: [lead, ...members.filter((each) => each !== lead)],
        },
      ],
      incidents: [
        {
          id: 'one',
          members,
          firstSeen: lead.start,
          status: 'told',
          severity: 'warning',
          sequence: 2,
          isWorse: false,
          flaps: 0,
        },
      ],
      newest: new Map(Object.entries(found)),
      fresh: new Set(),
    },
  );
  const { reasons: all, reasonsLeftOut, related } = told.get(lead.anomalyId)!;
  assert.deepEqual([all.map(({ metric }) => metric).join(''), reasonsLeftOut], ['abcde', 0]);
  assert.deepEqual(related, [OWN, OTHER]);
});

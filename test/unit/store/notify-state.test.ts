import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArtifactError, PreconditionFailedError } from '../../../lib/base/errors.ts';
import { NOTIFY_STATE_KEY } from '../../../lib/store/keys.ts';
import {
  INITIAL_NOTIFY_STATE,
  type NotifyState,
  readNotifyState,
  writeNotifyState,
} from '../../../lib/store/notify-state.ts';
import { createAlert, createAnomaly } from '../../helpers/alerts.ts';
import { createChange, endOf } from '../../helpers/anomalies.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';

const MEMBER = createChange({
  namespace: 'shop',
  targetService: 'payment',
  isStart: true,
  earliestStart: 1,
  digest: { time: 5, timeZone: 'Europe/Berlin' },
});
const FULL: NotifyState = {
  formatVersion: 1,
  incidents: {
    incidents: [
      {
        id: MEMBER.anomalyId,
        members: [MEMBER, endOf(createChange({ entity: 'b', level: undefined }))],
        firstSeen: 1,
        status: 'told',
        severity: 'critical',
        sequence: 2,
        toldAt: 2,
        toldSeverity: 'warning',
        isWorse: true,
        told: { level: 50, isWide: false, workloads: 1 },
        overSince: 3,
        flaps: 1,
        ownDigestDue: 4,
      },
    ],
    openings: [
      { at: 2, severity: 'warning' },
      { at: 3, severity: 'warning', incidentId: 'i1' },
    ],
    digestDue: 4,
  },
  anomalies: { [MEMBER.anomalyId]: createAnomaly({ anomalyId: MEMBER.anomalyId }) },
  taken: { shop: ['a-0001'] },
  outbox: [{ alert: createAlert({ state: 'escalated', members: [], membersLeftOut: 0 }), sequence: 2 }],
  sweptAt: 5,
};

test('a bucket without a state of notifications has the initial one', async () => {
  const store = createMemoryObjectStore();
  assert.deepEqual(await readNotifyState(store), { state: INITIAL_NOTIFY_STATE, etag: undefined });
});

test('what was stored is read back, member for member', async () => {
  const store = createMemoryObjectStore();
  await writeNotifyState(store, FULL, undefined);
  const { state, etag } = await readNotifyState(store);
  assert.deepEqual(JSON.parse(JSON.stringify(state)), JSON.parse(JSON.stringify(FULL)));
  await assert.rejects(writeNotifyState(store, FULL, undefined), PreconditionFailedError);
  await writeNotifyState(store, INITIAL_NOTIFY_STATE, etag);
  await assert.rejects(writeNotifyState(store, FULL, etag), PreconditionFailedError);
});

test('what is none is refused by its key and member', async () => {
  const store = createMemoryObjectStore();
  await store.put(NOTIFY_STATE_KEY, new TextEncoder().encode('{"formatVersion": 2}'));
  await assert.rejects(
    readNotifyState(store),
    (error) => error instanceof ArtifactError && /state\/notify\.json .*formatVersion/.test(error.message),
  );
});

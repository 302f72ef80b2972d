/** What a replay keeps of incidents while the notify job makes them of anomalies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_GROUPING } from '../../../../lib/config/grouping.ts';
import { openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { openReplayNotify, type ReplayNotify } from '../../../../lib/jobs/offline/replay-notify.ts';
import {
  countUntold,
  listAnomalies,
  listIncidents,
} from '../../../../lib/jobs/offline/replayed-incidents.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { leave, pending } from '../../../helpers/notify-stories.ts';

const MINUTE = 60_000;
const TEN = Date.parse('2026-11-22T10:00:00Z');

interface World {
  readonly clock: { now: number };
  readonly store: ObjectStore;
  readonly told: ReplayNotify;
}

function createWorld(): World {
  const clock = { now: TEN + 20 * MINUTE };
  const { store, context } = openLocalBucket({ telemetry: createMemoryTelemetry(), now: () => clock.now });
  return {
    clock,
    store,
    told: openReplayNotify({ context, detector: 'shop', grouping: DEFAULT_GROUPING, clock }),
  };
}

function from(entity: string, minutes: number, sequence = 1): ReturnType<typeof pending> {
  const at = (minute: number): string => new Date(TEN + minute * MINUTE).toISOString();
  return pending('shop', entity, sequence, { start: at(minutes), lastAnomalous: at(minutes + 2) });
}

test('incidents that turn out to be one before anybody was told are one here too', async () => {
  const { clock, store, told } = createWorld();
  await leave(store, 'shop', from('a', 0), from('b', 15));
  await told.takeOver();
  assert.equal(told.incidents.size, 2);
  await told.advanceTo(clock.now + 10_000);
  await leave(store, 'shop', from('c', 8));
  await told.takeOver();
  await told.advanceTo(clock.now + MINUTE);
  assert.deepEqual(
    told.messages.map(({ alert, at }) => [alert.state, at - TEN - 20 * MINUTE]),
    [['opened', DEFAULT_GROUPING.groupWait]],
  );
  const anomalies = listAnomalies({ told, step: MINUTE, openOf: () => undefined });
  const incidents = listIncidents({ told, anomalies, labelled: undefined });
  assert.deepEqual(
    incidents.map(({ entities, alertedAt }) => [entities, alertedAt]),
    [[3, told.messages[0]?.at]],
  );
  assert.deepEqual(countUntold(told), { waiting: 0, held: 0, dropped: 0 });
});

test('who joins silently is told of by the next message, and nobody where there is none', async () => {
  const { clock, store, told } = createWorld();
  await leave(store, 'shop', from('a', 0));
  await told.takeOver();
  await told.advanceTo(clock.now + 5 * MINUTE);
  await leave(store, 'shop', from('b', 5));
  await told.takeOver();
  const toldAt = (): (number | undefined)[] =>
    listAnomalies({ told, step: MINUTE, openOf: () => undefined }).map((anomaly) => anomaly.toldAt);
  const [opened] = told.messages;
  assert.deepEqual(toldAt(), [opened!.at, undefined]);
  await told.advanceTo(clock.now + 10 * MINUTE);
  await leave(store, 'shop', from('a', 0, 2), from('b', 5, 2));
  await told.takeOver();
  await told.advanceTo(clock.now + 24 * 60 * MINUTE);
  const [, resolved] = told.messages;
  assert.deepEqual([told.messages.length, resolved?.alert.state], [2, 'resolved']);
  assert.deepEqual(toldAt(), [opened!.at, resolved!.at]);
});

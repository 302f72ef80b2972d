/** A digest whose zone this runtime does not know: a fault of that detector's digest, and of nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { readNotifyState } from '../../../../lib/store/notify-state.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { createTopic, leave, pending } from '../../../helpers/notify-stories.ts';

const HOUR = 3_600_000;
/** A zone that a calendar had once, and has no more. */
const LOST = { time: 8 * HOUR, timeZone: 'Mars/Olympus' };

test('a zone that is not known here leaves the others their messages, and its digest goes out in UTC', async () => {
  const store = createMemoryObjectStore();
  const topic = createTopic(store);
  const telemetry = createMemoryTelemetry();
  let now = Date.parse('2026-11-22T10:00:00Z');
  const context = createNotifyContext(store, { publisher: topic, telemetry, now: () => now });
  const change = pending('disks', 'sda');
  await leave(store, 'disks', { ...change, about: { ...change.about!, digest: LOST } });
  await leave(store, 'shop', pending('shop', 'cart'));
  await notify(context, ['disks', 'shop']);
  assert.deepEqual(
    topic.sent.map(({ state, detector }) => `${state} ${detector}`),
    ['opened shop'],
  );
  const { incidents } = (await readNotifyState(store)).state.incidents;
  assert.deepEqual(incidents.find(({ id }) => id === 'disks-sda')?.members[0]?.digest, LOST, 'as it was');
  await notify(context, []);
  const warned = telemetry.lines.filter(({ message }) => message.startsWith('zone of a digest'));
  assert.deepEqual(
    warned.map(({ level, fields }) => [level, fields]),
    [['warn', { detector: 'disks', timeZone: 'Mars/Olympus' }]],
  );
  now = Date.parse('2026-11-23T07:59:00Z');
  await notify(context, []);
  assert.equal(topic.sent.length, 1);
  now = Date.parse('2026-11-23T08:00:00Z');
  await notify(context, []);
  assert.deepEqual(
    topic.sent.map(({ state, detector }) => `${state} ${detector}`),
    ['opened shop', 'digest disks'],
  );
});

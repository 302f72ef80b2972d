/** What the objects of incidents and digests say while time passes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_GROUPING } from '../../../../lib/config/grouping.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import type { IncidentObject } from '../../../../lib/jobs/notify/record-incident.ts';
import { incidentKey } from '../../../../lib/store/keys.ts';
import { createMemoryObjectStore, createMortalStore } from '../../../helpers/memory-object-store.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { bytes, createTopic, dies, leave, pending } from '../../../helpers/notify-stories.ts';

test("an incident's object says what people know of it, also where that changes without a message", async () => {
  const store = createMemoryObjectStore();
  const publisher = createTopic(store);
  let now = Date.parse('2026-11-22T07:58:00Z');
  const grouping = { ...DEFAULT_GROUPING, groupInterval: 60_000, incidentsADay: 1, groupBy: [] };
  const context = createNotifyContext(store, { publisher, now: () => now, grouping });
  const statuses = (): string[] =>
    ['a-0', 'b-0', 'c-0'].map((entity) => {
      const { status, digestId = '' } = JSON.parse(store.text(incidentKey(`shop-${entity}`)) ?? '{}');
      return `${status}${digestId}`;
    });
  const step = async (minutes: number): Promise<string[]> => {
    now += minutes * 60_000;
    await notify(context, ['shop']);
    return statuses();
  };
  await leave(store, 'shop', pending('shop', 'a-0'), pending('shop', 'b-0'), pending('shop', 'c-0'));
  assert.deepEqual(await step(0), ['waiting', 'waiting', 'waiting']);
  assert.deepEqual(await step(1), ['told', 'held', 'held']);
  await leave(store, 'shop', pending('shop', 'b-0', 2));
  const digested = 'digesteddigest-20261122T080000Z';
  assert.deepEqual(await step(1), ['told', digested, digested]);
  const ended = 'closeddigest-20261122T080000Z';
  assert.deepEqual(await step(1), ['told', ended, digested]);
  await leave(store, 'shop', pending('shop', 'a-0', 2), pending('shop', 'c-0', 2));
  assert.deepEqual(await step(1), ['told', ended, ended]);
  assert.deepEqual(await step(2), ['closed', ended, ended]);
  assert.deepEqual(
    publisher.sent.map(({ state }) => state),
    ['opened', 'digest', 'resolved'],
  );
});

test('what a run that died left unwritten of an incident is written by the next sweep', async () => {
  const store = createMemoryObjectStore();
  const publisher = createTopic(store);
  const silence = 'matchers: [detector = shop]\nuntil: 2026-11-30\n';
  await store.put('silences/night.yml', bytes(silence));
  await leave(store, 'shop', pending('shop', 'a-0'));
  let now = Date.parse('2026-11-22T11:00Z');
  // The anomaly's object, then the state: nothing after that.
  const mortal = createMortalStore(store, { atWrite: 1, stage: 'after' });
  assert.ok(await dies(notify(createNotifyContext(mortal, { publisher, now: () => now }), ['shop'])));
  assert.equal(store.text(incidentKey('shop-a-0')), undefined);
  now += 60_000;
  await notify(createNotifyContext(store, { publisher, now: () => now }), []);
  const { silencedBy, status } = JSON.parse(store.text(incidentKey('shop-a-0')) ?? '{}');
  assert.deepEqual([silencedBy, status], ['night', 'waiting']);
});

test('a digest has an object with all that it told of, each by its incident, however many', async () => {
  const store = createMemoryObjectStore();
  const publisher = createTopic(store);
  let now = Date.parse('2026-11-22T07:58:00Z');
  const grouping = { ...DEFAULT_GROUPING, groupWait: 0, incidentsADay: 0, groupBy: [] };
  const context = createNotifyContext(store, { publisher, now: () => now, grouping });
  const pods = Array.from({ length: 60 }, (_, i) => pending('shop', `e${i}`));
  await leave(store, 'shop', ...pods);
  await notify(context, ['shop']);
  now += 2 * 60_000;
  await notify(context, []);
  const [digest] = publisher.sent;
  assert.deepEqual([digest?.state, digest?.members?.length, digest?.membersLeftOut], ['digest', 50, 10]);
  const object = JSON.parse(store.text(digest!.objects.incident) ?? '') as IncidentObject;
  const ids = object.members.map(({ incidentId }) => incidentId);
  assert.deepEqual(ids.toSorted(), pods.map(({ anomaly }) => anomaly.anomalyId).toSorted());
  assert.deepEqual(
    digest?.members?.map(({ incidentId }) => incidentId),
    ids.slice(0, 50),
  );
  // Again, by a run that finds it sent: nothing is lost of it.
  now += 10 * 3_600_000;
  await notify(context, []);
  assert.equal((JSON.parse(store.text(digest!.objects.incident) ?? '') as IncidentObject).members.length, 60);
});

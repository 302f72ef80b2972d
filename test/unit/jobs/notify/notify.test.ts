/** From what scoring left in the detectors' states to the topic: taken over once, told once, whoever dies where. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Alert, DescribedAnomaly } from '../../../../lib/alert/alert.ts';
import { DEFAULT_GROUPING } from '../../../../lib/config/grouping.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { CLAIM_LEASE } from '../../../../lib/jobs/notify/publish-outbox.ts';
import type { IncidentObject } from '../../../../lib/jobs/notify/record-incident.ts';
import type { NotifyContext } from '../../../../lib/jobs/shared/context.ts';
import type { PendingChange } from '../../../../lib/store/detector-state.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { anomalyKey, incidentKey, NOTIFY_STATE_KEY, stateKey } from '../../../../lib/store/keys.ts';
import { readNotifyState } from '../../../../lib/store/notify-state.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import {
  createMemoryObjectStore,
  createMortalStore,
  type MemoryObjectStore,
} from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { bytes, createTopic, dies, leave, pending, told } from '../../../helpers/notify-stories.ts';

/** Three incidents: one of two entities, which ends, and two of another detector far apart. */
const STORY: Readonly<Record<string, readonly PendingChange[]>> = {
  shop: [
    pending('shop', 'a-0'),
    pending('shop', 'a-1'),
    pending('shop', 'a-0', 2),
    pending('shop', 'a-1', 2),
  ],
  disks: [
    pending('disks', 'sda'),
    pending('disks', 'sdb', 1, {
      start: '2026-11-22T10:00:00.000Z',
      lastAnomalous: '2026-11-22T10:05:00.000Z',
    }),
  ],
};
const TOLD = ['opened disks-sda 1', 'opened disks-sdb 1', 'opened shop-a-0 2', 'resolved shop-a-0 2'];

async function createStory(store: MemoryObjectStore = createMemoryObjectStore()): Promise<MemoryObjectStore> {
  for (const [detector, changes] of Object.entries(STORY)) await leave(store, detector, ...changes);
  return store;
}

async function assertNothingLeft(store: ObjectStore, message?: string): Promise<void> {
  assert.deepEqual((await readNotifyState(store)).state.outbox, [], message);
  for (const detector of Object.keys(STORY))
    assert.deepEqual((await readState(store, detector)).state.outbox, [], message);
}

test('what moved with it is told of to the end, also where its last change knows of nothing', async () => {
  const store = createMemoryObjectStore();
  const related = [{ detector: 'shop', entity: 'web-0', metric: 'cpu', correlation: 0.9 }];
  await leave(store, 'shop', pending('shop', 'a-0', 1, { related }));
  const publisher = createTopic(store);
  let now = Date.parse('2026-11-22T08:10:00Z');
  const context = createNotifyContext(store, { publisher, now: () => now });
  await notify(context, ['shop']);
  await leave(store, 'shop', pending('shop', 'a-0', 2));
  for (let runs = 0; runs < 3; runs++) {
    now += 3_600_000;
    await notify(context, ['shop']);
  }
  assert.deepEqual(
    publisher.sent.map((alert) => [alert.state, alert.related]),
    [
      ['opened', related],
      ['resolved', related],
    ],
  );
});

test('an outage of twenty pods is one message, and its object has every pod with its reasons', async () => {
  const store = createMemoryObjectStore();
  const pods = Array.from({ length: 20 }, (_, i) => pending('shop', `payment-${i}`));
  await leave(store, 'shop', ...pods);
  const publisher = createTopic(store);
  const context = createNotifyContext(store, { publisher });
  assert.partialDeepStrictEqual(await notify(context, ['shop']), { published: 1, open: 1 });
  const [alert] = publisher.sent;
  assert.equal(alert?.members?.length, 20);
  assert.match(alert.summary, /^payment, all 20 entities: memory .*, first in payment-0, since /);
  for (const { object } of alert.members) assert.ok(store.keys().includes(object), object);
  assert.ok(store.keys().includes(alert.objects.incident));

  // One more joins: nobody is told, and the object has it.
  await leave(store, 'shop', pending('shop', 'payment-20'));
  assert.equal((await notify(context, ['shop'])).published, 0);
  const incident = JSON.parse(store.text(incidentKey(alert.incidentId)) ?? '') as IncidentObject;
  assert.equal(incident.members.length, 21);
  assert.equal(incident.state, 'opened');
  assert.deepEqual(incident.changes, [{ sequence: 1, alert }]);

  await leave(
    store,
    'shop',
    ...[...pods, pending('shop', 'payment-20')].map(({ anomaly: { entity } }) => pending('shop', entity, 2)),
  );
  await notify(context, ['shop']);
  assert.deepEqual(told(publisher), ['opened shop-payment-0 20', 'resolved shop-payment-0 21']);
  assert.equal(publisher.sent[1]?.end, '2026-11-22T09:00:00.000Z');
  await assertNothingLeft(store);
});

test("of many members the culprit's reasons are kept whole, and of the others the first ones", async () => {
  const store = createMemoryObjectStore();
  const reason = { share: 0.2, value: 9, usualLow: 1, usualHigh: 4, usual: 2 };
  const reasons = ['a', 'b', 'c', 'd', 'e'].map((metric) => ({ ...reason, metric }));
  const pods = Array.from({ length: 30 }, (_, i) => pending('shop', `payment-${i}`, 1, { reasons }));
  await leave(store, 'shop', ...pods);
  const publisher = createTopic(store);
  await notify(createNotifyContext(store, { publisher }), ['shop']);
  const { anomalies } = (await readNotifyState(store)).state;
  assert.deepEqual(
    Object.values(anomalies)
      .map(({ reasons, reasonsLeftOut }) => [reasons.length, reasonsLeftOut])
      .toSorted(([a = 0], [b = 0]) => b - a)
      .slice(0, 2),
    [
      [5, 0],
      [3, 2],
    ],
  );
  await leave(
    store,
    'shop',
    ...pods.map(({ anomaly: { entity } }) => pending('shop', entity, 2, { reasons })),
  );
  await notify(createNotifyContext(store, { publisher }), ['shop']);
  assert.deepEqual(
    publisher.sent.map((alert) => alert.reasons.length),
    [5, 5],
  );
});

test('of many members the reasons of what went farthest are kept whole, too, and once it is over', async () => {
  const store = createMemoryObjectStore();
  const usual = { usualLow: 1, usualHigh: 4, usual: 2 };
  const reasons = ['a', 'b', 'c', 'd', 'e'].map((metric) => ({ metric, share: 0.2, value: 9, ...usual }));
  const pods = Array.from({ length: 30 }, (_, i) => {
    const worst = { metric: 'a', value: i === 7 ? 99 : 9, at: '2026-11-22T08:01:00.000Z', ...usual };
    return pending('shop', `payment-${i}`, 1, { reasons, worst });
  });
  await leave(store, 'shop', ...pods);
  const context = createNotifyContext(store, { publisher: createTopic(store) });
  await notify(context, ['shop']);
  await leave(store, 'shop', pending('shop', 'payment-7', 2, { reasons, worst: pods[7]!.anomaly.worst! }));
  await notify(context, ['shop']);
  const { anomalies } = (await readNotifyState(store)).state;
  const whole = Object.values(anomalies).filter(({ reasons: each }) => each.length === 5);
  assert.deepEqual(whole.map(({ entity }) => entity).sort(), ['payment-0', 'payment-7']);
});

/** Of thirty pods all but `payment-17` are over while a silence holds; then it is told of, and once more a day later. */
async function tellLate(
  store: MemoryObjectStore,
  beforeTelling?: (store: ObjectStore) => Promise<void>,
): Promise<{
  readonly sent: readonly Alert[];
  /** Keys of anomalies that were read for the messages. */
  readonly read: readonly string[];
  readonly telemetry: MemoryTelemetry;
}> {
  const telemetry = createMemoryTelemetry();
  const read: string[] = [];
  const counting: ObjectStore = {
    ...store,
    get(key, options) {
      if (key.startsWith('anomalies/')) read.push(key);
      return store.get(key, options);
    },
  };
  const usual = { usualLow: 1, usualHigh: 4, usual: 2 };
  const reasons = ['a', 'b', 'c', 'd', 'e'].map((metric) => ({ metric, share: 0.2, value: 9, ...usual }));
  const pods = Array.from({ length: 30 }, (_, i) => `payment-${i}`);
  const relatedOf = (entity: string): Pick<DescribedAnomaly, 'related'> => ({
    related: [{ detector: 'shop', entity: `db-of-${entity}`, metric: 'cpu', correlation: 0.9 }],
  });
  const silence = 'silences/night.yml';
  await store.put(silence, bytes('matchers: [detector = shop]\nuntil: 2026-11-23'));
  await leave(
    store,
    'shop',
    ...pods.map((entity) => pending('shop', entity, 1, { reasons, ...relatedOf(entity) })),
  );
  const publisher = createTopic(store);
  let now = Date.parse('2026-11-22T08:10:00Z');
  const context = createNotifyContext(counting, {
    publisher,
    telemetry,
    now: () => now,
    withoutPages: true,
  });
  await notify(context, ['shop']);
  // Told of by an update that knows of nothing that moved with it.
  await leave(store, 'shop', pending('shop', 'payment-17', 2, { state: 'updated', end: null, reasons }));
  await notify(context, ['shop']);
  now = Date.parse('2026-11-22T09:10:00Z');
  const over = pods.filter((entity) => entity !== 'payment-17');
  await leave(store, 'shop', ...over.map((entity) => pending('shop', entity, 2, { reasons })));
  await notify(context, ['shop']);
  assert.deepEqual(publisher.sent, []);
  await store.delete(silence);
  await beforeTelling?.(store);
  read.length = 0;
  for (const time of ['2026-11-22T10:00:00Z', '2026-11-23T10:00:01Z']) {
    now = Date.parse(time);
    await notify(context, ['shop']);
  }
  return { sent: publisher.sent, read, telemetry };
}

test('a late message about many has all reasons of who leads it, who was not the first before', async () => {
  const { sent, read } = await tellLate(createMemoryObjectStore());
  assert.deepEqual(
    sent.map(({ state, entity, reasons, reasonsLeftOut, related }) => [
      state,
      entity,
      reasons.map(({ metric }) => metric).join(''),
      reasonsLeftOut,
      related?.map((each) => each.entity),
    ]),
    [
      ['opened', 'payment-17', 'abcde', 0, ['db-of-payment-17']],
      ['updated', 'payment-17', 'abcde', 0, ['db-of-payment-17']],
    ],
  );
  for (const { summary } of sent)
    assert.match(summary, /^payment-17 \(one of 30 at first\): .*and 4 more metrics/);
  // It is kept from then on, and nothing is read of the others.
  assert.deepEqual(read, [anomalyKey('shop', 'shop-payment-17')]);
});

test('a late message about many goes out with the first reasons where its anomaly cannot be read', async () => {
  for (const text of [undefined, '{"formatVersion": 2}']) {
    const { sent, telemetry } = await tellLate(createMemoryObjectStore(), async (store) => {
      const key = anomalyKey('shop', 'shop-payment-17');
      if (text === undefined) await store.delete(key);
      else await store.put(key, bytes(text));
    });
    assert.deepEqual(
      sent.map(({ state, reasons, reasonsLeftOut }) => [state, reasons.length, reasonsLeftOut]),
      [
        ['opened', 3, 2],
        ['updated', 3, 2],
      ],
    );
    const warned = telemetry.lines.filter(({ message }) =>
      message.startsWith('a message has the first reasons'),
    );
    assert.deepEqual(
      warned.map(({ level, fields }) => [level, fields.anomalyId]),
      [
        ['warn', 'shop-payment-17'],
        ['warn', 'shop-payment-17'],
      ],
    );
  }
});

test('the first message waits for what belongs to it: who asks is woken in time, and a tick finds it too', async () => {
  const store = createMemoryObjectStore();
  const publisher = createTopic(store);
  let now = 1_000;
  const wakes: number[] = [];
  const context = createNotifyContext(store, {
    publisher,
    now: () => now,
    wakeIn: async (ms) => void wakes.push(ms),
    grouping: { ...createNotifyContext(store, { publisher }).grouping, groupWait: 30_000 },
  });
  await leave(store, 'shop', pending('shop', 'a-0'));
  await notify(context, ['shop']);
  now += 20_000;
  await leave(store, 'disks', pending('disks', 'sda'));
  await notify(context, ['disks']);
  assert.deepEqual(wakes, [30_000, 10_000]);
  assert.deepEqual(told(publisher), []);
  now += 10_000;
  await notify(context, []);
  assert.deepEqual(told(publisher), ['opened shop-a-0 1']);
});

test('of an incident that another detector has a part in nobody hears early, unless both are asked for', async () => {
  const store = createMemoryObjectStore();
  const publisher = createTopic(store);
  const grouping = DEFAULT_GROUPING;
  for (const detector of ['shop', 'disks'])
    await leave(store, detector, pending(detector, 'a-0', 1, { targetService: 'payment' }));
  const ofShop = createNotifyContext(store, { publisher, grouping, only: new Set(['shop']) });
  assert.partialDeepStrictEqual(await notify(ofShop, ['shop', 'disks']), { published: 0, open: 1 });
  const ofBoth = { ...ofShop, only: new Set(['shop', 'disks']) };
  assert.partialDeepStrictEqual(await notify(ofBoth, ['shop']), { published: 1, open: 1 });
  assert.equal(publisher.sent[0]?.members?.length, 2);
});

test('who cannot be asked to wake keeps nobody from being told', async () => {
  const store = createMemoryObjectStore();
  await leave(store, 'shop', pending('shop', 'a-0'));
  const publisher = createTopic(store);
  const telemetry = createMemoryTelemetry();
  let asked = 0;
  const context = createNotifyContext(store, {
    publisher,
    telemetry,
    grouping: { ...createNotifyContext(store, { publisher }).grouping, repeatInterval: 10_000 },
    wakeIn: async () => {
      assert.equal(publisher.sent.length, 1, 'people first');
      asked++;
      throw new Error('SQS said: AccessDenied');
    },
  });
  assert.partialDeepStrictEqual(await notify(context, ['shop']), { published: 1, open: 1 });
  assert.equal(asked, 1);
  const line = telemetry.lines.find(({ message }) => message === 'waking could not be asked for');
  assert.match(String(line?.fields['reason']), /AccessDenied/);
});

test('killed before or after any write, nothing is lost and nothing told twice', async () => {
  let deaths = 0;
  for (const stage of ['before', 'after'] as const)
    for (let atWrite = 0; ; atWrite++) {
      const store = await createStory();
      const publisher = createTopic(store);
      const mortal = createMortalStore(store, { atWrite, stage });
      const died = await dies(notify(createNotifyContext(mortal, { publisher }), Object.keys(STORY)));
      if (!died) break;
      deaths++;
      // The schedule's next tick, once the dead run's claims have run out.
      const later = createNotifyContext(store, { publisher, now: () => 1_000 + 10 * CLAIM_LEASE });
      await notify(later, []);
      assert.deepEqual(told(publisher), TOLD, `${stage} write ${atWrite}`);
      await assertNothingLeft(store, `${stage} write ${atWrite}`);
    }
  // Six changes of anomalies, the state, two outboxes, three incidents with their first messages, the fourth message, four
  // claims, four marks (which receipts were faster than), three pages, the state.
  assert.equal(deaths, 2 * 25);
});

test('any number of runs at once, of which any may die anywhere, take over and tell once', async () => {
  const death = fc.option(
    fc.record({
      atWrite: fc.integer({ min: 0, max: 30 }),
      stage: fc.constantFrom('before' as const, 'after' as const),
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(death, { minLength: 1, maxLength: 3 }),
      async (scheduler, deaths) => {
        const store = createMemoryObjectStore({ pause: () => scheduler.schedule(Promise.resolve()) });
        const publisher = createTopic(store);
        await scheduler.waitFor(createStory(store));
        const runs = deaths.map((plan) =>
          dies(
            notify(
              createNotifyContext(plan === null ? store : createMortalStore(store, plan), { publisher }),
              Object.keys(STORY),
            ),
          ).catch((error: Error) => assert.match(error.message, /another invocation is sending/)),
        );
        await scheduler.waitFor(Promise.all(runs));
        const later = createNotifyContext(store, { publisher, now: () => 1_000 + 10 * CLAIM_LEASE });
        await scheduler.waitFor(notify(later, []));
        assert.deepEqual(told(publisher).length, new Set(told(publisher)).size);
        const opened = publisher.sent.filter(({ state }) => state === 'opened');
        assert.deepEqual(opened.map(({ incidentId }) => incidentId).sort(), [
          'disks-sda',
          'disks-sdb',
          'shop-a-0',
        ]);
        await scheduler.waitFor(assertNothingLeft(store));
      },
    ),
    { numRuns: 25 },
  );
});

test('a tick that finds nothing to do writes nothing', async () => {
  const store = await createStory();
  const publisher = createTopic(store);
  for (let tick = 0; tick < 3; tick++) {
    const counting = createMortalStore(store);
    await notify(createNotifyContext(counting, { publisher }), []);
    // The second one clears what the first one took over.
    if (tick === 2) assert.equal(counting.writes(), 0);
  }
  assert.deepEqual(told(publisher), TOLD);
});

test('what is decided while a run takes over stays for the next one', async () => {
  const store = createMemoryObjectStore();
  await leave(store, 'shop', pending('shop', 'a-0'));
  const publisher = createTopic(store);
  let added = false;
  const busy: ObjectStore = {
    ...store,
    async put(key, ...rest) {
      if (key === NOTIFY_STATE_KEY && !added) {
        added = true;
        await leave(store, 'shop', pending('shop', 'a-0', 2));
      }
      return store.put(key, ...rest);
    },
  };
  await notify(createNotifyContext(busy, { publisher }), ['shop']);
  assert.deepEqual(told(publisher), ['opened shop-a-0 1']);
  await notify(createNotifyContext(store, { publisher }), ['shop']);
  assert.deepEqual(told(publisher), ['opened shop-a-0 1', 'resolved shop-a-0 1']);
});

test('a request that was lost is made good by a sweep of all detectors', async () => {
  const store = await createStory();
  const publisher = createTopic(store);
  let now = 1_000;
  const context: NotifyContext = createNotifyContext(store, { publisher, now: () => now });
  await notify(context, []);
  assert.deepEqual(told(publisher), TOLD);
  // What was just taken over is looked at once more.
  await notify(context, []);
  await leave(store, 'disks', pending('disks', 'sda', 2));
  now += 9 * 60_000;
  await notify(context, []);
  assert.equal(publisher.sent.length, 4);
  now += 60_000;
  await notify(context, []);
  assert.equal(publisher.sent.length, 5);
});

test('changes from before there were incidents go on as they were', async () => {
  const store = createMemoryObjectStore();
  const { about: _, ...old } = pending('shop', 'shop/carts-5ff676694b-fzj9z'.replace('/', '.'), 2);
  await leave(store, 'shop', old);
  const publisher = createTopic(store);
  await notify(createNotifyContext(store, { publisher }), ['shop']);
  assert.deepEqual(
    publisher.sent.map(({ state, notificationId }) => [state, notificationId]),
    [['resolved', old.anomaly.changeId]],
  );
});

test('a state of notifications that is cut starts anew, and records that are cut are written anew', async () => {
  const store = await createStory();
  const publisher = createTopic(store);
  await store.put(NOTIFY_STATE_KEY, bytes('{"formatV'));
  await store.put(anomalyKey('shop', 'shop-a-0'), bytes('{"formatV'));
  await store.put(incidentKey('shop-a-0'), bytes('{"formatV'));
  await store.put('incidents/shop-a-0/shop-a-0-0001.json', bytes('{"formatV'));
  const telemetry = createMemoryTelemetry();
  await notify(createNotifyContext(store, { publisher, telemetry }), Object.keys(STORY));
  assert.deepEqual(told(publisher), TOLD);
  assert.equal(telemetry.total('ObjectsQuarantined'), 1);
});

test('a detector whose state cannot be read keeps no other from being told of, and is counted', async () => {
  const store = await createStory();
  await store.put(stateKey('broken'), bytes('{"formatVersion": 2}'));
  const publisher = createTopic(store);
  const telemetry = createMemoryTelemetry();
  await notify(createNotifyContext(store, { publisher, telemetry }), [...Object.keys(STORY), 'broken']);
  assert.deepEqual(told(publisher), TOLD);
  assert.equal(telemetry.total('DetectorsFailed', 'broken'), 1);
});

test('records that cannot be read are left as they are, logged and counted, and hold up no message', async () => {
  const store = await createStory();
  const newer = '{"formatVersion": 2}';
  const keys = [anomalyKey('shop', 'shop-a-0'), incidentKey('shop-a-0')];
  for (const key of keys) await store.put(key, bytes(newer));
  const publisher = createTopic(store);
  const telemetry = createMemoryTelemetry();
  await notify(createNotifyContext(store, { publisher, telemetry }), Object.keys(STORY));
  assert.deepEqual(told(publisher), TOLD);
  await assertNothingLeft(store);
  const lines = telemetry.lines.filter(({ message }) => message === 'record left as it is');
  assert.deepEqual([...new Set(lines.map(({ fields }) => fields['key']))], keys);
  assert.match(String(lines[0]?.fields['reason']), /formatVersion/);
  assert.equal(telemetry.total('DetectorsFailed', 'shop'), lines.length);
  assert.equal(telemetry.total('DetectorsFailed', 'disks'), 0);
  for (const key of keys) assert.equal(store.text(key), newer);
});

test('an incident is silenced while an event of a calendar lasts that its description names it in', async () => {
  const store = await createStory();
  const events = [
    'DTSTART:20261122T100000Z',
    'DTEND:20261122T113000Z',
    'DESCRIPTION:tidewatch: detector = shop',
  ];
  const calendar = ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...events, 'END:VEVENT', 'END:VCALENDAR'];
  await store.put('silences/move.ics', bytes(calendar.join('\n')));
  const publisher = createTopic(store);
  const now = Date.parse('2026-11-22T11:00Z');
  const context = createNotifyContext(store, { publisher, now: () => now });
  await notify(context, Object.keys(STORY));
  assert.deepEqual(
    told(publisher),
    TOLD.filter((each) => !each.includes('shop')),
  );
  const incident = JSON.parse(store.text(incidentKey('shop-a-0')) ?? '') as IncidentObject;
  assert.equal(incident.silencedBy, 'move.ics');
});

test('a silenced incident is recorded and counted, not told; a bad silence goes to quarantine, and the others count', async () => {
  const store = await createStory();
  await store.put('silences/night.yml', bytes('matchers: [detector = shop]\nuntil: 2026-11-22T12:00Z\n'));
  await store.put('silences/bad.yml', bytes('matchers: [pod = a]\nuntil: 2026-11-22T12:00Z\n'));
  await store.put('silences/holidays.txt', bytes('?'));
  const publisher = createTopic(store);
  const telemetry = createMemoryTelemetry();
  const now = Date.parse('2026-11-22T11:00Z');
  const context = createNotifyContext(store, { publisher, telemetry, now: () => now });
  await notify(context, Object.keys(STORY));
  await notify(context, []);
  assert.deepEqual(
    told(publisher),
    TOLD.filter((each) => !each.includes('shop')),
  );
  const incident = JSON.parse(store.text(incidentKey('shop-a-0')) ?? '') as IncidentObject;
  assert.deepEqual([incident.silencedBy, incident.state, incident.members.length], ['night', undefined, 2]);
  assert.equal(telemetry.total('IncidentsSilenced'), 1);
  const reason = JSON.parse(store.text('quarantine/silences/bad.yml.reason.json') ?? '');
  assert.match(reason.message, /^silences\/bad\.yml: matchers\.0 must be .*, not "pod = a"$/);
  assert.ok(store.keys().includes('quarantine/silences/holidays.txt.reason.json'));
  assert.equal(telemetry.total('ObjectsQuarantined'), 2, 'each once');
  await assertNothingLeft(store);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Alert } from '../../../../lib/alert/alert.ts';
import {
  type AlertPublisher,
  PublishRejectedError,
  UndeliverableError,
} from '../../../../lib/alert/publisher.ts';
import { RetryLaterError } from '../../../../lib/base/errors.ts';
import { CLAIM_LEASE, publishOutbox } from '../../../../lib/jobs/notify/publish-outbox.ts';
import type { NotifyContext } from '../../../../lib/jobs/shared/context.ts';
import { incidentKey } from '../../../../lib/store/keys.ts';
import { markPublished } from '../../../../lib/store/notifications.ts';
import {
  INITIAL_NOTIFY_STATE,
  type PendingNotification,
  readNotifyState,
  writeNotifyState,
} from '../../../../lib/store/notify-state.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { createAlert } from '../../../helpers/alerts.ts';
import {
  createMemoryObjectStore,
  createMortalStore,
  KilledError,
  type MemoryObjectStore,
} from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';

/** Two incidents: one that opens, grows and resolves, one that opens. */
const STORY: readonly Alert[] = [
  change('inc1', 1, 'opened'),
  change('inc1', 2, 'updated'),
  change('inc2', 1, 'opened'),
  change('inc1', 3, 'resolved'),
];

function change(incidentId: string, sequence: number, state: Alert['state']): Alert {
  return createAlert({
    incidentId,
    notificationId: `${incidentId}-${sequence}`,
    state,
    end: state === 'resolved' ? '2026-11-22T09:00:00.000Z' : null,
  });
}

/** A topic that takes whatever it is sent, and remembers it in order. */
function createTopic(): AlertPublisher & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    async publish(alert) {
      sent.push(alert.notificationId);
      return { messageId: `m${sent.length}` };
    },
  };
}

function createRun(store: ObjectStore, overrides: Partial<NotifyContext> = {}): NotifyContext {
  return createNotifyContext(store, { publisher: createTopic(), ...overrides });
}

async function createBucket(alerts: readonly Alert[] = STORY): Promise<MemoryObjectStore> {
  const store = createMemoryObjectStore();
  const outbox = alerts.map((alert) => ({ alert, sequence: Number(alert.notificationId.split('-')[1]) }));
  await setOutbox(store, outbox);
  return store;
}

async function setOutbox(store: ObjectStore, outbox: readonly PendingNotification[]): Promise<void> {
  const { etag } = await readNotifyState(store);
  await writeNotifyState(store, { ...INITIAL_NOTIFY_STATE, outbox }, etag);
}

async function outboxOf(store: ObjectStore): Promise<string[]> {
  return (await readNotifyState(store)).state.outbox.map(({ alert }) => alert.notificationId);
}

/** Every change told once, and each incident's in the order in which they happened. */
function assertToldOnce(sent: readonly string[]): void {
  assert.deepEqual(sent.toSorted(), STORY.map(({ notificationId }) => notificationId).toSorted());
  assert.deepEqual(
    sent.filter((id) => id.startsWith('inc1')),
    ['inc1-1', 'inc1-2', 'inc1-3'],
  );
}

test('everything is published in order, counted, and taken out of the outbox', async () => {
  const store = await createBucket();
  const publisher = createTopic();
  const telemetry = createMemoryTelemetry();
  const run = createRun(store, { publisher, telemetry });
  assert.deepEqual(await publishOutbox(run), { published: 4, inFlight: 0 });
  assertToldOnce(publisher.sent);
  assert.deepEqual(await outboxOf(store), []);
  assert.equal(telemetry.total('AlertsPublished', 'shop'), 4);
  assert.deepEqual(await publishOutbox(run), { published: 0, inFlight: 0 });
  assert.equal(publisher.sent.length, 4);
});

test('the incident object stands before its alert goes out, and tells the whole story', async () => {
  const store = await createBucket();
  const publisher: AlertPublisher = {
    async publish(alert) {
      assert.ok(store.text(incidentKey(alert.incidentId))?.includes(`"${alert.notificationId}"`));
      return { messageId: 'm' };
    },
  };
  await publishOutbox(createRun(store, { publisher }));
  const incident = JSON.parse(store.text(incidentKey('inc1')) ?? '') as {
    state: string;
    end: string;
    changes: { sequence: number }[];
  };
  assert.equal(incident.state, 'resolved');
  assert.equal(incident.end, '2026-11-22T09:00:00.000Z');
  assert.deepEqual(
    incident.changes.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
});

test('any number of runs at once, interleaved in any way, publish each alert once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 4 }), async (scheduler, runs) => {
      const store = createMemoryObjectStore({ pause: () => scheduler.schedule(Promise.resolve()) });
      const publisher = createTopic();
      const outbox = STORY.map((alert, i) => ({ alert, sequence: i }));
      await scheduler.waitFor(setOutbox(store, outbox));
      const results = Array.from({ length: runs }, () => publishOutbox(createRun(store, { publisher })));
      await scheduler.waitFor(Promise.all(results));
      const later = createRun(store, { publisher, now: () => 1_000 + CLAIM_LEASE });
      await scheduler.waitFor(publishOutbox(later));
      assertToldOnce(publisher.sent);
      assert.deepEqual(await scheduler.waitFor(outboxOf(store)), []);
    }),
    { numRuns: 60 },
  );
});

test('killed before or after any write, with receipts, each alert is still published once', async () => {
  let deaths = 0;
  for (const stage of ['before', 'after'] as const) {
    for (let atWrite = 0; ; atWrite++) {
      const store = await createBucket();
      const topic = createTopic();
      const mortal = createMortalStore(store, { atWrite, stage });
      const died = await dies(publishOutbox(createRun(mortal, { publisher: topic })));
      await deliverReceipts(store, topic.sent);
      if (!died) break;
      deaths++;
      await publishOutbox(createRun(store, { publisher: topic, now: () => 1_000 + CLAIM_LEASE }));
      assertToldOnce(topic.sent);
      assert.deepEqual(await outboxOf(store), [], `${stage} write ${atWrite}`);
    }
  }
  // Each alert: incident, claim, publication; and the state, once.
  assert.equal(deaths, 2 * (STORY.length * 3 + 1));
});

test('runs at once of which any may die anywhere, with receipts, publish each alert once', async () => {
  const death = fc.record({
    atWrite: fc.integer({ min: 0, max: 13 }),
    stage: fc.constantFrom('before' as const, 'after' as const),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(death, { minLength: 1, maxLength: 4 }),
      async (scheduler, deaths) => {
        const store = createMemoryObjectStore({ pause: () => scheduler.schedule(Promise.resolve()) });
        const topic = createTopic();
        const outbox = STORY.map((alert, i) => ({ alert, sequence: i }));
        await scheduler.waitFor(setOutbox(store, outbox));
        const results = deaths.map((plan) =>
          dies(publishOutbox(createRun(createMortalStore(store, plan), { publisher: topic }))),
        );
        await scheduler.waitFor(Promise.all(results));
        await scheduler.waitFor(deliverReceipts(store, topic.sent));
        const later = createRun(store, { publisher: topic, now: () => 1_000 + CLAIM_LEASE });
        await scheduler.waitFor(publishOutbox(later));
        assertToldOnce(topic.sent);
        assert.deepEqual(await scheduler.waitFor(outboxOf(store)), []);
      },
    ),
    { numRuns: 60 },
  );
});

test('killed right after the topic took an alert, with its receipt, it is not published again', async () => {
  for (const victim of STORY) {
    const store = await createBucket();
    const topic = createTopic();
    const mortal = createMortalStore(store);
    const publisher: AlertPublisher = {
      async publish(alert) {
        const answer = await topic.publish(alert);
        if (alert.notificationId === victim.notificationId) mortal.kill();
        return answer;
      },
    };
    assert.ok(await dies(publishOutbox(createRun(mortal, { publisher }))));
    await deliverReceipts(store, topic.sent);
    await publishOutbox(createRun(store, { publisher: topic, now: () => 1_000 + CLAIM_LEASE }));
    assertToldOnce(topic.sent);
  }
});

test('without a receipt the next run waits for the lease and then publishes again: late rather than never', async () => {
  const store = await createBucket([STORY[0]!]);
  const topic = createTopic();
  const mortal = createMortalStore(store);
  const publisher: AlertPublisher = {
    async publish() {
      mortal.kill();
      throw new KilledError('before the topic was reached');
    },
  };
  await dies(publishOutbox(createRun(mortal, { publisher })));
  const early = createRun(store, { publisher: topic, now: () => 1_000 + CLAIM_LEASE - 1 });
  assert.deepEqual(await publishOutbox(early), { published: 0, inFlight: 1 });
  assert.deepEqual(topic.sent, []);
  const late = createRun(store, { publisher: topic, now: () => 1_000 + CLAIM_LEASE });
  assert.deepEqual(await publishOutbox(late), { published: 1, inFlight: 0 });
});

test('a refused alert stays, holds back only its own incident, and the next run may send it at once', async () => {
  const store = await createBucket();
  const topic = createTopic();
  let refusals = 1;
  const publisher: AlertPublisher = {
    async publish(alert) {
      if (alert.incidentId === 'inc1' && refusals-- > 0)
        throw new PublishRejectedError('throttled', 'SNS said: Throttling, slow down');
      return topic.publish(alert);
    },
  };
  const run = createRun(store, { publisher });
  await assert.rejects(
    publishOutbox(run),
    (error) => error instanceof RetryLaterError && error.message.includes('slow down'),
  );
  assert.deepEqual(topic.sent, ['inc2-1']);
  assert.deepEqual(await outboxOf(store), ['inc1-1', 'inc1-2', 'inc1-3']);
  assert.deepEqual(await publishOutbox(run), { published: 3, inFlight: 0 });
  assertToldOnce(topic.sent);
});

test('an alert that can never be sent is dropped, counted and told of; what comes after it goes out', async () => {
  const store = await createBucket();
  const topic = createTopic();
  const publisher: AlertPublisher = {
    async publish(alert) {
      if (alert.notificationId === 'inc1-1') throw new UndeliverableError('alert-too-large', 'too large');
      return topic.publish(alert);
    },
  };
  const telemetry = createMemoryTelemetry();
  const run = createRun(store, { publisher, telemetry });
  assert.deepEqual(await publishOutbox(run), { published: 3, inFlight: 0 });
  assert.deepEqual(topic.sent.toSorted(), ['inc1-2', 'inc1-3', 'inc2-1']);
  assert.deepEqual(await outboxOf(store), []);
  assert.equal(telemetry.total('AlertsUndeliverable', 'shop'), 1);
  assert.match(store.text(incidentKey('inc1')) ?? '', /inc1-1/);
});

test('an alert sent without an answer is left to its receipt', async () => {
  const store = await createBucket([STORY[0]!]);
  const topic = createTopic();
  const publisher: AlertPublisher = {
    async publish(alert) {
      await topic.publish(alert);
      throw new Error('socket hang up');
    },
  };
  const run = createRun(store, { publisher });
  assert.deepEqual(await publishOutbox(run), { published: 0, inFlight: 1 });
  assert.deepEqual(await publishOutbox(run), { published: 0, inFlight: 1 });
  await deliverReceipts(store, topic.sent);
  assert.deepEqual(await publishOutbox(run), { published: 0, inFlight: 0 });
  assert.deepEqual(topic.sent, ['inc1-1']);
  assert.deepEqual(await outboxOf(store), []);
});

test('a run of some detectors sends what is of these alone, and leaves a digest that does not list all of its own', async () => {
  const member = {
    anomalyId: 'x',
    entity: 'a',
    workload: 'a',
    state: 'opened',
    start: '',
    end: null,
  } as const;
  const [shop, disks] = ['shop', 'disks'].map((detector) => ({
    ...member,
    detector,
    summary: '',
    object: '',
  }));
  const store = await createBucket([
    STORY[2]!,
    createAlert({ incidentId: 'other', notificationId: 'other-1', detector: 'disks' }),
    createAlert({ incidentId: 'both', notificationId: 'both-1', members: [shop!, disks!] }),
    createAlert({ incidentId: 'cut', notificationId: 'cut-1', members: [shop!], membersLeftOut: 1 }),
    createAlert({ incidentId: 'whole', notificationId: 'whole-1', members: [shop!], membersLeftOut: 0 }),
  ]);
  const publisher = createTopic();
  const run = createRun(store, { publisher, only: new Set(['shop']) });
  assert.deepEqual(await publishOutbox(run), { published: 2, inFlight: 0 });
  assert.deepEqual(publisher.sent.toSorted(), ['inc2-1', 'whole-1']);
  assert.deepEqual(await outboxOf(store), ['other-1', 'both-1', 'cut-1']);
});

test('a run that is out of time starts nothing', async () => {
  const store = await createBucket();
  const publisher = createTopic();
  const run = createRun(store, { publisher, deadline: { remaining: () => 4_999 } });
  assert.deepEqual(await publishOutbox(run), { published: 0, inFlight: 4 });
  assert.deepEqual(publisher.sent, []);
});

test('alerts that were decided while a run published are not lost', async () => {
  const store = await createBucket([STORY[0]!]);
  const publisher: AlertPublisher = {
    async publish() {
      await setOutbox(store, [
        { alert: STORY[0]!, sequence: 1 },
        { alert: STORY[2]!, sequence: 1 },
      ]);
      return { messageId: 'm' };
    },
  };
  await publishOutbox(createRun(store, { publisher }));
  assert.deepEqual(await outboxOf(store), ['inc2-1']);
});

/** What a subscriber of the topic does, once for each message and once more. */
async function deliverReceipts(store: ObjectStore, sent: readonly string[]): Promise<void> {
  for (const [index, notificationId] of [...sent, ...sent].entries()) {
    const alert = STORY.find((candidate) => candidate.notificationId === notificationId)!;
    await markPublished(store, alert, { messageId: `m${index}`, at: 2_000 });
  }
}

async function dies(run: Promise<unknown>): Promise<boolean> {
  try {
    await run;
    return false;
  } catch (error) {
    if (error instanceof KilledError) return true;
    throw error;
  }
}

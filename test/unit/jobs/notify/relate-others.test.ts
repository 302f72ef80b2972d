/** What moved with the culprit in other detectors: the page finds it, and the next message says it, with no further read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertRelated, DescribedAnomaly } from '../../../../lib/alert/alert.ts';
import { renderAlert } from '../../../../lib/alert/render.ts';
import { DEFAULT_GROUPING } from '../../../../lib/config/grouping.ts';
import type { Incident } from '../../../../lib/incident/contract.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { keepRelated, withRelated } from '../../../../lib/jobs/notify/relate-others.ts';
import { relateWaiting } from '../../../../lib/jobs/notify/relate-waiting.ts';
import { updateState } from '../../../../lib/store/detector-states.ts';
import { NOTIFY_STATE_KEY, windowKey } from '../../../../lib/store/keys.ts';
import { readNotifyState } from '../../../../lib/store/notify-state.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createAnomaly } from '../../../helpers/alerts.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { createTopic } from '../../../helpers/notify-stories.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-22T08:00:00Z');

/** Each rises in the incident, with a noise that both have. */
async function putWindow(store: MemoryObjectStore, detector: string, entity: string): Promise<void> {
  for (const start of [START - 60 * MINUTE, START]) {
    const range = { start, end: start + 60 * MINUTE };
    const times = Float64Array.from({ length: 60 }, (_, row) => start + row * MINUTE);
    const noise = times.map((time) => ((time / MINUTE) * 7) % 11);
    const window = {
      detector,
      range,
      step: MINUTE,
      metrics: ['io'],
      entities: [entity],
      entityOf: new Uint32Array(60),
      times,
      columns: [times.map((time, row) => noise[row]! + (time >= START ? 40 : 0))],
      labels: undefined,
    };
    await store.put(windowKey(detector, range), writeWindow(window, { manifestHash: 'test' }));
  }
}

async function leave(
  store: MemoryObjectStore,
  detector: string,
  entity: string,
  given: { readonly sequence?: number; readonly over?: Partial<DescribedAnomaly> } = {},
): Promise<void> {
  const { sequence = 1, over = {} } = given;
  const anomalyId = `20261122T080000Z-${detector}`;
  const anomaly = createAnomaly({
    detector,
    entity,
    anomalyId,
    changeId: `${anomalyId}-000${sequence}`,
    state: sequence === 1 ? 'opened' : 'resolved',
    reasons: [{ metric: 'io', share: 1, value: 45, usualLow: 0, usualHigh: 11, usual: 5 }],
    lastAnomalous: new Date(START + 30 * MINUTE).toISOString(),
    end: sequence === 1 ? null : new Date(START + 31 * MINUTE).toISOString(),
    objects: {
      window: windowKey(detector, { start: START, end: START + 60 * MINUTE }),
      scores: 's',
    },
    ...over,
  });
  const about = { workload: entity, siblings: 1, dependsOn: [], step: MINUTE };
  await updateState(store, detector, (state) => ({
    ...state,
    outbox: [...state.outbox, { anomaly, sequence, about }],
  }));
}

test("the second message names what moved with it in the other detector, and the run's writes are as many", async () => {
  const memory = createMemoryObjectStore({ now: () => START });
  const calls: string[] = [];
  const store: MemoryObjectStore = {
    ...memory,
    get(key, options) {
      calls.push(`get ${key}`);
      return memory.get(key, options);
    },
    put(key, body, options) {
      calls.push(`put ${key}`);
      return memory.put(key, body, options);
    },
  };
  await putWindow(store, 'shop', 'payment');
  await putWindow(store, 'disks', 'node-1');
  const topic = createTopic(store);
  const context = createNotifyContext(store, {
    publisher: topic,
    renderPage: () => '',
    now: () => START + 60 * MINUTE,
  });
  await leave(store, 'shop', 'payment');
  await leave(store, 'disks', 'node-1');
  calls.length = 0;
  await notify(context, ['shop', 'disks']);
  const stateWrites = calls.filter((call) => call === `put ${NOTIFY_STATE_KEY}`).length;
  assert.equal(stateWrites, 2, 'that it is to be told, and that it is');
  const windows = calls.filter((call) => call.startsWith('get windows/')).length;
  assert.equal(windows, 4, 'of the page alone');
  const { sent } = topic;
  assert.equal(sent.length, 1);
  assert.equal(sent[0]!.related, undefined, 'nobody has looked yet');

  assert.equal(sent[0]!.detector, 'disks');
  await leave(store, 'shop', 'payment', { sequence: 2 });
  await leave(store, 'disks', 'node-1', { sequence: 2 });
  await notify(context, ['shop', 'disks']);
  const end = sent[1]!;
  assert.equal(end.state, 'resolved');
  assert.deepEqual(
    end.related?.map(({ correlation: _, ...each }) => each),
    [{ detector: 'shop', entity: 'payment', metric: 'io' }],
  );
  const { text } = renderAlert(end);
  assert.match(text, /What moved with it, by correlation:\n {2}\+1\.00 {2}payment io, by shop\n/);
  assert.equal((await readNotifyState(store)).state.outbox.length, 0);
});

/** @returns the first message, and what the run before it read and listed of windows */
async function tellFirst(given: {
  readonly detectors: readonly string[];
  readonly over?: (store: MemoryObjectStore, key: string) => Promise<void>;
  readonly withoutPages?: true;
}) {
  const { detectors, over, withoutPages } = given;
  const memory = createMemoryObjectStore({ now: () => START });
  const [reads, lists]: [string[], string[]] = [[], []];
  const store: MemoryObjectStore = {
    ...memory,
    async get(key, options) {
      reads.push(key);
      await over?.(memory, key);
      return memory.get(key, options);
    },
    list(prefix, ...rest) {
      if (prefix.startsWith('windows/')) lists.push(prefix);
      return memory.list(prefix, ...rest);
    },
  };
  for (const detector of detectors) {
    await putWindow(memory, detector, `${detector}-1`);
    await leave(memory, detector, `${detector}-1`);
  }
  const topic = createTopic(memory);
  const waits: number[] = [];
  const telemetry = createMemoryTelemetry();
  let clock = START + 60 * MINUTE;
  const context = createNotifyContext(store, {
    publisher: topic,
    telemetry,
    grouping: { ...DEFAULT_GROUPING, groupWait: 30_000 },
    now: () => clock,
    wakeIn: async (wait) => void waits.push(wait, reads.filter((key) => key.startsWith('windows/')).length),
    ...(withoutPages && { withoutPages }),
  });
  reads.length = 0;
  assert.equal((await notify(context, detectors)).published, 0);
  const windows = reads.filter((key) => key.startsWith('windows/'));
  const listed = lists.length;
  assert.deepEqual(waits, [30_000, 0], 'it is woken in any case, and before anything is read');
  clock += 30_000;
  await notify(context, []);
  assert.equal(topic.sent.length, 1);
  return { first: topic.sent[0]!, windows, listed, telemetry };
}

test('the first message names what moved with it in other detectors of the incident, which is read while it waits', async () => {
  const { first, windows, listed } = await tellFirst({ detectors: ['shop', 'disks'] });
  assert.equal(first.state, 'opened');
  assert.deepEqual(
    first.related?.map(({ correlation: _, ...each }) => each),
    [{ detector: 'shop', entity: 'shop-1', metric: 'io' }],
  );
  assert.equal(windows.length, 4, 'two of each detector');
  assert.equal(listed, 6, 'three days of each');
});

test('of one detector alone, and where nothing else is read, no window is read for the first message', async () => {
  for (const given of [
    { detectors: ['shop'] },
    { detectors: ['shop', 'disks'], withoutPages: true as const },
  ]) {
    const { first, windows, listed } = await tellFirst(given);
    assert.deepEqual([first.related, windows, listed], [undefined, [], 0]);
  }
});

test('a first message goes out at its time where what moved with it cannot be read', async () => {
  const { first, telemetry } = await tellFirst({
    detectors: ['shop', 'disks'],
    over: async (_, key) => {
      if (key.startsWith('windows/')) throw new Error('no answer');
    },
  });
  assert.equal(first.related, undefined);
  assert.ok(telemetry.lines.some(({ message }) => message.startsWith('what moved with an incident')));
});

test('what takes too long to read is given up, and the first message goes out without it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let isFirst = true;
  const { first } = await tellFirst({
    detectors: ['shop', 'disks'],
    over: async (_, key) => {
      if (!key.startsWith('windows/') || !isFirst) return;
      isFirst = false;
      setImmediate(() => t.mock.timers.tick(10_000));
      await new Promise(() => {});
    },
  });
  assert.equal(first.related, undefined);
});

function relate(detector: string, count: number, correlation = 0.9): AlertRelated[] {
  return Array.from({ length: count }, (_, at) => ({
    detector,
    entity: `${detector}-${at}`,
    metric: 'cpu',
    correlation: correlation - at / 100,
  }));
}

test('its own detector leaves room for three of others, and the most alike is first', () => {
  const anomaly = createAnomaly({ anomalyId: 'a', related: relate('shop', 8) });
  const found = relate('disks', 5, 0.885).map((each) => ({ ...each, isMember: true }));
  const kept = keepRelated({ a: anomaly }, [{ anomalyId: 'a', related: found }]);
  const names = kept['a']?.related?.map(({ entity }) => entity);
  assert.deepEqual(names, [
    'shop-0',
    'shop-1',
    'disks-0',
    'shop-2',
    'disks-1',
    'shop-3',
    'disks-2',
    'shop-4',
  ]);
  assert.equal(kept['a']?.related?.[2] && 'isMember' in kept['a'].related[2], false);
  assert.equal(keepRelated(kept, [{ anomalyId: 'a', related: found }]), kept, 'nothing is new');
  assert.equal(keepRelated(kept, [{ anomalyId: 'gone', related: found }]), kept);
  // Of its own detector the page knows nothing that scoring does not say.
  const own = relate('shop', 2).map((each) => ({ ...each, isMember: false }));
  assert.equal(
    keepRelated({ a: createAnomaly() }, [{ anomalyId: 'a', related: own }])['a']?.related,
    undefined,
  );
});

test('a later change keeps what was found of others, and has what scoring found of its own', () => {
  const before = createAnomaly({ related: [...relate('shop', 1), ...relate('disks', 1, 0.8)] });
  const names = (anomaly: DescribedAnomaly): unknown =>
    anomaly.related?.map(({ entity, correlation }) => [entity, correlation]);
  assert.deepEqual(names(withRelated(before, createAnomaly())), [
    ['shop-0', 0.9],
    ['disks-0', 0.8],
  ]);
  assert.deepEqual(names(withRelated(before, createAnomaly({ related: relate('shop', 1, 0.7) }))), [
    ['disks-0', 0.8],
    ['shop-0', 0.7],
  ]);
  // Both watch the same.
  const twice = createAnomaly({ related: [{ ...relate('disks', 1, 0.7)[0]!, detector: 'shop' }] });
  assert.deepEqual(names(withRelated(before, twice)), [['disks-0', 0.7]]);
  assert.equal(withRelated(undefined, createAnomaly()).related, undefined);
});

test('an incident that cannot be looked at, such as one of an anomaly that nothing is known of, is said to be so and costs the run nothing', async () => {
  const telemetry = createMemoryTelemetry();
  const store = createMemoryObjectStore({ now: () => START });
  const members = ['shop', 'disks'].map((detector) => ({
    detector,
    entity: 'a',
    anomalyId: `of-${detector}`,
    start: START,
    dependsOn: [],
  }));
  const incident = { id: 'a', status: 'waiting', members } as unknown as Incident;
  const context = createNotifyContext(store, { publisher: createTopic(store), telemetry });
  const { state } = await readNotifyState(store);
  assert.deepEqual(await relateWaiting(context, { ...state, anomalies: {} }, [incident]), []);
  assert.deepEqual(
    telemetry.lines.map(({ fields }) => fields['incidentId']),
    ['a'],
  );
});

/** Pages of incidents: what they hold, that they are bounded, and that no message waits for one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DescribedAnomaly } from '../../../../lib/alert/alert.ts';
import { type AlertPublisher, PublishRejectedError } from '../../../../lib/alert/publisher.ts';
import type { Verdict } from '../../../../lib/answers/verdict.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import type { NotifyContext } from '../../../../lib/jobs/shared/context.ts';
import { writeVerdict } from '../../../../lib/jobs/shared/write-answers.ts';
import { updateState } from '../../../../lib/store/detector-states.ts';
import { feedbackKey, incidentPageKey, windowKey } from '../../../../lib/store/keys.ts';
import { readNotifyState } from '../../../../lib/store/notify-state.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createAlert, createAnomaly } from '../../../helpers/alerts.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-22T08:00:00Z');

/** An anomaly of each entity, as scoring leaves it. @returns the id of the first one */
async function leave(
  store: MemoryObjectStore,
  entities: readonly string[],
  given: {
    readonly start?: number;
    readonly sequence?: number;
    readonly workload?: string;
    readonly over?: Partial<DescribedAnomaly>;
  } = {},
): Promise<string> {
  const { start = START, sequence = 1, workload = 'payment', over = {} } = given;
  const idOf = (at: number): string =>
    `${new Date(start).toISOString().replaceAll(/[-:]|\.000/g, '')}-${String(at).padStart(4, '0')}`;
  const changes = entities.map((entity, at) => ({
    anomaly: createAnomaly({
      entity,
      anomalyId: idOf(at),
      changeId: `${idOf(at)}-000${sequence}`,
      state: sequence === 1 ? 'opened' : 'resolved',
      start: new Date(start).toISOString(),
      lastAnomalous: new Date(start + 5 * MINUTE).toISOString(),
      end: sequence === 1 ? null : new Date(start + 10 * MINUTE).toISOString(),
      ...over,
    }),
    sequence,
    about: { workload, siblings: 20, dependsOn: [], step: MINUTE },
  }));
  await updateState(store, 'shop', (state) => ({ ...state, outbox: [...state.outbox, ...changes] }));
  return idOf(0);
}

/** A window of an hour in which `memory` is 2, and 9 in the incident. */
async function putWindow(store: MemoryObjectStore, start: number, entity: string): Promise<void> {
  const times = Float64Array.from({ length: 60 }, (_, row) => start + row * MINUTE);
  const range = { start, end: start + 60 * MINUTE };
  const window = {
    detector: 'shop',
    range,
    step: MINUTE,
    metrics: ['memory'],
    entities: [entity],
    entityOf: new Uint32Array(60),
    times,
    columns: [times.map((time) => (time >= START && time < START + 10 * MINUTE ? 9 : 2))],
    labels: undefined,
  };
  await store.put(windowKey('shop', range), writeWindow(window, { manifestHash: 'test' }));
}

function createContext(store: MemoryObjectStore, over: Partial<NotifyContext> = {}): NotifyContext {
  return createNotifyContext(store, {
    renderPage: undefined,
    publisher: { publish: async () => ({ messageId: 'm1' }) },
    now: () => START + 60 * MINUTE,
    ...over,
  });
}

function countPlots(page: string): number {
  return page.match(/<svg /g)?.length ?? 0;
}

test('a page stands once people were told, and is written anew at the end', async () => {
  const store = createMemoryObjectStore();
  for (const hours of [-1, 0]) await putWindow(store, START + hours * 60 * MINUTE, 'payment-0');
  const id = await leave(store, ['payment-0']);
  await notify(createContext(store), ['shop']);
  const opened = store.text(incidentPageKey(id)) ?? '';
  assert.match(opened, /<span class="badge">opened<\/span>/);
  // Wide and narrow.
  assert.equal(countPlots(opened), 2);
  assert.match(opened, /none.*?in the 60 days before/i);
  assert.match(opened, /expects could not be read/, 'its version is not in the bucket');
  await leave(store, ['payment-0'], { sequence: 2 });
  await notify(createContext(store), ['shop']);
  assert.match(store.text(incidentPageKey(id)) ?? '', /<span class="badge">resolved<\/span>/);
});

test('a page says of each pod that lacked something whether it is no longer there', async () => {
  const store = createMemoryObjectStore();
  const pods = ['payment-0', 'payment-1', 'payment-2'];
  const silence = {
    kind: 'metric',
    metrics: ['memory'],
    lastHeard: '2026-11-22T07:59:00.000Z',
    cameLate: false,
  } as const;
  const id = await leave(store, pods, { over: { by: 'silence', silence } });
  await leave(store, pods, { sequence: 2, over: { by: 'silence', silence: { ...silence, isGone: true } } });
  await notify(createContext(store), ['shop']);
  const page = store.text(incidentPageKey(id)) ?? '';
  assert.match(page, /3 of 20 entities: no longer there since/);
  assert.equal(page.match(/last heard at [^<]* It is no longer there\./g)?.length, 3);
});

test('the page of a large incident names thirty members, draws six, and says so', async () => {
  const store = createMemoryObjectStore();
  await putWindow(store, START, 'payment-0');
  const id = await leave(
    store,
    Array.from({ length: 200 }, (_, at) => `payment-${at}`),
  );
  await notify(createContext(store), ['shop']);
  const page = store.text(incidentPageKey(id)) ?? '';
  assert.equal(page.match(/<details class="member"/g)?.length, 29);
  assert.match(page, /170 more anomalies/);
  assert.match(page, /Plots of the first 6 of 30 members/);
});

test('the page of an open incident says as of its newest row, and nothing of what it has not seen', async () => {
  const store = createMemoryObjectStore();
  await putWindow(store, START, 'payment-0');
  // Its rows end an hour after the start; the page is made two hours later.
  const id = await leave(store, ['payment-0']);
  await notify(createContext(store, { now: () => START + 180 * MINUTE }), ['shop']);
  const page = store.text(incidentPageKey(id)) ?? '';
  assert.match(page, /<b>1 h<\/b><span>so far<\/span>/);
  assert.match(page, /<span class="badge">as of [^<]*09:00 UTC<\/span>/);
  assert.match(page, /<dt>Page made<\/dt><dd>[^<]*11:00 UTC/);
});

test('what was deployed shortly before is on the page, and no heading where nothing was', async () => {
  const store = createMemoryObjectStore();
  const rollouts = [
    { workload: 'shop/checkout', at: '2026-11-22T07:51:00.000Z', from: '6d4cf56db6', to: '<b>7f9cb5c8d6' },
    { workload: 'shop/agent', kind: 'DaemonSet', at: '2026-11-22T07:52:00.000Z', from: '4', to: '5' },
  ] as const;
  const id = await leave(store, ['payment-0'], { over: { rollouts } });
  await notify(createContext(store), ['shop']);
  const page = store.text(incidentPageKey(id)) ?? '';
  const [, section = ''] = page.split('<h2>What was deployed</h2>');
  assert.match(section, /^<ul class="related deployed"><li><span class="value">[^<]*07:51<\/span>/);
  assert.match(section, /<code>6d4cf56db6<\/code> to <code>&lt;b&gt;7f9cb5c8d6<\/code>/);
  assert.match(section, /generation <code>4<\/code> to <code>5<\/code>/);
  const without = createMemoryObjectStore();
  const other = await leave(without, ['payment-0']);
  await notify(createContext(without), ['shop']);
  assert.doesNotMatch(without.text(incidentPageKey(other)) ?? '', /What was deployed/);
});

test('the culprit is not listed as somebody else', async () => {
  const store = createMemoryObjectStore();
  await putWindow(store, START, 'payment-0');
  const twice = await leave(store, ['payment-0', 'payment-0']);
  await notify(createContext(store), ['shop']);
  const page = store.text(incidentPageKey(twice)) ?? '';
  assert.match(page, /<h2>What else is part of it<\/h2>/);
  assert.match(page, /<b>payment-<wbr>0<\/b> <span>the culprit again · opened/);
});

test('what comes from data is text, wherever it stands', async () => {
  const store = createMemoryObjectStore();
  const evil = '</title><script>alert(1)</script>';
  await putWindow(store, START, evil);
  const reasons = [{ metric: evil, share: 1, value: 1, usualLow: 0, usualHigh: 1, usual: 0.5 }];
  const over = { reasons, summary: evil, model: { ...createAlert().model, kind: evil } };
  const id = await leave(store, [evil, `${evil}2`], { over });
  await notify(createContext(store), ['shop']);
  const page = store.text(incidentPageKey(id)) ?? '';
  assert.ok(page.includes('&lt;script&gt;alert(1)'));
  assert.ok(!page.includes('<script'));
});

test('what came back is shaded each time that it was there, and is one bar of as many parts', async () => {
  const store = createMemoryObjectStore();
  await putWindow(store, START, 'payment-0');
  const id = await leave(store, ['payment-0']);
  const context = createContext(store);
  await notify(context, ['shop']);
  for (const minutes of [14, 28, 42]) {
    const start = START + minutes * MINUTE;
    await leave(store, ['payment-0'], { start: start - 14 * MINUTE, sequence: 2 });
    await leave(store, ['payment-0'], { start });
    await notify(context, ['shop']);
  }
  const page = store.text(incidentPageKey(id)) ?? '';
  const bars = page.match(/<div class="lane">.*?<\/div>/g) ?? [];
  assert.equal(bars.length, 1);
  assert.deepEqual(bars[0]!.match(/(?<=class=")(?:over|open)/g), ['over', 'over', 'over', 'open']);
  const plot = /<div class="wide"><svg .*?<\/svg>/.exec(page)?.[0] ?? '';
  assert.equal(plot.match(/var\(--incident\)/g)?.length, 4);
});

test('how far it went is on the page where the reasons say less', async () => {
  const page = async (value: number): Promise<string> => {
    const store = createMemoryObjectStore();
    const at = '2026-11-22T08:04:00.000Z';
    const worst = { metric: 'memory', value, at, usualLow: 1, usualHigh: 4, usual: 2 };
    const id = await leave(store, ['payment-0'], { over: { worst } });
    await notify(createContext(store), ['shop']);
    return store.text(incidentPageKey(id)) ?? '';
  };
  assert.match(await page(30), /At worst, at [^<]*08:04 UTC: <code>memory<\/code> 30 \(usual 1–4\)\./);
  assert.doesNotMatch(await page(9.6), /At worst/);
});

test('an incident of the past that is alike is named, one of something else is not', async () => {
  const store = createMemoryObjectStore();
  const reasons = [{ metric: 'disk', share: 1, value: 1, usualLow: 0, usualHigh: 1, usual: 0.5 }];
  const day = 24 * 60 * MINUTE;
  const past = async (
    entity: string,
    start: number,
    over: Partial<DescribedAnomaly> = {},
  ): Promise<string> => {
    const id = await leave(store, [entity], { start, over });
    await notify(createContext(store), ['shop']);
    await leave(store, [entity], { start, over, sequence: 2 });
    await notify(createContext(store), ['shop']);
    return id;
  };
  const old = await past('payment-0', START - 70 * day);
  const other = await past('disk-0', START - 2 * day, { reasons, detector: 'disks' });
  const same = await past('payment-0', START - day);
  const id = await leave(store, ['payment-0']);
  await notify(createContext(store), ['shop']);
  const page = store.text(incidentPageKey(id)) ?? '';
  assert.ok(page.includes(`href="${same}.html"`));
  for (const absent of [other, old]) assert.ok(!page.includes(`${absent}.html`), absent);
});

test('a page says how many of the incidents of its detector that people answered were real', async () => {
  const memory = createMemoryObjectStore();
  const lists: string[] = [];
  const store: MemoryObjectStore = {
    ...memory,
    list(prefix, options) {
      lists.push(prefix);
      return memory.list(prefix, options);
    },
  };
  const day = 24 * 60 * MINUTE;
  const tell = async (start: number, over: Partial<DescribedAnomaly> = {}): Promise<string> => {
    const id = await leave(store, ['payment-0'], { start, over });
    await notify(createContext(store), ['shop']);
    await leave(store, ['payment-0'], { start, over, sequence: 2 });
    await notify(createContext(store), ['shop']);
    return id;
  };
  const answer = (id: string, verdict: Verdict['verdict']): Promise<string> =>
    writeVerdict(store, { formatVersion: 1, id, verdict, at: '2026-11-22T12:00:00Z' });
  const pageOf = (id: string): string => store.text(incidentPageKey(id)) ?? '';

  const first = await tell(START - 5 * day);
  assert.deepEqual(
    lists.filter((prefix) => prefix.startsWith('feedback/')),
    [],
    'nothing is asked for where no incident is before it',
  );
  const second = await tell(START - 4 * day);
  assert.doesNotMatch(pageOf(second), /that people answered/);
  await answer(first, 'true');
  const third = await tell(START - 3 * day);
  assert.match(
    pageOf(third),
    /Of 1 incident of <code>shop<\/code> that people answered, of the 60 days before, it was real\./,
  );
  // Of another detector, and of its own: neither counts.
  await answer(await tell(START - 2 * day, { detector: 'disks' }), 'true');
  await answer(second, 'expected');
  await answer(third, 'true');
  const id = await tell(START);
  await answer(id, 'false');
  assert.match(
    pageOf(id),
    /Of 3 incidents of <code>shop<\/code> that people answered, of the 60 days before, 2 were real\./,
  );

  await store.put(feedbackKey(third), new TextEncoder().encode('yes'));
  lists.length = 0;
  const last = await tell(START + day);
  assert.match(
    pageOf(last),
    /Of 3 incidents of <code>shop<\/code> that people answered, of the 60 days before, 1 was real\./,
  );
  assert.match(pageOf(last), /1 answer of this detector could not be read: tidewatch status says why\./);
  // Once for each of its two pages.
  assert.equal(lists.filter((prefix) => prefix.startsWith('feedback/')).length, 2);
});

test('a page that fails is logged and counted, and the message has gone out', async () => {
  const memory = createMemoryObjectStore();
  const store: MemoryObjectStore = {
    ...memory,
    async put(key, body, options) {
      if (key.endsWith('.html')) throw new Error('no room');
      return memory.put(key, body, options);
    },
  };
  await leave(store, ['payment-0']);
  const telemetry = createMemoryTelemetry();
  assert.partialDeepStrictEqual(await notify(createContext(store, { telemetry }), ['shop']), {
    published: 1,
    open: 1,
  });
  assert.equal(telemetry.total('IncidentPagesFailed', 'shop'), 1);
});

test('a page that never comes to its end keeps no run, and no message in the outbox', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const memory = createMemoryObjectStore();
  await leave(memory, ['payment-0']);
  const store: MemoryObjectStore = {
    ...memory,
    put(key, ...rest) {
      if (!key.endsWith('.html')) return memory.put(key, ...rest);
      setImmediate(() => t.mock.timers.tick(10_000));
      return new Promise(() => {});
    },
  };
  const telemetry = createMemoryTelemetry();
  assert.partialDeepStrictEqual(await notify(createContext(store, { telemetry }), ['shop']), {
    published: 1,
    open: 1,
  });
  assert.equal(telemetry.total('IncidentPagesFailed', 'shop'), 1);
  assert.deepEqual((await readNotifyState(memory)).state.outbox, []);
});

test('an alert that is refused keeps no page of those that were told of from being written', async () => {
  const store = createMemoryObjectStore();
  const told = await leave(store, ['payment-0']);
  const refused = await leave(store, ['disk-0'], { start: START - 40 * MINUTE, workload: 'disk' });
  const publisher: AlertPublisher = {
    async publish({ incidentId }) {
      if (incidentId === refused) throw new PublishRejectedError('throttled', 'SNS said: slow down');
      return { messageId: 'm1' };
    },
  };
  await assert.rejects(notify(createContext(store, { publisher }), ['shop']), /slow down/);
  assert.notEqual(store.text(incidentPageKey(told)), undefined);
});

test('a run that has no time left for pages puts them off, and says how many', async () => {
  const store = createMemoryObjectStore();
  const id = await leave(store, ['payment-0']);
  const telemetry = createMemoryTelemetry();
  const context = createContext(store, { telemetry, deadline: { remaining: () => 15_000 } });
  assert.partialDeepStrictEqual(await notify(context, ['shop']), { published: 1, open: 1 });
  assert.equal(store.text(incidentPageKey(id)), undefined);
  assert.equal(telemetry.total('IncidentPagesPutOff', 'shop'), 1);
  await leave(store, ['payment-0'], { sequence: 2 });
  await notify(createContext(store), ['shop']);
  assert.notEqual(store.text(incidentPageKey(id)), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AnomalyChange } from '../../../lib/incident/contract.ts';
import { findNews } from '../../../lib/incident/worsening.ts';
import { createChange, endOf, MINUTE, NINE } from '../../helpers/anomalies.ts';
import { createIncidentWorld, type IncidentWorld } from './incident-world.ts';

const SECOND = 1000;
const HOUR = 60 * MINUTE;

function pods(
  count: number,
  overrides: (index: number) => Partial<AnomalyChange> = () => ({}),
): AnomalyChange[] {
  return Array.from({ length: count }, (_, i) =>
    createChange({ entity: `shop/payment-5ff676694b-${i}`, siblings: count, ...overrides(i) }),
  );
}

test('an outage of twenty pods within a minute is one message, and one for its end', () => {
  const world = createIncidentWorld();
  const outage = pods(20, (i) => ({ start: NINE + (i % 3) * MINUTE }));
  const arrival = NINE + 5 * MINUTE;
  // They come in twos, over 27 seconds.
  for (let i = 0; i < 20; i += 2) world.at(arrival + i * 1.5 * SECOND, ...outage.slice(i, i + 2));
  assert.deepEqual(world.told(), []);
  world.at(arrival + 30 * SECOND);
  assert.equal(world.sent.length, 1);
  const [first] = world.sent;
  assert.equal(first?.state, 'opened');
  assert.equal(first.members.length, 20);
  assert.ok(first.at - arrival <= MINUTE, 'within a minute of the first anomaly');
  for (const [i, pod] of outage.entries()) world.at(arrival + 20 * MINUTE + i * SECOND, endOf(pod));
  world.tick(arrival + 21 * MINUTE, arrival + 3 * HOUR);
  assert.deepEqual(
    world.sent.map(({ state, sequence }) => [state, sequence]),
    [
      ['opened', 1],
      ['resolved', 2],
    ],
  );
});

test('a scale-up tells nobody; pods that start and stay unlike the others are told of', () => {
  const world = createIncidentWorld();
  const fresh = pods(20, () => ({ isStart: true, siblings: 40 }));
  world.at(NINE, ...fresh);
  world.tick(NINE + MINUTE, NINE + 9 * MINUTE);
  world.at(NINE + 10 * MINUTE, ...fresh.map((pod) => endOf(pod)));
  world.tick(NINE + 11 * MINUTE, NINE + 2 * HOUR);
  assert.deepEqual(world.told(), []);

  const stuck = createIncidentWorld();
  stuck.at(NINE, ...fresh);
  stuck.tick(NINE + MINUTE, NINE + 20 * MINUTE);
  assert.deepEqual(
    stuck.sent.map(({ state, at, members }) => [state, at - NINE, members.length]),
    [['opened', 15 * MINUTE, 20]],
  );
});

test('a cascade over three services is one incident, its culprit first', () => {
  const world = createIncidentWorld();
  const service = (name: string, at: number, dependsOn: readonly string[]): AnomalyChange =>
    createChange({
      detector: name,
      targetService: name,
      workload: name,
      entity: `${name}-5ff676694b-fzj9z`,
      start: NINE + at * MINUTE,
      dependsOn,
    });
  // Noticed at the web first, whose latency is steadiest.
  world.at(NINE + 5 * MINUTE, service('web', 2, ['orders']));
  world.at(NINE + 5 * MINUTE + 5 * SECOND, service('orders', 3, ['database']));
  world.at(NINE + 5 * MINUTE + 20 * SECOND, service('database', 4, []));
  world.at(NINE + 5 * MINUTE + 30 * SECOND);
  assert.deepEqual(
    world.sent.map(({ members }) => members.map(({ detector }) => detector)),
    [['database', 'orders', 'web']],
  );
});

test('the culprit of the first message is known in all of them, whoever leads since and whatever comes back', () => {
  const world = createIncidentWorld();
  const of = (anomalyId: string, entity: string, at: number): AnomalyChange =>
    createChange({ anomalyId, entity, start: NINE + at * MINUTE });
  // What its entity had before was taken back: the first of it is none.
  const gone = of('gone', 'shop/web-0', -1);
  const first = of('first', 'shop/web-0', 0);
  world.at(NINE, gone, { ...gone, sequence: 2, state: 'retracted' }, first);
  world.at(NINE + MINUTE);
  // It began before, and leads from now on.
  world.at(NINE + 2 * MINUTE, of('early', 'shop/web-1', -2));
  world.at(NINE + 32 * MINUTE, endOf(first), of('again', 'shop/web-0', 32));
  world.tick(NINE + 33 * MINUTE, NINE + 26 * 60 * MINUTE);
  assert.ok(world.sent.length >= 2, String(world.sent.length));
  assert.deepEqual(world.sent.at(-1)!.members[0]!.anomalyId, 'early');
  for (const { firstCulprit, members } of world.sent) {
    assert.equal(firstCulprit, 'first');
    assert.ok(members.some(({ anomalyId }) => anomalyId === 'first'));
  }
});

test('whatever order a cascade comes in, it is one incident before anybody is told', () => {
  const chain = [
    ['web', 'orders'],
    ['orders', 'database'],
    ['database', undefined],
  ] as const;
  const service = ([name, needs]: (typeof chain)[number], at: number): AnomalyChange =>
    createChange({
      detector: name,
      targetService: name,
      workload: name,
      entity: `${name}-5ff676694b-fzj9z`,
      start: NINE + at * MINUTE,
      dependsOn: needs === undefined ? [] : [needs],
    });
  const [web, orders, database] = chain.map((each, at) => service(each, 4 - at));
  for (const order of [
    [web, database, orders],
    [database, web, orders],
    [orders, web, database],
  ]) {
    const world = createIncidentWorld();
    for (const [at, change] of order.entries()) world.at(NINE + 5 * MINUTE + at * 5 * SECOND, change!);
    world.at(NINE + 5 * MINUTE + 30 * SECOND);
    assert.deepEqual(
      world.sent.map(({ members }) => members.map(({ detector }) => detector)),
      [['database', 'orders', 'web']],
    );
  }
});

test('incidents that people were told of stay two, and the anomaly between them joins one', () => {
  const world = createIncidentWorld();
  const service = (name: string, dependsOn: readonly string[]): AnomalyChange =>
    createChange({ detector: name, workload: name, entity: `${name}-0`, start: NINE, dependsOn });
  world.at(NINE + MINUTE, service('web', ['orders']), service('database', []));
  world.at(NINE + 2 * MINUTE);
  assert.equal(world.sent.length, 2);
  world.at(NINE + 3 * MINUTE, service('orders', ['database']));
  world.at(NINE + 4 * MINUTE);
  assert.equal(new Set(world.sent.map(({ incidentId }) => incidentId)).size, 2);
});

test('what flaps is called over later each time, and makes few messages', () => {
  const world = createIncidentWorld();
  for (let round = 0; round < 48; round++) {
    const start = NINE + round * 30 * MINUTE;
    const pod = createChange({ start });
    world.at(start + 3 * MINUTE, pod);
    world.tick(start + 4 * MINUTE, start + 9 * MINUTE);
    world.at(start + 10 * MINUTE, endOf(pod));
    world.tick(start + 11 * MINUTE, start + 32 * MINUTE);
  }
  world.tick(NINE + 24 * HOUR, NINE + 27 * HOUR);
  // A day of it; told again after a day, since it is still there.
  assert.ok(world.sent.length <= 7, world.sent.map(({ state }) => state).join());
  assert.equal(world.sent.at(-1)?.state, 'resolved');
  assert.equal(world.sent.at(-1)?.members.length, 2, 'the first time, and the last one');
  // The others stay known, for whoever draws them.
  const { earlier = [] } = world.state.incidents.at(-1)!;
  assert.equal(earlier.length, 46);
  const [second] = earlier;
  assert.deepEqual(
    [second?.entity, second?.start, second?.end],
    [createChange().entity, NINE + 30 * MINUTE, endOf(createChange({ start: NINE + 30 * MINUTE })).end],
  );
});

test('of what an incident no longer lists a hundred stretches are kept, and none that was taken back', () => {
  const world = createIncidentWorld();
  const times = Array.from({ length: 110 }, (_, round) =>
    createChange({ start: NINE + round * 10 * MINUTE, entity: 'shop/payment-0' }),
  );
  for (const [round, pod] of times.entries()) {
    world.at(pod.start + MINUTE, pod);
    world.at(pod.start + 5 * MINUTE, endOf(pod, round === 50 ? { state: 'retracted' } : {}));
  }
  const earlier = () => world.state.incidents.at(-1)?.earlier ?? [];
  assert.equal(earlier().length, 100);
  const ids = new Set(earlier().map(({ anomalyId }) => anomalyId));
  assert.equal(ids.has(times[50]!.anomalyId), false);
  assert.equal(ids.has(times[108]!.anomalyId), true);
  // By corrected data, hours later.
  world.at(times[109]!.start + 6 * MINUTE, endOf(times[108]!, { state: 'retracted', sequence: 3 }));
  assert.equal(earlier().length, 99);
});

test('who joins later joins silently; what makes it louder is told at once', () => {
  const world = createIncidentWorld();
  const mild = (i: number): AnomalyChange =>
    createChange({ entity: `shop/payment-${i}`, level: 1.2, siblings: 10, start: NINE + i * MINUTE });
  world.at(NINE, mild(0));
  world.tick(NINE + MINUTE, NINE + 2 * MINUTE);
  assert.deepEqual(
    world.sent.map(({ severity }) => severity),
    ['info'],
  );
  for (let i = 1; i < 4; i++) world.at(NINE + (2 + i) * MINUTE, mild(i));
  assert.equal(world.sent.length, 1, 'four of ten are no more than one of ten was');
  world.at(NINE + 6 * MINUTE, mild(4));
  assert.deepEqual(
    world.sent.slice(1).map(({ state, severity, members, news }) => [state, severity, members.length, news]),
    [['escalated', 'warning', 5, ['wider']]],
  );
});

test('what lasts grows louder by itself', () => {
  const world = createIncidentWorld();
  world.at(NINE, createChange({ level: 1.2 }));
  world.tick(NINE + MINUTE, NINE + HOUR);
  assert.deepEqual(
    world.sent.map(({ state, severity, at, news }) => [state, severity, (at - NINE) / MINUTE, news]),
    [
      ['opened', 'info', 1, undefined],
      ['escalated', 'warning', 30, ['longer']],
    ],
  );
});

test('what is worse is told with what is new: farther out, of more, or both', () => {
  const first = createChange({ entity: 'shop/payment-0', level: 1.2, siblings: 4 });
  const newsOf = (...changes: readonly AnomalyChange[]) => {
    const world = createIncidentWorld();
    world.at(NINE, first);
    world.tick(NINE + MINUTE, NINE + 2 * MINUTE);
    world.at(NINE + 3 * MINUTE, ...changes);
    world.tick(NINE + 4 * MINUTE, NINE + 8 * MINUTE);
    return world.sent.slice(1).map(({ state, news }) => [state, news]);
  };
  const farther = { ...first, state: 'updated', sequence: 2, level: 4 } as const;
  const other = createChange({ entity: 'shop/payment-1', level: 1.2, siblings: 4 });
  assert.deepEqual(newsOf(farther), [['escalated', ['farther']]]);
  assert.deepEqual(newsOf(farther, other), [['escalated', ['wider', 'farther']]]);
  assert.deepEqual(newsOf({ ...farther, level: 2.6 }), [['updated', ['farther']]]);
  // Two of four are told at once, and who came after them is no news by itself.
  const third = createChange({ entity: 'shop/payment-2', level: 1.2, siblings: 4, start: NINE + MINUTE });
  assert.deepEqual(newsOf(other, third), [['escalated', ['wider']]]);
});

test('of a state from before it was kept how many there were, only what is wide now is known to be wider', () => {
  const pods = [0, 1, 2, 3].map((i) => createChange({ entity: `shop/payment-${i}`, siblings: 4 }));
  const news = (told: { readonly isWide: boolean }) =>
    findNews({ told: { level: 50, ...told }, toldAt: NINE, firstSeen: NINE, members: pods }, NINE + MINUTE);
  assert.deepEqual(news({ isWide: false }), ['wider']);
  assert.deepEqual(news({ isWide: true }), []);
  assert.deepEqual(findNews({ members: pods, firstSeen: NINE }, NINE), []);
});

test('what becomes worse is told once in the interval, and what stays is told again after a day', () => {
  const world = createIncidentWorld();
  const pod = createChange();
  world.at(NINE, pod);
  world.at(NINE + 30 * SECOND);
  for (let i = 1; i < 4; i++)
    world.at(NINE + i * MINUTE, { ...pod, state: 'updated', sequence: 1 + i, level: 50 * 2 ** i });
  world.tick(NINE + 4 * MINUTE, NINE + 25 * HOUR);
  assert.deepEqual(
    world.sent.map(({ state, at, isReminder }) => [state, Math.floor((at - NINE) / MINUTE), isReminder]),
    [
      ['opened', 0, undefined],
      ['updated', 6, undefined],
      ['updated', 24 * 60 + 6, true],
    ],
  );
});

test('an incident is worse as a whole: what one pod of it has reached is no news when others reach it', () => {
  const world = createIncidentWorld();
  const pods = [0, 1, 2, 3].map((i) => createChange({ entity: `pod-${i}`, siblings: 4, level: 5 + i }));
  world.at(NINE, ...pods);
  world.tick(NINE + MINUTE, NINE + 9 * MINUTE);
  const grow = (minute: number, sequence: number, level: number): void => {
    for (const [i, pod] of pods.entries()) {
      world.at(NINE + (minute + 10 * i) * MINUTE, { ...pod, state: 'updated', sequence, level });
      world.tick(NINE + (minute + 1 + 10 * i) * MINUTE, NINE + (minute + 9 + 10 * i) * MINUTE);
    }
  };
  grow(10, 2, 12);
  grow(50, 3, 24);
  grow(90, 4, 49);
  assert.deepEqual(
    world.sent.map(({ state, at }) => [state, Math.floor((at - NINE) / MINUTE)]),
    [
      ['opened', 1],
      ['updated', 50],
      ['updated', 90],
    ],
  );
});

test('an incident that was of one pod for hours and is of most of the workload now is news', () => {
  const world = createIncidentWorld();
  const pod = (i: number): AnomalyChange =>
    createChange({
      entity: `payment-5ff676694b-aaaa${i}`,
      start: NINE + i * HOUR,
      siblings: 6,
      metric: 'memory',
    });
  for (let i = 0; i < 6; i++) {
    world.at(NINE + i * HOUR, pod(i));
    world.tick(NINE + i * HOUR + MINUTE, NINE + (i + 1) * HOUR - MINUTE);
  }
  assert.deepEqual(
    world.sent.map(({ state, at, members }) => [state, Math.floor((at - NINE) / HOUR), members.length]),
    [
      ['opened', 0, 1],
      ['updated', 2, 3],
    ],
  );
});

test('an incident that was of one workload and is of three is news, also where that one was wide', () => {
  const world = createIncidentWorld();
  const pod = (name: string, at: number, minute: number): AnomalyChange =>
    createChange({
      entity: `shop/${name}-5ff676694b-aaaa${at}`,
      workload: name,
      start: NINE + minute * MINUTE,
      siblings: 2,
      metric: 'latency',
    });
  // Both pods, and as loud as it can be.
  world.at(NINE, pod('payment', 0, 0), pod('payment', 1, 0));
  world.tick(NINE + MINUTE, NINE + 7 * MINUTE);
  world.at(NINE + 8 * MINUTE, pod('orders', 0, 8));
  world.tick(NINE + 9 * MINUTE, NINE + 15 * MINUTE);
  assert.equal(world.sent.length, 1, 'two are not much more than one');
  for (const [i, name] of ['web', 'cart', 'mail', 'search'].entries()) {
    const minute = 16 + 8 * i;
    world.at(NINE + minute * MINUTE, pod(name, 0, minute));
    world.tick(NINE + (minute + 1) * MINUTE, NINE + (minute + 7) * MINUTE);
  }
  world.tick(NINE + 48 * MINUTE, NINE + 3 * HOUR);
  assert.deepEqual(
    world.sent.map(({ state, at, members }) => [state, Math.floor((at - NINE) / MINUTE), members.length]),
    [
      ['opened', 1, 2],
      ['updated', 16, 4],
      ['updated', 40, 7],
    ],
  );
});

test('what is open takes in pods of its workload for a day, and hours later none of another one', () => {
  const world = createIncidentWorld();
  const pod = (workload: string, hour: number): AnomalyChange =>
    createChange({
      entity: `shop/${workload}-5ff676694b-aaaa${hour}`,
      workload,
      start: NINE + hour * HOUR,
      siblings: 40,
      metric: 'memory',
    });
  for (const [hour, workload] of ['payment', 'payment', 'payment', 'orders', 'payment', 'orders'].entries()) {
    world.at(NINE + hour * HOUR, pod(workload, hour));
    world.tick(NINE + hour * HOUR + MINUTE, NINE + (hour + 1) * HOUR - MINUTE);
  }
  assert.deepEqual(
    world.sent.map(({ state, at, members }) => [
      state,
      Math.floor((at - NINE) / HOUR),
      members.map(({ workload }) => workload),
    ]),
    [
      ['opened', 0, ['payment']],
      ['opened', 3, ['orders']],
    ],
  );
  assert.deepEqual(
    world.state.incidents.map(({ members }) => members.length),
    [4, 2],
  );
});

test('what began before an incident that is over is not that incident back', () => {
  const world = createIncidentWorld({ groupWait: 0, groupInterval: 0 });
  const pod = createChange({ start: NINE + HOUR });
  world.at(NINE + HOUR, pod);
  world.at(NINE + HOUR + 5 * MINUTE, endOf(pod));
  const late = createChange({ start: NINE });
  world.at(NINE + HOUR + 10 * MINUTE, late);
  assert.equal(world.told().at(-1), `opened ${late.anomalyId}`);
});

test('incidents over the budget of a day come in one digest, most important first; louder ones are told of', () => {
  const world = createIncidentWorld({ incidentsADay: 3, groupBy: [] });
  const one = (i: number, overrides: Partial<AnomalyChange> = {}): AnomalyChange =>
    createChange({ entity: `e${i}`, start: NINE + i * MINUTE, ...overrides });
  for (let i = 0; i < 5; i++) world.at(NINE + i * MINUTE, one(i, { level: 10 * i + 3 }));
  world.at(NINE + 6 * MINUTE, one(5, { cap: 'critical' }));
  world.tick(NINE + 7 * MINUTE, NINE + 22 * HOUR);
  assert.deepEqual(
    world.sent.map(({ state }) => state),
    ['opened', 'opened', 'opened'],
  );
  assert.equal(world.sent.at(-1)?.severity, 'critical');
  world.at(NINE + 22 * HOUR + MINUTE, ...[0, 1, 2, 3, 4].map((i) => endOf(one(i, { level: 10 * i + 3 }))));
  world.tick(NINE + 22 * HOUR + 2 * MINUTE, NINE + 23.5 * HOUR);
  const digest = world.sent.find(({ state }) => state === 'digest');
  assert.equal(new Date(digest!.at).toISOString(), '2026-11-24T08:00:00.000Z');
  assert.deepEqual(
    digest?.members.map(({ entity }) => entity),
    ['e4', 'e3', 'e2'],
  );
  assert.equal(digest?.incidentId, 'digest-20261124T080000Z');
  assert.deepEqual(
    world.sent.filter(({ state }) => state === 'resolved').length,
    2,
    'nobody hears of the end of what he was not told of',
  );
});

test('what was taken back by corrected data gives its place in the day back', () => {
  const world = createIncidentWorld({ incidentsADay: 1, groupBy: [], groupWait: 0, groupInterval: 0 });
  const [first, second, third] = [0, 1, 2].map((i) =>
    createChange({ entity: `e${i}`, start: NINE + i * MINUTE }),
  ) as [AnomalyChange, AnomalyChange, AnomalyChange];
  world.at(NINE, first);
  world.at(NINE + MINUTE, endOf(first, { state: 'retracted' }));
  world.at(NINE + 2 * MINUTE, second);
  world.at(NINE + 3 * MINUTE, third);
  assert.deepEqual(world.told(), [
    `opened ${first.anomalyId}`,
    `retracted ${first.anomalyId}`,
    `opened ${second.anomalyId}`,
  ]);
});

test('an end says what it was: settled', () => {
  const world = createIncidentWorld({ groupWait: 0, groupInterval: 0 });
  const pod = createChange();
  world.at(NINE, pod);
  world.at(NINE + MINUTE, endOf(pod, { state: 'settled' }));
  assert.deepEqual(world.told(), [`opened ${pod.anomalyId}`, `settled ${pod.anomalyId}`]);
});

test('what was over before its first message is told of, and that it is over', () => {
  const world = createIncidentWorld({ groupWait: 0, groupInterval: 0 });
  const pod = createChange();
  world.at(NINE, pod, endOf(pod));
  assert.deepEqual(world.told(), [`opened ${pod.anomalyId}`, `resolved ${pod.anomalyId}`]);
});

test('an anomaly that people were told of before there were incidents goes on where its messages were', () => {
  const world = createIncidentWorld();
  const pod = createChange({ state: 'updated', sequence: 3 });
  world.at(NINE, pod);
  world.tick(NINE + MINUTE, NINE + 10 * MINUTE);
  world.at(NINE + 11 * MINUTE, endOf(pod));
  world.tick(NINE + 12 * MINUTE, NINE + 20 * MINUTE);
  assert.deepEqual(
    world.sent.map(({ state, sequence }) => [state, sequence]),
    [
      ['updated', 3],
      ['resolved', 4],
    ],
  );
});

test('strangers are incidents of their own: by onset, by what they share, and where grouping is off', () => {
  const count = (groupBy: ('detector' | 'namespace')[], ...changes: AnomalyChange[]): number => {
    const world = createIncidentWorld({ groupBy });
    world.at(NINE, ...changes);
    return world.state.incidents.length;
  };
  const other = { detector: 'disks', entity: 'sda', workload: 'sda' };
  assert.equal(
    count(['detector'], createChange(), createChange({ entity: 'b', start: NINE + 10 * MINUTE })),
    1,
  );
  assert.equal(
    count(['detector'], createChange(), createChange({ entity: 'b', start: NINE + 11 * MINUTE })),
    2,
  );
  assert.equal(count(['detector'], createChange(), createChange(other)), 2);
  const shared = { namespace: 'shop' };
  assert.equal(
    count(['detector', 'namespace'], createChange(shared), createChange({ ...other, ...shared })),
    1,
  );
  assert.equal(count([], createChange(), createChange({ entity: 'b' })), 2);
});

test('load that stops at once is one incident, though means show it half an hour later in some services', () => {
  const world = createIncidentWorld();
  const service = (workload: string, minute: number, earliest?: number): AnomalyChange =>
    createChange({
      entity: `shop/${workload}-5ff676694b-fzj9z`,
      workload,
      level: 1.1,
      start: NINE + minute * MINUTE,
      lastAnomalous: NINE + minute * MINUTE,
      ...(earliest !== undefined && { earliestStart: NINE + earliest * MINUTE }),
    });
  const web = service('web', 0);
  world.at(NINE + MINUTE, web);
  world.tick(NINE + 2 * MINUTE, NINE + 23 * MINUTE);
  world.at(NINE + 24 * MINUTE, service('orders', 24, -6));
  world.tick(NINE + 25 * MINUTE, NINE + 34 * MINUTE);
  // Its change says no more when it may have begun.
  const late = service('database', 35, -85);
  world.at(NINE + 35 * MINUTE, late, service('search', 36, -24));
  world.at(NINE + 40 * MINUTE, { ...late, earliestStart: undefined, state: 'updated', sequence: 2 });
  assert.deepEqual(
    world.state.incidents.map(({ members }) => members.map(({ workload }) => workload)),
    [['web', 'orders', 'database', 'search']],
  );
  // Another service, later: that it has the same cause is a guess, and people hear of it.
  assert.deepEqual(
    world.sent
      .filter(({ incidentId }) => incidentId === web.anomalyId)
      .slice(0, 2)
      .map(({ state, at, news, members }) => [state, (at - NINE) / MINUTE, news, members.length]),
    [
      ['opened', 2, undefined, 1],
      ['updated', 24, ['wider'], 2],
    ],
  );
  // An hour after its first onset it takes in no more.
  world.at(NINE + 61 * MINUTE, service('cart', 61, 0));
  assert.equal(world.state.incidents.length, 2);
});

test('in whatever order they come, a mean and what began within it are one incident', () => {
  const sudden = createChange({ entity: 'a', workload: 'a', start: NINE });
  const slow = createChange({
    entity: 'b',
    workload: 'b',
    start: NINE + 30 * MINUTE,
    earliestStart: NINE,
  });
  for (const order of [
    [sudden, slow],
    [slow, sudden],
  ]) {
    const world = createIncidentWorld();
    world.at(NINE + 30 * MINUTE, order[0]!);
    world.at(NINE + 31 * MINUTE, { ...order[0]!, state: 'updated', sequence: 2, earliestStart: undefined });
    world.at(NINE + 32 * MINUTE, order[1]!);
    assert.equal(world.state.incidents.length, 1);
  }
});

test('an incident does not grow for ever: in a large fleet something always begins', () => {
  const world = createIncidentWorld();
  for (let i = 0; i < 30; i++) {
    const start = NINE + i * 5 * MINUTE;
    world.at(start, createChange({ entity: `e${i}`, start }));
  }
  assert.ok(world.state.incidents.length >= 2, `${world.state.incidents.length}`);
});

test('a leak that shows in each pod at its own time is one incident, for a day', () => {
  const world = createIncidentWorld();
  const leak = { metric: 'memory', siblings: 4, level: 1.2 };
  const pod = (name: string, minutes: number, other: Partial<AnomalyChange> = {}): AnomalyChange =>
    createChange({ ...leak, entity: name, start: NINE + minutes * MINUTE, ...other });
  world.at(NINE + 5 * MINUTE, pod('a', 0));
  world.at(NINE + 40 * MINUTE, pod('b', 35));
  world.at(NINE + 3 * HOUR, pod('c', 170), pod('d', 171));
  assert.equal(world.state.incidents.length, 1);
  assert.equal(world.state.incidents[0]?.members.length, 4);
  // Another metric, workload, namespace or detector at another time is another incident.
  const others: readonly Partial<AnomalyChange>[] = [
    { metric: 'cpu' },
    { metric: undefined },
    { workload: 'web' },
    { namespace: 'test' },
    { detector: 'nodes' },
  ];
  for (const [i, other] of others.entries())
    world.at(NINE + 4 * HOUR + i * HOUR, pod(`x${i}`, 240 + i * 60, other));
  assert.equal(world.state.incidents.length, 6);
  world.at(NINE + 25 * HOUR, pod('late', 24 * 60 + 1));
  assert.equal(world.state.incidents.length, 7);
});

test('what is back within half an hour of its end is the same incident, and people hear that it is', () => {
  const first = createChange({ metric: 'cpu', siblings: 3, lastAnomalous: NINE + 9 * MINUTE });
  const told = (...changes: readonly AnomalyChange[]): string[] => {
    const world = createIncidentWorld();
    world.at(NINE + MINUTE, first);
    world.at(NINE + 2 * MINUTE);
    world.at(NINE + 15 * MINUTE, endOf(first));
    world.tick(NINE + 16 * MINUTE, NINE + 25 * MINUTE);
    for (const change of changes) world.at(change.start + 3 * MINUTE, change);
    const until = Math.max(...changes.map(({ start }) => start)) + 20 * MINUTE;
    world.tick(until - 15 * MINUTE, until);
    for (const change of changes) world.at(until, endOf(change));
    world.tick(until + MINUTE, until + 2 * HOUR);
    return world.sent.map(
      ({ state, sequence, backSince }) => `${state} ${sequence}${backSince === undefined ? '' : ' back'}`,
    );
  };
  const again = (minutes: number, overrides: Partial<AnomalyChange> = {}): AnomalyChange =>
    createChange({ metric: 'cpu', siblings: 3, start: NINE + minutes * MINUTE, ...overrides });
  const one = ['opened 1', 'resolved 2', 'updated 3 back', 'resolved 4'];
  const two = ['opened 1', 'resolved 2', 'opened 1', 'resolved 2'];
  assert.deepEqual(told(again(40)), one);
  assert.deepEqual(told(again(41)), two);
  assert.deepEqual(told(again(30, { entity: 'a sibling' })), one);
  assert.deepEqual(told(again(30, { entity: 'a sibling', metric: 'memory' })), two);
  assert.deepEqual(told(again(30, { entity: 'another', workload: 'web' })), two);
  // A pod that starts is not what went wrong before.
  assert.deepEqual(told(again(30, { entity: 'a sibling', isStart: true })), two);
});

test('after days without data, what ended before them and what begins now are two incidents, in any order', () => {
  const pod = (name: string, hour: number): AnomalyChange =>
    createChange({ entity: name, workload: name, level: 1.2, start: NINE + hour * HOUR });
  const before = ['a', 'b'].map((name) => pod(name, 0));
  const back = ['c', 'a', 'b', 'd'].map((name) => pod(name, 47));
  for (const order of [back, back.toReversed()]) {
    const world = createIncidentWorld();
    world.at(NINE, ...before);
    world.at(NINE + MINUTE);
    const now = NINE + 47 * HOUR + MINUTE;
    world.at(now, ...before.map((change) => endOf(change)), ...order);
    world.tick(now + MINUTE, now + 10 * MINUTE);
    assert.deepEqual(
      world.state.incidents.map(({ members }) => members.map(({ entity }) => entity).sort()),
      [
        ['a', 'b'],
        ['a', 'b', 'c', 'd'],
      ],
    );
    assert.deepEqual(
      world.sent.map(({ state }) => state).filter((state) => state !== 'updated'),
      ['opened', 'opened', 'resolved'],
    );
  }
  // Held open for an hour at most: within that it is the same.
  const world = createIncidentWorld();
  world.at(NINE, before[0]!);
  world.at(NINE + MINUTE);
  world.at(NINE + HOUR, endOf(before[0]!), pod('a', 1));
  assert.equal(world.state.incidents.length, 1);
});

test('an interval of hours holds an incident for so long: what comes back within it is the same', () => {
  const pod = (hour: number): AnomalyChange =>
    createChange({ entity: 'a', workload: 'a', level: 1.2, start: NINE + hour * HOUR });
  const back = (hour: number): number => {
    const world = createIncidentWorld({ groupInterval: 4 * HOUR });
    world.at(NINE, pod(0));
    world.at(NINE + MINUTE);
    world.at(NINE + 20 * MINUTE, endOf(pod(0)));
    world.at(NINE + hour * HOUR, pod(hour));
    return world.state.incidents.length;
  };
  assert.equal(back(3), 1);
  assert.equal(back(6), 2);
});

test('what departs from a level that has settled is a new incident, however soon', () => {
  const first = createChange({ metric: 'cpu' });
  const idsAfter = (state: AnomalyChange['state']): number => {
    const world = createIncidentWorld();
    world.at(NINE, first);
    world.tick(NINE + MINUTE, NINE + 5 * MINUTE);
    world.at(NINE + 6 * MINUTE, endOf(first, { state }));
    world.tick(NINE + 7 * MINUTE, NINE + 19 * MINUTE);
    world.at(NINE + 20 * MINUTE, createChange({ metric: 'cpu', start: NINE + 20 * MINUTE }));
    world.tick(NINE + 21 * MINUTE, NINE + 30 * MINUTE);
    return new Set(world.sent.map(({ incidentId }) => incidentId)).size;
  };
  assert.deepEqual([idsAfter('resolved'), idsAfter('settled')], [1, 2]);
});

test('what is back and louder says both', () => {
  const first = createChange({ metric: 'cpu', level: 1.5 });
  const back = createChange({ metric: 'cpu', level: 9, start: NINE + 20 * MINUTE });
  const world = createIncidentWorld();
  world.at(NINE, first);
  world.tick(NINE + MINUTE, NINE + 5 * MINUTE);
  world.at(NINE + 6 * MINUTE, endOf(first));
  world.tick(NINE + 7 * MINUTE, NINE + 19 * MINUTE);
  world.at(NINE + 20 * MINUTE, back);
  world.tick(NINE + 21 * MINUTE, NINE + 30 * MINUTE);
  assert.deepEqual(
    world.sent.map(({ state, backSince }) => [state, backSince]),
    [
      ['opened', undefined],
      ['resolved', undefined],
      ['escalated', back.start],
    ],
  );
});

test('of what one pod of a workload began before the end of another, people hear in the same incident', () => {
  for (const state of ['resolved', 'settled'] as const)
    for (const began of [60, 340, -20]) {
      const world = createIncidentWorld();
      const first = createChange({ entity: 'payment-0', metric: 'memory' });
      world.at(NINE + 5 * MINUTE, first);
      world.tick(NINE + 6 * MINUTE, NINE + 10 * MINUTE);
      const end = NINE + 6 * 60 * MINUTE;
      world.at(end + 9 * MINUTE, { ...endOf(first, { lastAnomalous: end - MINUTE, end }), state });
      world.tick(end + 10 * MINUTE, end + 20 * MINUTE);
      // A drift is told six hours after its first row.
      const drift = { entity: 'payment-1', metric: 'memory', start: NINE + began * MINUTE };
      world.at(end + 60 * MINUTE, createChange({ ...drift, lastAnomalous: end + 60 * MINUTE }));
      world.tick(end + 61 * MINUTE, end + 65 * MINUTE);
      assert.deepEqual(
        world.told(),
        [
          `opened shop-payment-0-${NINE}`,
          `${state} shop-payment-0-${NINE}`,
          `updated shop-payment-0-${NINE}`,
        ],
        `${state}, ${began}`,
      );
    }
});

test('what was over before an incident began is not there again', () => {
  const world = createIncidentWorld();
  const first = createChange({ entity: 'payment-0', metric: 'memory' });
  world.at(NINE + 5 * MINUTE, first);
  world.tick(NINE + 6 * MINUTE, NINE + 10 * MINUTE);
  const end = NINE + 2 * 60 * MINUTE;
  world.at(end + 9 * MINUTE, endOf(first, { lastAnomalous: end - MINUTE, end }));
  world.tick(end + 10 * MINUTE, end + 20 * MINUTE);
  const late = { entity: 'payment-1', metric: 'memory', start: NINE - 90 * MINUTE };
  world.at(end + 21 * MINUTE, createChange({ ...late, lastAnomalous: NINE - 60 * MINUTE }));
  world.tick(end + 22 * MINUTE, end + 25 * MINUTE);
  assert.deepEqual(world.told(), [
    `opened shop-payment-0-${NINE}`,
    `resolved shop-payment-0-${NINE}`,
    `opened shop-payment-1-${late.start}`,
  ]);
});

test('what nobody was told of is not there again: it is new', () => {
  const start = createChange({ metric: 'cpu', isStart: true });
  const world = createIncidentWorld();
  world.at(NINE, start);
  world.at(NINE + 5 * MINUTE, endOf(start));
  world.tick(NINE + 6 * MINUTE, NINE + 16 * MINUTE);
  world.at(NINE + 20 * MINUTE, createChange({ metric: 'cpu', start: NINE + 20 * MINUTE }));
  world.tick(NINE + 21 * MINUTE, NINE + 30 * MINUTE);
  assert.deepEqual(
    world.sent.map(({ state, sequence }) => `${state} ${sequence}`),
    ['opened 1'],
  );
});

test('what was back, and was taken back before people heard so, is not told of', () => {
  const first = createChange({ metric: 'cpu' });
  const back = createChange({ metric: 'cpu', start: NINE + 13 * MINUTE });
  const world = createIncidentWorld();
  world.at(NINE, first);
  world.tick(NINE + MINUTE, NINE + 5 * MINUTE);
  world.at(NINE + 6 * MINUTE, endOf(first));
  world.tick(NINE + 7 * MINUTE, NINE + 12 * MINUTE);
  world.at(NINE + 13 * MINUTE, back);
  assert.equal(world.state.incidents[0]!.status, 'told');
  world.at(NINE + 14 * MINUTE, endOf(back, { state: 'retracted' }));
  world.tick(NINE + 15 * MINUTE, NINE + 3 * HOUR);
  assert.deepEqual(
    world.sent.map(({ state }) => state),
    ['opened', 'resolved'],
  );
  assert.equal(world.state.incidents[0]!.status, 'closed');
});

test('the same changes again, in any order and cut in any way, tell nothing twice', () => {
  const story = pods(4).flatMap((pod) => [
    pod,
    { ...pod, state: 'updated' as const, sequence: 2 },
    endOf(pod, { sequence: 3 }),
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat(story.length - 1), { maxLength: 40 }), (repeats) => {
      const world = createIncidentWorld({ groupWait: 0, groupInterval: 0 });
      for (const change of story) world.at(NINE, change);
      const told = world.told();
      for (const index of repeats) world.at(NINE, story[index]!);
      assert.deepEqual(world.told(), told);
    }),
  );
});

test('what corrected data take back is told at once, also after its end, and once', () => {
  const [one, other] = pods(2);
  const retracted = (change: AnomalyChange): AnomalyChange => endOf(change, { state: 'retracted' });
  const open = createIncidentWorld();
  open.at(NINE, one!, other!);
  open.tick(NINE + MINUTE, NINE + 5 * MINUTE);
  open.at(NINE + 6 * MINUTE, retracted(one!));
  assert.deepEqual(open.told(), [`opened ${one!.anomalyId}`], 'the other one is still there');
  const [message] = open.at(NINE + 7 * MINUTE, retracted(other!));
  assert.deepEqual([message?.state, message?.sequence, open.sent.length], ['retracted', 2, 2]);

  const over = createIncidentWorld();
  over.at(NINE, one!);
  over.tick(NINE + MINUTE, NINE + 5 * MINUTE);
  over.at(NINE + 6 * MINUTE, endOf(one!));
  over.tick(NINE + 7 * MINUTE, NINE + 2 * HOUR);
  over.at(NINE + 2 * HOUR, retracted(endOf(one!)), retracted(endOf(one!)));
  over.tick(NINE + 2 * HOUR, NINE + 9 * HOUR);
  over.at(NINE + 9 * HOUR, retracted(endOf(one!)));
  assert.deepEqual(
    over.told(),
    ['opened', 'resolved', 'retracted'].map((state) => `${state} ${one!.anomalyId}`),
  );
});

test('what nobody was told of is not taken back, and what was there leads what was not', () => {
  const [one, other] = pods(2, (i) => ({ start: NINE + i * MINUTE }));
  const untold = createIncidentWorld();
  untold.at(NINE, one!);
  untold.at(NINE + 10, endOf(one!, { state: 'retracted' }));
  untold.tick(NINE + MINUTE, NINE + HOUR);
  assert.deepEqual(untold.told(), []);

  const mixed = createIncidentWorld();
  mixed.at(NINE, one!, other!);
  mixed.tick(NINE + MINUTE, NINE + 5 * MINUTE);
  mixed.at(NINE + 6 * MINUTE, endOf(one!, { state: 'retracted' }), endOf(other!));
  mixed.tick(NINE + 7 * MINUTE, NINE + HOUR);
  const last = mixed.sent.at(-1)!;
  assert.deepEqual([last.state, last.members[0]?.entity], ['resolved', other!.entity]);
});

test('what begins after one that was taken back has not come back', () => {
  const [one] = pods(1);
  const again = createChange({ ...one!, anomalyId: 'later', start: NINE + HOUR });
  const flapsAfter = (state: AnomalyChange['state']): number | undefined => {
    const world = createIncidentWorld();
    world.at(NINE, one!);
    world.tick(NINE + MINUTE, NINE + 5 * MINUTE);
    world.at(NINE + 6 * MINUTE, endOf(one!, { state }));
    world.tick(NINE + 7 * MINUTE, NINE + HOUR);
    world.at(NINE + HOUR, again);
    return world.state.incidents.at(-1)?.flaps;
  };
  assert.deepEqual([flapsAfter('resolved'), flapsAfter('retracted')], [1, 0]);
});

/** Looks at what is due until then, and nothing else. */
function lookWhenDue(world: IncidentWorld, until: number): void {
  for (let { due } = world; due <= until; due = Math.max(world.due, due + 1)) world.at(due);
}

test('a look at what is due, when it is, tells all that a look every minute does', () => {
  const change = fc.record({
    entity: fc.constantFrom('a', 'b', 'c'),
    at: fc.nat(2 * 24 * 60),
    lasts: fc.integer({ min: 1, max: 600 }),
    level: fc.constantFrom(1.2, 50),
    cap: fc.constantFrom('warning', 'critical'),
    isStart: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), fc.boolean(), (changes, isGrouped) => {
      const events = changes
        .flatMap(({ entity, at, lasts, ...rest }) => {
          const start = NINE + at * MINUTE;
          const opened = createChange({ ...rest, entity, workload: entity, start });
          // Between two ticks.
          const came = start + 3.5 * MINUTE;
          return [
            { at: came, change: opened },
            { at: came + lasts * MINUTE, change: endOf(opened) },
          ];
        })
        .sort((a, b) => a.at - b.at);
      const told = [true, false].map((isTicking) => {
        const world = createIncidentWorld({ incidentsADay: 1, ...(!isGrouped && { groupBy: [] }) });
        let time = NINE;
        const passTo = (until: number): void => {
          for (; isTicking && time < until; time += MINUTE) {
            lookWhenDue(world, time);
            world.at(time);
          }
          lookWhenDue(world, until);
        };
        for (const { at, change } of events) {
          passTo(at);
          world.at(at, change);
        }
        passTo(NINE + 4 * 24 * HOUR);
        return world.sent.map(({ state, incidentId, at }) => [state, incidentId, at - NINE]);
      });
      assert.deepEqual(told[1], told[0]);
    }),
    { numRuns: 40 },
  );
});

test('what the budget held back is looked at when it has lasted, and when there is room for it', () => {
  const world = createIncidentWorld({ incidentsADay: 1, groupBy: [], groupWait: 0 });
  world.at(NINE, createChange({ entity: 'a', cap: 'critical' }));
  world.at(NINE + MINUTE, createChange({ entity: 'b', level: 1.2, cap: 'critical' }));
  assert.equal(world.state.incidents[1]?.status, 'held');
  assert.equal(world.due, NINE + 31 * MINUTE);
  world.at(world.due);
  assert.equal(world.state.incidents[1]?.severity, 'critical');
  lookWhenDue(world, NINE + 24 * HOUR);
  assert.deepEqual(
    world.sent.map(({ state, at }) => [state, (at - NINE) / HOUR]),
    [
      ['opened', 0],
      ['digest', 23],
      ['updated', 24],
      ['opened', 24],
    ],
  );
});

test('what was forgotten by then is forgotten, whether or not somebody looked meanwhile', () => {
  const world = createIncidentWorld({ groupWait: 0, groupInterval: 0 });
  const first = createChange();
  world.at(NINE, first, endOf(first));
  world.at(NINE + 7 * HOUR, createChange({ start: NINE + 7 * HOUR }));
  assert.deepEqual(
    world.state.incidents.map(({ flaps }) => flaps),
    [0],
  );
});

const EIGHT_BERLIN = { time: 8 * HOUR, timeZone: 'Europe/Berlin' };

test('incidents of a detector with a digest are told of there, each once, whatever the budget', () => {
  const world = createIncidentWorld();
  const pod = createChange({ digest: EIGHT_BERLIN });
  const later = createChange({
    entity: 'shop/web-0',
    workload: 'web',
    digest: EIGHT_BERLIN,
    start: NINE + 2 * HOUR,
  });
  world.at(NINE, pod);
  world.tick(NINE + MINUTE, NINE + HOUR);
  world.at(NINE + HOUR, endOf(pod));
  world.at(NINE + 2 * HOUR, later);
  assert.equal(world.state.openings.length, 0);
  world.tick(NINE + 2 * HOUR + MINUTE, NINE + 48 * HOUR);
  // Eight in Berlin is seven by UTC in winter. Nothing is sent for an end, and none on the day after.
  assert.deepEqual(
    world.sent.map(({ state, incidentId, at, members }) => [
      state,
      incidentId,
      new Date(at).toISOString(),
      members.map(({ entity }) => entity),
    ]),
    [
      [
        'digest',
        'digest-20261124T070000Z',
        '2026-11-24T07:00:00.000Z',
        ['shop/payment-5ff676694b-fzj9z', 'shop/web-0'],
      ],
    ],
  );
});

test('the run that a digest is due for is foretold', () => {
  const world = createIncidentWorld();
  const pod = createChange({ digest: EIGHT_BERLIN });
  world.at(NINE, pod);
  world.at(NINE + MINUTE, endOf(pod));
  world.at(NINE + 2 * MINUTE);
  assert.equal(new Date(world.due).toISOString(), '2026-11-24T07:00:00.000Z');
});

test('what is critical is told of at once, also where it becomes so after its digest', () => {
  const world = createIncidentWorld();
  world.at(NINE, createChange({ digest: EIGHT_BERLIN, cap: 'critical' }));
  world.tick(NINE + MINUTE, NINE + 5 * MINUTE);
  assert.deepEqual(
    world.sent.map(({ state, severity }) => [state, severity]),
    [['opened', 'critical']],
  );

  const grows = createIncidentWorld();
  const pod = createChange({
    digest: EIGHT_BERLIN,
    cap: 'critical',
    level: 1.5,
    start: NINE - 2 * HOUR - 20 * MINUTE,
  });
  const first = pod.start + 15 * MINUTE;
  grows.at(first, pod);
  grows.tick(first + MINUTE, NINE + 4 * HOUR);
  assert.deepEqual(
    grows.sent.map(({ state, severity }) => [state, severity]),
    [
      ['digest', 'warning'],
      ['opened', 'critical'],
    ],
  );
});

test('an anomaly of a detector without a digest has the incident told of, before the digest and after it', () => {
  for (const joinsAt of [5 * MINUTE, 70 * MINUTE]) {
    const start = Date.parse('2026-11-24T06:00:00Z');
    const world = createIncidentWorld();
    const pod = createChange({ digest: EIGHT_BERLIN, start, metric: 'cpu' });
    world.at(start + MINUTE, pod);
    world.tick(start + 2 * MINUTE, start + joinsAt);
    world.at(
      start + joinsAt,
      createChange({ ...pod, detector: 'web', anomalyId: 'w', digest: undefined, namespace: 'shop' }),
    );
    world.tick(start + joinsAt + MINUTE, start + joinsAt + 2 * MINUTE);
    assert.equal(world.sent.at(-1)?.state, 'opened', `joined ${joinsAt / MINUTE} min later`);
  }
});

test('over the budget and by a manifest: what is due at one time is one digest, each at its own time otherwise', () => {
  const one = (name: string, overrides: Partial<AnomalyChange> = {}): AnomalyChange =>
    createChange({ entity: name, detector: name, ...overrides });
  const send = (digest: AnomalyChange['digest']): readonly (readonly [string, number])[] => {
    const world = createIncidentWorld({ incidentsADay: 1, groupBy: [] });
    world.at(NINE, one('a'));
    world.at(NINE + MINUTE, one('b', { start: NINE + MINUTE }));
    world.at(NINE + 2 * MINUTE, one('c', { start: NINE + 2 * MINUTE, digest }));
    world.tick(NINE + 3 * MINUTE, NINE + 23.5 * HOUR);
    return world.sent.flatMap(({ state, incidentId, members }) =>
      state === 'digest' ? [[incidentId, members.length] as const] : [],
    );
  };
  assert.deepEqual(send({ time: 8 * HOUR }), [['digest-20261124T080000Z', 2]]);
  assert.deepEqual(send(EIGHT_BERLIN), [
    ['digest-20261124T070000Z', 1],
    ['digest-20261124T080000Z', 1],
  ]);
});

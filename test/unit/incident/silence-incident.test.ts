/** What a silence keeps from being told, and what is told once it is over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Silencing } from '../../../lib/answers/silencing.ts';
import { DEFAULT_GROUPING } from '../../../lib/config/grouping.ts';
import { advanceIncidents, NO_INCIDENTS } from '../../../lib/incident/advance.ts';
import type { AnomalyChange, IncidentsState } from '../../../lib/incident/contract.ts';

const MINUTE = 60_000;
const silencing = (until: number, over: Partial<Silencing> = {}): Silencing => ({
  name: 'night',
  matchers: [{ name: 'detector', operator: '=', value: 'shop' }],
  until,
  ...over,
});

function change(over: Partial<AnomalyChange> = {}): AnomalyChange {
  const { entity = 'a-0', sequence = 1 } = over;
  return {
    anomalyId: `x-${entity}`,
    state: sequence === 1 ? 'opened' : 'resolved',
    sequence,
    detector: 'shop',
    entity,
    start: 0,
    lastAnomalous: MINUTE,
    ...(sequence > 1 && { end: 2 * MINUTE }),
    level: 1.5,
    cap: 'critical',
    workload: 'a',
    siblings: 9,
    dependsOn: [],
    step: MINUTE,
    ...over,
  };
}

interface World {
  state: IncidentsState;
  due: number;
  readonly told: string[];
  at(minute: number, silencings: readonly Silencing[], ...changes: readonly AnomalyChange[]): void;
}

function createWorld(incidentsADay = 10): World {
  const world: World = {
    state: NO_INCIDENTS,
    due: Infinity,
    told: [],
    at(minute, silencings, ...changes) {
      const advanced = advanceIncidents({
        state: world.state,
        changes,
        silencings,
        policy: { ...DEFAULT_GROUPING, incidentsADay },
        now: minute * MINUTE,
      });
      world.state = advanced.state;
      world.due = advanced.due;
      world.told.push(...advanced.notifications.map(({ state }) => `${minute} ${state}`));
    },
  };
  return world;
}

test('what is still open when its silence ends is told then, and nobody is woken before', () => {
  const world = createWorld();
  const silences = [silencing(60 * MINUTE)];
  world.at(0, silences, change());
  world.at(1, silences);
  assert.deepEqual([world.told, world.due], [[], Infinity]);
  assert.equal(world.state.incidents[0]?.silencedBy, 'night');
  world.at(59, silences);
  world.at(60, silences);
  assert.deepEqual(world.told, ['60 opened']);
  assert.equal(world.state.incidents[0]?.silencedBy, undefined);
});

test('what comes back after a silence during which it ended is told anew, and is no continuation', () => {
  const world = createWorld();
  world.at(0, [], change());
  world.at(1, []);
  const silences = [silencing(20 * MINUTE)];
  world.at(5, silences);
  world.at(6, silences, change({ sequence: 2 }));
  for (let minute = 7; minute < 20; minute++) world.at(minute, silences);
  assert.equal(world.state.incidents[0]?.status, 'closed');
  world.at(21, [], change({ anomalyId: 'y', start: 20 * MINUTE, lastAnomalous: 21 * MINUTE }));
  world.at(22, []);
  assert.equal(world.told.at(-1), '22 opened');
  assert.equal(world.state.incidents.length, 2);
});

test('what is over before its silence, or at its very end, is never told, and says why', () => {
  for (const minute of [30, 60]) {
    const world = createWorld();
    const silences = [silencing(60 * MINUTE)];
    world.at(0, silences, change());
    world.at(minute, silences, change({ sequence: 2 }));
    world.at(90, silences);
    assert.deepEqual(world.told, []);
    const [incident] = world.state.incidents;
    assert.deepEqual([incident?.status, incident?.silencedBy], ['closed', 'night']);
  }
});

test('one anomaly that no silence is about has the whole incident told', () => {
  const world = createWorld();
  const silences = [silencing(60 * MINUTE, { matchers: [{ name: 'entity', operator: '=', value: 'a-0' }] })];
  world.at(0, silences, change());
  world.at(1, silences);
  assert.deepEqual(world.told, []);
  world.at(2, silences, change({ entity: 'a-1' }));
  assert.deepEqual(world.told, ['2 opened']);
});

test('what was told before is not told louder within its silence, but its end is', () => {
  const world = createWorld();
  world.at(0, [], change());
  world.at(1, []);
  const silences = [silencing(600 * MINUTE)];
  world.at(40, silences);
  assert.deepEqual(world.told, ['1 opened'], 'it is long by now, and so louder');
  world.at(50, silences, change({ sequence: 2 }));
  world.at(60, silences);
  assert.deepEqual(world.told, ['1 opened', '60 resolved']);
});

test('a silence of what is mild lets through what becomes loud', () => {
  const world = createWorld();
  const silences = [
    silencing(600 * MINUTE, { matchers: [{ name: 'severity', operator: '!=', value: 'critical' }] }),
  ];
  world.at(0, silences, change());
  world.at(1, silences);
  assert.deepEqual(world.told, []);
  world.at(30, silences);
  assert.deepEqual(world.told, ['30 opened']);
});

test('the digest leaves out what is silenced', () => {
  for (const silences of [[], [silencing(600 * MINUTE)]]) {
    const world = createWorld(1);
    world.at(0, [], change({ detector: 'other', level: 9 }));
    world.at(1, []);
    world.at(2, [], change({ entity: 'b', level: 1 }));
    world.at(3, []);
    assert.deepEqual(world.told, ['1 opened']);
    world.at(9 * 60, silences);
    assert.equal(world.told.includes('540 digest'), silences.length === 0, String(world.told));
  }
});

test('what was over before a silence began is in the digest, whether or not that holds when it goes out', () => {
  for (const until of [3, 9])
    for (const digest of [undefined, { time: 8 * 60 * MINUTE }]) {
      const world = createWorld(0);
      const held = { cap: 'warning', digest } as const;
      world.at(0, [], change(held));
      world.at(1, []);
      world.at(20, [], change({ ...held, sequence: 2 }));
      for (let at = 2 * 60; at <= 9 * 60; at += 30)
        world.at(at, at < until * 60 ? [silencing(until * 60 * MINUTE)] : []);
      assert.deepEqual(world.told, [`${8 * 60} digest`]);
      assert.deepEqual(
        world.state.incidents.map(({ silencedBy }) => silencedBy),
        [],
      );
    }
});

test("what is silenced when its detector's digest goes out is in the next one, and in one alone", () => {
  const world = createWorld();
  const cap = 'warning';
  const digest = { time: 60 * MINUTE };
  world.at(0, [], change({ cap, digest }));
  world.at(1, [], change({ cap, digest, entity: 'b', workload: 'b', start: 20 * MINUTE }));
  // The silence is over a minute after the digest of one o'clock.
  for (let at = 2; at <= 60; at++) world.at(at, [silencing(61 * MINUTE)]);
  for (let at = 61; at <= 70; at++) world.at(at, []);
  assert.deepEqual(world.told, []);
  world.at(25 * 60 + 1, []);
  world.at(49 * 60 + 1, []);
  assert.deepEqual(world.told, [`${25 * 60 + 1} digest`]);
});

test('what is silenced when its digest would go out, and has none in its manifest any more, is told of after the silence', () => {
  const world = createWorld();
  const digested = { cap: 'warning', digest: { time: 60 * MINUTE } } as const;
  world.at(0, [], change(digested));
  world.at(1, []);
  world.at(
    2,
    [silencing(61 * MINUTE)],
    change({ cap: 'warning', sequence: 2, end: undefined, state: 'updated' }),
  );
  for (let at = 3; at <= 60; at++) world.at(at, [silencing(61 * MINUTE)]);
  for (const { ownDigestDue } of world.state.incidents) assert.ok(Number.isFinite(ownDigestDue));
  world.at(61, []);
  assert.deepEqual(world.told, ['61 opened']);
});

test('what was told, is back within a silence and over before it ends is told no more', () => {
  const world = createWorld();
  world.at(0, [], change());
  world.at(1, []);
  world.at(2, [], change({ sequence: 2 }));
  world.at(7, []);
  const told = ['1 opened', '7 resolved'];
  assert.deepEqual(world.told, told);
  const silences = [silencing(60 * MINUTE)];
  const again = { anomalyId: 'again', start: 8 * MINUTE, lastAnomalous: 9 * MINUTE };
  world.at(10, silences, change(again));
  world.at(20, silences);
  world.at(30, silences, change({ ...again, sequence: 2, end: 29 * MINUTE }));
  world.at(61, []);
  assert.deepEqual(world.told, told);
  assert.deepEqual(
    world.state.incidents.map(({ status, silencedBy }) => [status, silencedBy]),
    [['closed', 'night']],
  );
});

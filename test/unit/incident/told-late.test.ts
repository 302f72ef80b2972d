/** What becomes of an incident some of whose members are over, or were only starts, before or after people hear of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { membersTold } from '../../../lib/alert/summarize-incident.ts';
import type { Silencing } from '../../../lib/answers/silencing.ts';
import { DEFAULT_GROUPING } from '../../../lib/config/grouping.ts';
import { advanceIncidents, NO_INCIDENTS } from '../../../lib/incident/advance.ts';
import type { AnomalyChange, IncidentsState, Notification } from '../../../lib/incident/contract.ts';
import { rankMembers } from '../../../lib/incident/rank-members.ts';
import { createChange, MINUTE, NINE } from '../../helpers/anomalies.ts';

const ALL: readonly Silencing[] = [
  { name: 's', matchers: [{ name: 'detector', operator: '=~', value: '.*' }] },
];

function change(over: Partial<AnomalyChange>): AnomalyChange {
  return createChange({
    entity: 'shop/a',
    workload: 'web',
    namespace: 'shop',
    siblings: 10,
    level: 1.5,
    cap: 'warning',
    start: NINE,
    lastAnomalous: NINE + MINUTE,
    ...over,
  });
}

function over(of: AnomalyChange, minute: number): AnomalyChange {
  return { ...of, state: 'resolved', sequence: of.sequence + 1, end: NINE + minute * MINUTE };
}

function createWorld(incidentsADay = DEFAULT_GROUPING.incidentsADay) {
  let state: IncidentsState = NO_INCIDENTS;
  const sent: Notification[] = [];
  return {
    sent,
    /** Minutes until something is due. */
    at(
      minute: number,
      changes: readonly AnomalyChange[] = [],
      silencings: readonly Silencing[] = [],
    ): number {
      const now = NINE + minute * MINUTE;
      const policy = { ...DEFAULT_GROUPING, incidentsADay };
      const advanced = advanceIncidents({ state, changes, policy, silencings, now });
      state = advanced.state;
      sent.push(...advanced.notifications);
      return (advanced.due - now) / MINUTE;
    },
    said: () =>
      sent.map((each) => `${each.state} ${each.severity} ${membersTold(each)[0]!.entity} ${each.news ?? ''}`),
  };
}

test('what was critical and is over makes nothing louder that is open, and is waited for by nobody', () => {
  const [critical, mild] = [change({ cap: 'critical' }), change({ entity: 'shop/b', start: NINE + MINUTE })];
  const silenced = createWorld();
  silenced.at(2, [critical, mild], ALL);
  silenced.at(60, [over(critical, 58)], ALL);
  assert.ok(silenced.at(120) > 0);
  assert.ok(silenced.at(121) > 0);
  assert.deepEqual(silenced.said(), ['opened warning shop/b ']);

  for (const incidentsADay of [10, 0]) {
    const started = createWorld(incidentsADay);
    started.at(2, [{ ...critical, isStart: true }, mild]);
    started.at(12, [over({ ...critical, isStart: true }, 10)]);
    for (let minute = 20; minute < 60; minute++) assert.ok(started.at(minute) > 0, `${minute}`);
    assert.ok(started.sent.length <= 2, started.said().join('; '));
  }
});

test('of a backlog only what is open is told, and no louder a minute later', () => {
  const world = createWorld();
  const many = Array.from({ length: 5 }, (_, i) =>
    change({ entity: `shop/p${i}`, siblings: 6, start: NINE - 120 * MINUTE }),
  );
  const open = change({
    entity: 'shop/c',
    siblings: 6,
    start: NINE - 115 * MINUTE,
    lastAnomalous: NINE - 100 * MINUTE,
  });
  world.at(0, [...many, ...many.map((each) => over(each, -60)), open]);
  for (let minute = 1; minute < 10; minute++) world.at(minute);
  assert.deepEqual(world.said(), ['opened info shop/c ']);
});

test('pods that were off while they started do not make an incident wide at each change', () => {
  const world = createWorld();
  const starts = [1, 2].map((i) => change({ entity: `shop/s${i}`, isStart: true, siblings: 4 }));
  const open = change({ entity: 'shop/c', start: NINE + MINUTE, siblings: 4 });
  world.at(2, [...starts, open]);
  world.at(
    14,
    starts.map((each) => over(each, 9)),
  );
  for (let minute = 15; minute < 200; minute++)
    world.at(
      minute,
      minute % 60 === 0
        ? [
            {
              ...open,
              state: 'updated',
              sequence: 1 + minute / 60,
              level: 1.5 + minute / 600,
              lastAnomalous: NINE + (minute - 1) * MINUTE,
            },
          ]
        : [],
    );
  assert.deepEqual(
    world.sent.map(({ state }) => state).filter((state) => state === 'updated'),
    [],
  );
});

test('a reminder is of whom the first message was of', () => {
  const world = createWorld();
  const [first, second] = [
    change({ detector: 'one' }),
    change({ detector: 'two', entity: 'shop/b', start: NINE + MINUTE }),
  ];
  world.at(2, [first, second], ALL);
  world.at(60, [over(first, 58)], ALL);
  for (let minute = 120; minute <= 121 + 24 * 60; minute++) world.at(minute);
  const [opened, ...later] = world.sent;
  assert.equal(membersTold(opened!)[0]!.detector, 'two');
  assert.ok(later.length > 0);
  for (const each of later) assert.equal(membersTold(each)[0]!.detector, 'two', each.state);
});

test('whoever comes back after a late message is news', () => {
  const world = createWorld();
  const pods = Array.from({ length: 20 }, (_, i) => change({ entity: `shop/p${i}`, siblings: 24 }));
  world.at(2, pods, ALL);
  world.at(
    40,
    pods.slice(1).map((each) => over(each, 20)),
    ALL,
  );
  world.at(120);
  world.at(
    180,
    pods
      .slice(1)
      .map(({ entity }) =>
        change({ entity, siblings: 24, start: NINE + 175 * MINUTE, lastAnomalous: NINE + 178 * MINUTE }),
      ),
  );
  assert.match(world.said().at(-1)!, /^updated .* wider$/);
});

test('what was never there is told of after a start that was', () => {
  const start = over(change({ entity: 'shop/s', isStart: true }), 8);
  const retracted: AnomalyChange = {
    ...change({ entity: 'shop/r' }),
    state: 'retracted',
    end: NINE + 9 * MINUTE,
  };
  const told = membersTold({ members: [start, retracted] });
  assert.equal(told[0]?.entity, 'shop/s');
});

test('what merely started leads nothing, and makes what follows no wider', () => {
  const starts = ['u', 'v'].map((workload) =>
    change({ entity: `shop/${workload}`, workload, isStart: true, start: NINE - 2 * MINUTE }),
  );
  const open = change({ entity: 'shop/c' });
  assert.equal(rankMembers([...starts.map((each) => over(each, 5)), open])[0]?.entity, 'shop/c');
  const world = createWorld();
  world.at(2, [...starts, open]);
  world.at(
    8,
    starts.map((each) => over(each, 5)),
  );
  world.at(9, [change({ entity: 'shop/d', start: NINE + 4 * MINUTE })]);
  for (let minute = 10; minute < 20; minute++) world.at(minute);
  assert.deepEqual(
    world.sent.map(({ state, news }) => [state, news]),
    [['opened', undefined]],
  );
});

test('those that are long over do not come as news with each change of who stays', () => {
  const world = createWorld();
  const pods = [1, 2, 3].map((i) => change({ entity: `shop/p${i}`, siblings: 4 }));
  const [stays, ...others] = pods;
  world.at(2, pods);
  world.at(
    16,
    others.map((each) => over(each, 15)),
  );
  const changes = new Map<number, AnomalyChange>(
    [3.2, 3.3, 3.4, 3.5, 8].map((level, i): [number, AnomalyChange] => {
      const minute = 60 * (i + 1);
      const lastAnomalous = NINE + (minute - 1) * MINUTE;
      return [minute, { ...stays!, state: 'updated', sequence: 2 + i, level, lastAnomalous }];
    }),
  );
  for (let minute = 17; minute < 350; minute++) world.at(minute, [changes.get(minute) ?? []].flat());
  assert.deepEqual(
    world.sent.map(({ state, news }) => [state, news]),
    [
      ['opened', undefined],
      ['updated', ['farther']],
      ['updated', ['farther']],
    ],
  );
});

test('what was over long before the last one says nothing at its end, nor where that flaps', () => {
  const world = createWorld();
  const [critical, mild] = [change({ cap: 'critical' }), change({ entity: 'shop/b', start: NINE + MINUTE })];
  world.at(2, [critical, mild], ALL);
  world.at(60, [over(critical, 58)], ALL);
  const again = change({ entity: 'shop/b', start: NINE + 202 * MINUTE, lastAnomalous: NINE + 202 * MINUTE });
  for (let minute = 101; minute < 300; minute++) {
    if (minute === 201) world.at(minute, [over(mild, 200)]);
    else if (minute === 203) world.at(minute, [again]);
    else if (minute === 204) world.at(minute, [over(again, 203)]);
    else world.at(minute);
  }
  assert.deepEqual(
    world.sent.map(({ state, severity }) => `${state} ${severity}`),
    ['opened warning', 'resolved warning'],
  );
});

/** New incidents of a day: never more than the budget has, and none of what is reserved for louder ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SEVERITIES, type Severity } from '../../../lib/config/severity.ts';
import { hasRoomFor, limitOf, nextRoomFor } from '../../../lib/incident/budget.ts';
import type { AnomalyChange, IncidentsState } from '../../../lib/incident/contract.ts';
import { createChange, endOf, MINUTE, NINE } from '../../helpers/anomalies.ts';
import { createIncidentWorld, type IncidentWorld } from './incident-world.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Each anomaly by itself and at once, so that a change is told of, or held, at the look that takes it. */
const AT_ONCE = { groupBy: [], groupWait: 0, groupInterval: 0 } as const;

function one(i: number, cap: Severity, overrides: Partial<AnomalyChange> = {}): AnomalyChange {
  return createChange({ entity: `e${i}`, workload: `e${i}`, start: NINE + i * MINUTE, cap, ...overrides });
}

function openingsOf(
  counts: Partial<Record<Severity, number>>,
  at: number = NINE,
): IncidentsState['openings'] {
  return SEVERITIES.flatMap((severity) =>
    Array.from({ length: counts[severity] ?? 0 }, (_, i) => ({ at: at + i * MINUTE, severity })),
  );
}

function countOpened(world: IncidentWorld): Readonly<Record<Severity, number>> {
  const counts = { info: 0, warning: 0, critical: 0 };
  for (const { state, severity } of world.sent) if (state === 'opened') counts[severity]++;
  return counts;
}

test('each severity may fill the budget up to its own limit', () => {
  const limits = [0, 1, 2, 3, 4, 5, 10, 15, 1000].map((incidentsADay) =>
    SEVERITIES.map((severity) => limitOf(severity, incidentsADay)),
  );
  assert.deepEqual(limits, [
    [0, 0, 0],
    [1, 1, 1],
    [1, 1, 2],
    [1, 2, 3],
    [2, 3, 4],
    [2, 4, 5],
    [5, 8, 10],
    [7, 12, 15],
    [500, 800, 1000],
  ]);
});

test('a day of info, then of warning, then of critical ones is ten in all', () => {
  const world = createIncidentWorld({ ...AT_ONCE, incidentsADay: 10 });
  let i = 0;
  for (const severity of SEVERITIES)
    for (let count = 0; count < 12; count++, i++) world.at(NINE + i * MINUTE, one(i, severity));
  assert.deepEqual(countOpened(world), { info: 5, warning: 3, critical: 2 });
  assert.equal(world.state.incidents.filter(({ status }) => status === 'held').length, 26);
});

test('of what is due at one look the loudest has the places, whichever was first seen', () => {
  const world = createIncidentWorld({ ...AT_ONCE, incidentsADay: 3 });
  world.at(NINE + HOUR, one(0, 'info'), one(1, 'warning'), one(2, 'critical'), one(3, 'critical'));
  assert.deepEqual(countOpened(world), { info: 0, warning: 0, critical: 2 });
  // The order in which they were first seen stays.
  assert.deepEqual(
    world.state.incidents.map(({ severity, status }) => [severity, status]),
    [
      ['info', 'held'],
      ['warning', 'held'],
      ['critical', 'told'],
      ['critical', 'told'],
    ],
  );
});

test('what is taken back frees its place for what is due at the same look', () => {
  const world = createIncidentWorld({ ...AT_ONCE, incidentsADay: 1 });
  const first = one(0, 'info');
  const second = one(1, 'critical');
  world.at(NINE, first);
  world.at(NINE + MINUTE, second, endOf(first, { state: 'retracted' }));
  assert.deepEqual(world.told(), [
    `opened ${first.anomalyId}`,
    `retracted ${first.anomalyId}`,
    `opened ${second.anomalyId}`,
  ]);
});

test('what is held and becomes louder is told of if there is room for what it is now', () => {
  const world = createIncidentWorld({ ...AT_ONCE, incidentsADay: 10 });
  for (let i = 0; i < 5; i++) world.at(NINE + i * MINUTE, one(i, 'info'));
  const mild = one(5, 'warning', { level: 1.2 });
  world.at(NINE + 5 * MINUTE, mild);
  assert.equal(world.state.incidents.at(-1)?.status, 'held');
  world.at(NINE + 6 * MINUTE, { ...mild, state: 'updated', sequence: 2, level: 9 });
  assert.equal(world.told().at(-1), `opened ${mild.anomalyId}`);
  assert.equal(world.sent.at(-1)?.severity, 'warning');
});

test('what became louder and finds no room is looked at when there is room for it, and not before', () => {
  const world = createIncidentWorld({ ...AT_ONCE, incidentsADay: 10 });
  // Three more than a warning leaves: the third oldest has to be a day old.
  for (let i = 0; i < 10; i++) world.at(NINE + i * MINUTE, one(i, 'critical'));
  const mild = one(10, 'warning', { level: 1.2 });
  world.at(NINE + 10 * MINUTE, mild);
  world.at(NINE + 11 * MINUTE, { ...mild, state: 'updated', sequence: 2, level: 9 });
  assert.equal(nextRoomFor('warning', world.state.openings, 10), NINE + DAY + 2 * MINUTE);
  while (world.due < NINE + DAY + 2 * MINUTE) world.at(world.due);
  assert.ok(!world.told().includes(`opened ${mild.anomalyId}`));
  world.at(world.due);
  assert.equal(world.sent.at(-1)?.at, NINE + DAY + 2 * MINUTE);
  assert.equal(world.told().at(-1), `opened ${mild.anomalyId}`);
});

test('what a state holds from when each severity had a budget of its own keeps no critical one back', () => {
  const openings = openingsOf({ info: 10, warning: 10 });
  assert.deepEqual(
    SEVERITIES.map((severity) => hasRoomFor(severity, openings, 10)),
    [false, false, true],
  );
  const world = createIncidentWorld({ ...AT_ONCE, incidentsADay: 10 });
  world.state = { incidents: [], openings };
  for (let i = 20; i < 24; i++) world.at(NINE + i * MINUTE, one(i, 'critical'));
  world.at(NINE + 24 * MINUTE, one(24, 'warning'));
  assert.deepEqual(countOpened(world), { info: 0, warning: 0, critical: 2 });
});

test('a budget that was lowered keeps its reserve', () => {
  assert.deepEqual(
    SEVERITIES.map((severity) => hasRoomFor(severity, openingsOf({ warning: 8 }), 5)),
    [false, false, true],
  );
  assert.equal(hasRoomFor('critical', openingsOf({ warning: 8, critical: 1 }), 5), false);
});

test('without a budget nothing is ever told of by itself', () => {
  assert.equal(hasRoomFor('critical', [], 0), false);
  assert.equal(nextRoomFor('critical', [], 0), Infinity);
});

const anomaly = fc.record({
  at: fc.nat(4 * 24 * 60),
  cap: fc.constantFrom(...SEVERITIES),
  /** Those that are hardly unusual become louder after half an hour. */
  level: fc.constantFrom(1.2, 5),
  lasts: fc.constantFrom(5, 45, 600),
});

test('no 24 hours have more new incidents than the budget, and what is reserved is there for louder ones', () => {
  fc.assert(
    fc.property(
      fc.array(anomaly, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(1, 2, 3, 5, 10),
      // In a day, or in four.
      fc.constantFrom(1, 4),
      (anomalies, incidentsADay, dense) => {
        const events = anomalies
          .flatMap(({ at, lasts, ...rest }, i) => {
            const start = NINE + Math.floor(at / dense) * MINUTE;
            const opened = createChange({ ...rest, entity: `e${i}`, workload: `e${i}`, start });
            return [
              { at: start, change: opened },
              {
                at: start + lasts * MINUTE,
                change: endOf({ ...opened, lastAnomalous: start + lasts * MINUTE }),
              },
            ];
          })
          .sort((a, b) => a.at - b.at);
        const world = createIncidentWorld({ ...AT_ONCE, incidentsADay });
        const opened: { readonly at: number; readonly severity: Severity }[] = [];
        const look = (time: number, ...changes: readonly AnomalyChange[]): void => {
          const before = new Map(world.state.incidents.map(({ id, status }) => [id, status]));
          for (const { state, severity } of world.at(time, ...changes))
            if (state === 'opened') opened.push({ at: time, severity });
          const recent = opened.filter(({ at }) => at > time - DAY);
          assert.ok(recent.length <= incidentsADay, `${recent.length} of ${incidentsADay}`);
          for (const [at, severity] of SEVERITIES.entries()) {
            const upTo = recent.filter((each) => SEVERITIES.indexOf(each.severity) <= at);
            assert.ok(upTo.length <= limitOf(severity, incidentsADay), `${upTo.length} up to ${severity}`);
          }
          // Held only where those told of leave no room for it.
          for (const { id, status, severity } of world.state.incidents)
            if (status === 'held' && before.get(id) === undefined)
              assert.ok(recent.length >= limitOf(severity, incidentsADay), `${severity} held`);
        };
        let now = NINE;
        const passTo = (until: number): void => {
          // What a digest told of, and is over, is due since then.
          while (world.due < until) {
            now = Math.max(now, world.due);
            look(now);
          }
          now = until;
        };
        for (const { at, change } of events) {
          passTo(at);
          look(at, change);
        }
        passTo(NINE + 7 * DAY);
      },
    ),
    { numRuns: 100 },
  );
});

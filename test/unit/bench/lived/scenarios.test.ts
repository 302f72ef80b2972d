import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_FIGURES } from '../../../../bench/lived/judge-incidents.ts';
import type { ScenarioFigures } from '../../../../bench/lived/judge-seed.ts';
import { summarizeScenarios } from '../../../../bench/lived/scenarios.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

test('every seed found in time, and few false incidents, reach the aims', () => {
  const { missed, scenarios } = summarizeScenarios([1, 2, 3].map((seed) => run(seed, 5)));
  assert.deepEqual(missed, []);
  assert.deepEqual(
    scenarios.map(({ scenario, found, inTime, delays }) => ({ scenario, found, inTime, delays })),
    [{ scenario: 'cpu-spike', found: 3, inTime: 3, delays: [5 * MINUTE, 5 * MINUTE, 5 * MINUTE] }],
  );
});

test('a fault that is told of too late, or never, misses its aim; one of twenty may', () => {
  assert.match(summarizeScenarios([run(1, 6), run(2, 5)]).missed[0]!, /^cpu-spike: .* 5 min on 1 of 2 seeds/);
  assert.equal(summarizeScenarios([run(1, undefined)]).missed.length, 1);
  const twenty = Array.from({ length: 20 }, (_, seed) => run(seed, seed === 0 ? undefined : 3));
  assert.deepEqual(summarizeScenarios(twenty).missed, []);
});

test('false incidents are counted by the week that was judged', () => {
  const { falsePerWeek, missed } = summarizeScenarios([run(1, 3, 1), run(2, 3, 1)]);
  assert.equal(falsePerWeek, 3.5);
  assert.match(missed[0]!, /^3.50 false incidents a week/);
});

function run(seed: number, minutes: number | undefined, falseIncidents = 0): ScenarioFigures {
  return {
    scenario: 'cpu-spike',
    seed,
    delay: minutes === undefined ? undefined : minutes * MINUTE,
    judged: 2 * DAY,
    falseAt: Array.from({ length: falseIncidents }, () => ({ entities: ['orders'], minutes: -100 })),
    toldAs: minutes === undefined ? 0 : 1,
    isCulpritFirst: minutes === undefined ? undefined : true,
    figures: NO_FIGURES,
  };
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideWindow } from '../../../lib/decision/decide.ts';
import { currentCost, findAll } from '../../../lib/report/findings/findings.ts';
import { makeInput } from './report-input.ts';

test('the current threshold is among them, once, and thresholds ascend', () => {
  const { costs } = findAll(makeInput());
  assert.equal(costs.filter(({ current }) => current).length, 1);
  const thresholds = costs.map(({ threshold }) => threshold);
  assert.deepEqual(
    thresholds,
    [...new Set(thresholds)].toSorted((a, b) => a - b),
  );
  assert.ok(costs.length >= 10);
});

test('each costs what the decision stage opens at it, brought to a week', () => {
  const input = makeInput({ labelled: true });
  const { costs } = findAll(input);
  const { entities, entityOf, times, step } = input.window;
  for (const { threshold, incidents, perWeek } of costs) {
    const { transitions } = decideWindow({
      rows: { entities, entityOf, times, scores: input.scores, deviations: input.deviations },
      policy: { ...input.version.policy, threshold },
      tracks: {},
      watchFrom: -Infinity,
      step,
      detector: 'other',
      modelVersion: 'other',
    });
    const opened = transitions.filter(({ state }) => state === 'opened').length;
    assert.equal(incidents, opened);
    assert.ok(Math.abs(perWeek - opened * 7) < 1e-9, 'the data is one day');
  }
});

test('a labelled event is caught where an incident overlaps it, and no longer above its scores', () => {
  const { costs } = findAll(makeInput({ labelled: true }));
  assert.equal(costs.find(({ current }) => current)!.caught, 1);
  const highest = costs.at(-1)!;
  assert.deepEqual([highest.incidents, highest.caught], [0, 0], 'one row at the maximum is no incident');
});

test('percentile is the share of the rows that lie below', () => {
  const input = makeInput();
  const cost = currentCost(findAll(input));
  const below = input.scores.filter((score) => score < input.version.policy.threshold).length;
  assert.equal(cost.percentile, (100 * below) / input.scores.length);
});

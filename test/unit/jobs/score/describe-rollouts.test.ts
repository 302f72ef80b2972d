import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRollouts } from '../../../../lib/jobs/score/describe-rollouts.ts';

const MINUTE = 60_000;
const NINE = Date.parse('2026-11-23T09:00:00Z');
const rollout = (workload: string, minutes: number) => ({
  workload,
  at: NINE + minutes * MINUTE,
  from: 'a',
  to: 'b',
});
const ROLLOUTS = {
  revisions: {},
  recent: [
    rollout('shop/checkout', -70),
    rollout('shop/checkout', -60),
    rollout('shop/mail', -10),
    rollout('pay/orders', -5),
    rollout('shop/checkout', 20),
    rollout('shop/checkout', 21),
  ],
};

test('names those of its own workload and of what it depends on, from an hour before until its newest row', () => {
  const describe = (dependsOn: readonly string[], entity: string): readonly string[] =>
    describeRollouts(
      { entityLabels: ['namespace', 'pod'], dependsOn },
      ROLLOUTS,
    )({
      entity,
      start: NINE,
      lastAnomalous: NINE + 20 * MINUTE,
    }).map(({ workload, at }) => `${workload} ${(Date.parse(at) - NINE) / MINUTE}`);
  const pod = 'shop/checkout-6d4cf56db6-x2x4z';
  assert.deepEqual(describe([], pod), ['shop/checkout -60', 'shop/checkout 20']);
  assert.deepEqual(describe(['orders'], pod), ['shop/checkout -60', 'pay/orders -5', 'shop/checkout 20']);
  assert.deepEqual(describe([], 'other/checkout-6d4cf56db6-x2x4z'), []);
  // Nobody reports: all of the detector is about it.
  assert.equal(describe([], '').length, 4);
});

test('nothing where no pod of a Deployment was ever seen', () => {
  const span = { entity: 'a', start: NINE, lastAnomalous: NINE };
  assert.deepEqual(describeRollouts({ entityLabels: [] }, undefined)(span), []);
});

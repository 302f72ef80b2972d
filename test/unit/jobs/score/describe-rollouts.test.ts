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
      undefined,
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

test('nothing where no revision was ever told of', () => {
  const span = { entity: 'a', start: NINE, lastAnomalous: NINE };
  assert.deepEqual(describeRollouts({ entityLabels: [] }, undefined, undefined)(span), []);
});

test('a StatefulSet is known by its pods, and whatever they are called by their owner', () => {
  const asked = { ...rollout('shop/db', 1), kind: 'StatefulSet' } as const;
  const describe = describeRollouts(
    { entityLabels: ['namespace', 'pod'] },
    { revisions: {}, recent: [asked] },
    { 'shop/alpha': { kind: 'StatefulSet', name: 'db' } },
  );
  const span = { start: NINE, lastAnomalous: NINE + 20 * MINUTE };
  const at = new Date(asked.at).toISOString();
  for (const entity of ['shop/db-0', 'shop/alpha'])
    assert.deepEqual(describe({ entity, ...span }), [{ ...asked, at }]);
  assert.deepEqual(describe({ entity: 'shop/beta', ...span }), []);
});

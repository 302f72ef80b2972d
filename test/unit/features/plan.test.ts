import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { columnNames, hashPlan, planFeatures, plannedMetrics } from '../../../lib/features/plan.ts';

test('one column per metric in code unit order, then data_availability', () => {
  const plan = planFeatures(['memory', 'cpu', 'Net']);
  assert.deepEqual(columnNames(plan), ['Net', 'cpu', 'memory', 'data_availability']);
  assert.deepEqual(plannedMetrics(plan), ['Net', 'cpu', 'memory']);
  assert.equal(plan.contextRows, 0);
});

test('the order in which metrics are given does not matter, and is not changed', () => {
  const given = ['b', 'a'];
  assert.deepEqual(planFeatures(given), planFeatures(['a', 'b']));
  assert.deepEqual(given, ['b', 'a']);
});

test('names that cannot be columns are refused', () => {
  for (const [metrics, message] of [
    [[], /no metric to plan features for/],
    [['a', ''], /empty name/],
    [['a', 'b', 'a'], /"a" is given twice/],
    [['data_availability'], /data_availability is reserved/],
  ] as const)
    assert.throws(() => planFeatures(metrics), { name: 'FeatureError', message });
});

test('the hash is sha256 over canonical JSON', () => {
  const canonical =
    '{"columns":[{"name":"cpu","source":{"kind":"metric","metric":"cpu"},"transforms":[]},' +
    '{"name":"data_availability","source":{"kind":"availability"},"transforms":[]}],' +
    '"contextRows":0,"formatVersion":2,"minWindowShare":0.5,"missing":"nan","step":null}';
  const plan = planFeatures(['cpu']);
  assert.equal(hashPlan(plan), createHash('sha256').update(canonical).digest('hex'));
  // Keys in another order are the same plan.
  const { columns, ...rest } = plan;
  assert.equal(hashPlan({ ...rest, columns }), hashPlan(plan));
  assert.notEqual(hashPlan(planFeatures(['mem'])), hashPlan(plan));
});

/** Whatever goes wrong on the way, the bucket and the messages end as if nothing had: bench/fault-plans/, some of them; a hundred in test/long/. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawPlan, type Fault } from '../../bench/fault-plans/fault.ts';
import { judgePlan, shrinkPlan } from '../../bench/fault-plans/judge-plan.ts';
import { runPlan } from '../../bench/fault-plans/run-plan.ts';
import { judgePlans } from '../../bench/fault-plans.ts';

test('thirty-six plans of faults end in the bucket and the messages of a run without', async () => {
  const { failed, faults } = await judgePlans({ from: 0, count: 36, say: () => {} });
  assert.deepEqual(failed, []);
  assert.ok(faults > 100, `${faults} faults`);
});

test('a run without faults tells of what there is, and is the same each time', async () => {
  const [first, second] = [await runPlan('exported', []), await runPlan('exported', [])];
  const told = [...first.told.values()].map((text) => JSON.parse(text) as { state: string; entity: string });
  assert.deepEqual(told.map(({ state, entity }) => `${state} ${entity}`).sort(), [
    'opened cart',
    'opened payment',
    'resolved cart',
    'resolved payment',
  ]);
  assert.deepEqual(second, first);
});

test('what a correction takes back is told in every life', async () => {
  const { told } = await runPlan('corrected', []);
  const states = [...told.values()].map((text) => JSON.parse(text) as { state: string; entity: string });
  assert.deepEqual(states.map(({ state, entity }) => `${state} ${entity}`).sort(), [
    'opened cart',
    'opened payment',
    'resolved cart',
    'resolved payment',
    'retracted cart',
  ]);
});

test('a cascade over three services is one incident with one beginning and one end', async () => {
  const { told } = await runPlan('cascade', []);
  const messages = [...told.values()].map(
    (text) => JSON.parse(text) as { state: string; entity: string; of: [] },
  );
  assert.deepEqual(
    messages.map(({ state, entity, of }) => [state, entity, of.length]),
    [
      ['opened', 'db-0', 3],
      ['resolved', 'db-0', 3],
    ],
  );
});

test('services at both ends of a cascade that come before the one between them are one incident', async () => {
  // One answer takes 17 seconds, and the service in the middle is scored after the others.
  const faults: readonly Fault[] = [
    { is: 'call', operation: 'prometheus.query', nth: 7, kind: 'slow', more: 0, ms: 17_120 },
  ];
  const expected = await runPlan('cascade', []);
  assert.deepEqual((await judgePlan('cascade', faults, expected)).problems, []);
});

test('the same seed draws the same plan', async () => {
  const { occasions } = await runPlan('exported', []);
  assert.deepEqual(drawPlan(7, occasions), drawPlan(7, occasions));
  assert.notDeepEqual(drawPlan(8, occasions), drawPlan(7, occasions));
});

test('what a plan changes is seen, and told by its least part', async () => {
  const expected = await runPlan('exported', []);
  // Held against another life, every plan fails, and nothing of it is to blame.
  const other = { ...expected, bucket: new Map([...expected.bucket, ['scores/another', '']]) };
  const faults: readonly Fault[] = [{ is: 'clock', nth: 3, ms: 10 }];
  const { problems } = await judgePlan('exported', faults, other);
  assert.deepEqual(problems, ['bucket lacks scores/another']);
  assert.deepEqual(await shrinkPlan('exported', faults, other), []);
});

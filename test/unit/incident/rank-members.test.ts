import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnomalyChange } from '../../../lib/incident/contract.ts';
import { rankMembers } from '../../../lib/incident/rank-members.ts';
import { createChange, MINUTE, NINE } from '../../helpers/anomalies.ts';

function member(name: string, at: number, overrides: Partial<AnomalyChange> = {}): AnomalyChange {
  return createChange({
    detector: name,
    workload: name,
    entity: name,
    start: NINE + at * MINUTE,
    ...overrides,
  });
}

function order(...members: readonly AnomalyChange[]): string[] {
  return rankMembers(members).map(({ entity }) => entity);
}

test('the earliest onset leads, and of equal ones the most surprising', () => {
  assert.deepEqual(
    order(member('b', 1, { level: 3 }), member('c', 1, { level: 9 }), member('a', 0, { level: 1 })),
    ['a', 'c', 'b'],
  );
});

test('what others depend on leads them though it was noticed a little later, over several steps', () => {
  const web = member('web', 0, { dependsOn: ['orders'] });
  const orders = member('orders', 4, { dependsOn: ['database'] });
  assert.deepEqual(order(web, orders, member('database', 8)), ['database', 'orders', 'web']);
  assert.deepEqual(order(web, orders, member('database', 10)), ['orders', 'web', 'database']);
});

test('services that depend on each other are ranked by onset, and the ranking ends', () => {
  const a = member('a', 1, { dependsOn: ['b'] });
  const b = member('b', 0, { dependsOn: ['c'] });
  const c = member('c', 2, { dependsOn: ['a'] });
  assert.equal(order(a, b, c).length, 3);
  assert.deepEqual(order(member('a', 1, { dependsOn: ['b'] }), member('b', 2, { dependsOn: ['a'] })), [
    'a',
    'b',
  ]);
});

test('a thousand members take no time to speak of', () => {
  const many = Array.from({ length: 1000 }, (_, i) =>
    member(`s${i}`, i % 7, { dependsOn: i % 10 === 0 ? [`s${i + 1}`] : [] }),
  );
  assert.equal(order(...many).length, 1000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renameMembers } from '../../../lib/base/rename-members.ts';

const NAMES = { alert: 'anomaly', toString: 'text' };

test('a member under its former name gets its own, and nothing else is touched', () => {
  assert.deepEqual(renameMembers({ alert: 1, other: { alert: 2 } }, NAMES), {
    anomaly: 1,
    other: { alert: 2 },
  });
  const named = JSON.parse('{"alert": 1, "__proto__": 2}') as object;
  assert.equal(JSON.stringify(renameMembers(named, NAMES)), '{"anomaly":1,"__proto__":2}');
});

test('what has its own name keeps what stands there, and comes back itself', () => {
  for (const value of [{ anomaly: 1, alert: 2 }, { anomaly: 1 }, {}, { constructor: 1 }])
    assert.equal(renameMembers(value, NAMES), value);
});

test('what is no object comes back itself', () => {
  for (const value of [null, undefined, 'alert', 1, ['alert']])
    assert.equal(renameMembers(value, NAMES), value);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownersOfHistory } from '../../../../lib/jobs/train/owners-of-history.ts';

const ENGINE = { kind: 'Engine', name: 'engine' };
const PUMP = { kind: 'Pump', name: 'pump' };

test('a pod is of the owner that the newest window with it has, or of its name', () => {
  const owners = ownersOfHistory([
    { entities: ['a', 'b', 'c', 'd'], podOwners: new Map(['a', 'b', 'c'].map((pod) => [pod, ENGINE])) },
    // "c" is of its name by now, "b" is not there.
    { entities: ['a', 'c'], podOwners: new Map([['a', PUMP]]) },
    // Nobody knows owners.
    { entities: ['a', 'b', 'c'] },
  ]);
  assert.deepEqual(
    owners,
    new Map([
      ['b', ENGINE],
      ['a', PUMP],
    ]),
  );
});

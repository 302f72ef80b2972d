import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInheritance } from '../../../lib/base/inherit.ts';

test('a pod that is not known has what the known ones of its workload have; nobody else has anything', () => {
  let merges = 0;
  const inherit = createInheritance<readonly string[], object>((siblings) => {
    merges++;
    return [...siblings.values()].flat();
  });
  const entities = new Map([
    ['shop/checkout-6d4cf56db6-x2x4z', ['first']],
    ['shop/checkout-6d4cf56db6-q7w9k', ['second']],
    ['pay/checkout-6d4cf56db6-b5b5b', ['of another namespace']],
    ['data/orders-db-0', ['kept']],
  ]);
  const known = { entities };
  assert.deepEqual(inherit(known, 'shop/checkout-7f9c8bd5d4-zz9zz'), ['first', 'second']);
  assert.deepEqual(inherit(known, 'shop/checkout-7f9c8bd5d4-w2w2w'), ['first', 'second']);
  assert.equal(merges, 1, 'worked out once');
  assert.equal(inherit(known, 'users/checkout-7f9c8bd5d4-zz9zz'), undefined);
  assert.equal(inherit(known, 'shop/cart-7f9c8bd5d4-zz9zz'), undefined);
  // A number may be another machine's.
  assert.equal(inherit(known, 'data/orders-db-1'), undefined);
  assert.equal(inherit(known, 'shop/checkout'), undefined);
  assert.equal(inherit({ entities: new Map() }, 'shop/checkout-7f9c8bd5d4-zz9zz'), undefined);
});

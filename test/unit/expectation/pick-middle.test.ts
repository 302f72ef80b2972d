import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Expectation, seriesOf } from '../../../lib/expectation/expectation.ts';
import { UNMEASURED } from '../../../lib/expectation/series.ts';

test('of a new pod is expected what its workload does, and of one that has none what all do', () => {
  const series = (spread: number) => ({
    ...UNMEASURED,
    center: 0,
    spread,
    low: -3 * spread,
    high: 3 * spread,
  });
  const expectation: Expectation = {
    columns: ['cpu', 'disk'],
    entities: new Map([
      ['shop/web-6d4cf56db6-x2x4b', [series(3), UNMEASURED]],
      ['shop/web-6d4cf56db6-x2x4c', [series(1), UNMEASURED]],
      ['shop/web-6d4cf56db6-x2x4d', [series(2), UNMEASURED]],
      ['shop/cart-6d4cf56db6-x2x4d', [series(9), series(9)]],
    ]),
    pooled: [series(50), series(60)],
  };
  const spreadsOf = (entity: string): number[] => seriesOf(expectation, entity).map(({ spread }) => spread);
  assert.deepEqual(spreadsOf('shop/web-7f9c8bd5d4-zz9zz'), [2, 60]);
  assert.deepEqual(spreadsOf('shop/web-6d4cf56db6-x2x4b'), [3, 0]);
  assert.deepEqual(spreadsOf('shop/mailer-7f9c8bd5d4-zz9zz'), [50, 60]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  findTailFault,
  fitTail,
  measureSurprise,
  TAIL_LENGTH,
} from '../../../../../lib/models/framework/univariate/tail.ts';
import { normalRows } from '../../../../helpers/feature-matrices.ts';

const normal = Float64Array.from(normalRows(20_000, 1, 1).flat());

test('normal residuals: as many bits as the normal distribution gives its quantiles, on either side', () => {
  const tail = fitTail(normal);
  for (const side of [1, -1])
    for (const [size, bits] of [
      [0.6745, 2],
      [1.5341, 4],
      [2.1539, 6],
    ] as const)
      assert.ok(Math.abs(measureSurprise(tail, 0, side * size) - bits) < 0.3, `${side * size}`);
});

test('a side on which residuals go far takes larger ones to surprise', () => {
  const skewed = normal.map((residual) => (residual > 0 ? 5 * residual : residual));
  const tail = fitTail(skewed);
  assert.ok(measureSurprise(tail, 0, -4) > 2 * measureSurprise(tail, 0, 4));
});

test('a heavier tail surprises less at the same size', () => {
  const heavy = normal.map((residual) => residual ** 3);
  assert.ok(measureSurprise(fitTail(heavy), 0, 8) < measureSurprise(fitTail(normal), 0, 8));
});

test('no residuals, or none but 0, leave tails that can be measured by', () => {
  for (const residuals of [new Float64Array(0), new Float64Array(100), new Float64Array(9).fill(NaN)]) {
    const tail = fitTail(residuals);
    assert.equal(tail.length, TAIL_LENGTH);
    assert.equal(findTailFault(tail), undefined);
    assert.equal(measureSurprise(tail, 0, 0), 0);
    assert.ok(measureSurprise(tail, 0, 3) > 5);
  }
});

test('surprise grows with the size, and is finite however large that is', () => {
  const values = fc.double({ min: -1e30, max: 1e30, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(values, { maxLength: 200 }),
      fc.array(values, { minLength: 2, maxLength: 20 }),
      (training, sizes) => {
        const tail = fitTail(Float64Array.from(training));
        const ascending = sizes.map(Math.abs).sort((a, b) => a - b);
        for (const side of [1, -1]) {
          const bits = ascending.map((size) => measureSurprise(tail, 0, side * size));
          assert.ok(
            bits.every((bit, i) => Number.isFinite(bit) && bit >= (bits[i - 1] ?? 0)),
            `${bits}`,
          );
        }
      },
    ),
  );
});

test('a damaged tail is found', () => {
  const tail = fitTail(normal);
  for (const damaged of [tail.with(0, 0), tail.with(2, 0.1), tail.with(3, NaN), tail.with(5, Infinity)])
    assert.match(findTailFault(damaged) ?? '', /its tail is/);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  findKnownFault,
  findNearest,
  gatherKnown,
} from '../../../../../lib/models/kinds/nearest-value/known-values.ts';
import { meanBefore } from '../../../../../lib/models/kinds/nearest-value/level.ts';

const TIMES = Float64Array.of(1000, 2000, 3000, 4000, 5000);
const LATER = 6000;

describe('values that are known', () => {
  const known = gatherKnown(Float64Array.of(10, 1, 1, 4, 4.5), TIMES);

  test('a value is compared with the nearer shore', () => {
    assert.equal(findNearest(known, 2, LATER), 1);
    assert.equal(findNearest(known, 3, LATER), 4);
    assert.equal(findNearest(known, -5, LATER), 1);
    assert.equal(findNearest(known, 99, LATER), 10);
  });

  test('what was there is no distance from itself', () => {
    for (const value of [1, 4, 4.5, 10]) assert.equal(findNearest(known, value, LATER), value);
  });

  test('a row of the training is not its own neighbour, unless its value was there twice', () => {
    assert.equal(findNearest(known, 10, 1000), 4.5);
    assert.equal(findNearest(known, 4, 4000), 4.5);
    assert.equal(findNearest(known, 1, 2000), 1);
  });

  test('a single value is all there is', () => {
    const one = gatherKnown(Float64Array.of(7), Float64Array.of(1000));
    assert.equal(findNearest(one, 7, 1000), 7);
    assert.equal(findNearest(one, 8, LATER), 7);
    assert.equal(findKnownFault(one), undefined);
  });

  test('of many values the widest stretches are kept', () => {
    const values = Float64Array.from({ length: 10_000 }, (_, i) => i + (i >= 5000 ? 500 : 0));
    const many = gatherKnown(values, TIMES);
    assert.equal(findKnownFault(many), undefined);
    assert.equal(findNearest(many, 5100, LATER), 4999);
  });

  test('a record out of order is named', () => {
    assert.match(findKnownFault(Float64Array.of(1, 0, 9, 5, 5, 1, 4, 4, 1)) ?? '', /out of order/);
    assert.match(findKnownFault(Float64Array.of(0, 0, 9, 5, 5, 1)) ?? '', /scale/);
  });
});

describe('the level before a value', () => {
  test('is the mean of the measured rows before it, once a quarter of them are there', () => {
    assert.deepEqual([...meanBefore(Float32Array.of(2, NaN, 4, 6, 8), 2)], [NaN, 2, 2, 4, 5]);
  });

  test('is 0 where none is taken off', () => {
    assert.deepEqual([...meanBefore(Float32Array.of(2, 3), 0)], [0, 0]);
  });
});

test('a metric that counts up keeps the first so many of its equal steps', () => {
  const counts = Float64Array.from({ length: 60_000 }, (_, i) => i);
  const known = gatherKnown(counts, Float64Array.of(0, 1));
  assert.equal(known.length, 3 + 3 * 513);
  assert.equal(findKnownFault(known), undefined);
  assert.equal(findNearest(known, 59_000.4, 2), 59_000.4);
});

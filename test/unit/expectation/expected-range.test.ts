import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectRange } from '../../../lib/expectation/expected-range.ts';
import { UNMEASURED } from '../../../lib/expectation/series.ts';
import type { Profile } from '../../../lib/features/profile.ts';
import { scaleValue } from '../../../lib/features/scaler.ts';

const SERIES = { ...UNMEASURED, center: 0 };

function constant(center: number): Profile {
  return { shape: 'constant', center, scale: 0, low: center, high: center, offset: center, divisor: 0 };
}

test('a constant that moved is expected where it moved to, as far as its scale tells', () => {
  for (const [center, value] of [
    [100, 150],
    [100, 30],
    [100, 0],
    [-100, -150],
    [-100, -30],
  ] as const) {
    const range = expectRange(SERIES, constant(center), 0, scaleValue(value, constant(center)));
    assert.deepEqual(range, { low: value, high: value, center: value }, `${center} to ${value}`);
  }
  // Two values have the same distance, or all of them.
  for (const [center, value] of [
    [100, -50],
    [100, -200],
    [-100, 50],
    [0, 7],
  ] as const)
    assert.equal(expectRange(SERIES, constant(center), 0, scaleValue(value, constant(center))), undefined);
  assert.equal(expectRange(SERIES, constant(100), 0), undefined);
});

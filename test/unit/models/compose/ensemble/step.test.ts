import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findStep } from '../../../../../lib/models/compose/ensemble/smooth.ts';

test('the step is the median distance of rows of an entity, in whatever order entities come', () => {
  const entityOf = Uint32Array.of(0, 1, 0, 1, 0, 1, 0);
  const times = Float64Array.of(0, 0, 60_000, 60_000, 120_000, 120_001, 180_000);
  assert.equal(findStep({ entityOf, times }), 60_000);
});

test('one row has no step', () => {
  assert.equal(findStep({ entityOf: Uint32Array.of(0), times: Float64Array.of(5) }), 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silenceGaps } from '../../../lib/evidence/evidence.ts';

test('a row in which nothing was measured says nothing, and the others what they said', () => {
  const evidence = {
    names: ['cpu'],
    metrics: Float64Array.of(2, 3),
    joint: Float64Array.of(4, 5),
    telling: Int32Array.of(7, 8),
    series: Int32Array.of(0, 1),
    stretch: Uint16Array.of(4, 8),
    sinceOnset: Uint8Array.of(2, 3),
    jointSinceOnset: Uint8Array.of(3, 2),
    anchored: Float64Array.of(1, 1),
    off: Int8Array.of(16, -20),
    agree: Uint8Array.of(1, 0),
  };
  assert.deepEqual(silenceGaps(evidence, Float64Array.of(0, 0.5)), {
    names: ['cpu'],
    metrics: Float64Array.of(0, 3),
    joint: Float64Array.of(0, 5),
    telling: Int32Array.of(-1, 8),
    series: Int32Array.of(-1, 1),
    stretch: Uint16Array.of(0, 8),
    sinceOnset: Uint8Array.of(0, 3),
    jointSinceOnset: Uint8Array.of(0, 2),
    anchored: Float64Array.of(0, 1),
    off: Int8Array.of(0, -20),
    agree: Uint8Array.of(1, 0),
  });
});

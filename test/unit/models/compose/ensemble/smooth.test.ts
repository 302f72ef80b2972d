import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countSmoothedRows, smoothScores } from '../../../../../lib/models/compose/ensemble/smooth.ts';

function rowsOf(times: readonly number[], entityOf: readonly number[] = times.map(() => 0)) {
  return { times: Float64Array.from(times), entityOf: Uint32Array.from(entityOf) };
}

test('worked by hand, a half-life of one row', () => {
  const rows = rowsOf([0, 10, 20, 0, 10], [0, 0, 0, 1, 1]);
  const smoothed = smoothScores(rows, Float64Array.of(4, 0, 0, 8, 2), { halfLife: 1, step: 10 });
  assert.deepEqual([...smoothed], [4, 2 / 1.5, 1 / 1.75, 8, 6 / 1.5]);
});

test('a gap ages what lies before it, and a row without a score takes no part', () => {
  const rows = rowsOf([0, 20, 30]);
  const smoothed = smoothScores(rows, Float64Array.of(4, 0, Number.NaN), { halfLife: 1, step: 10 });
  assert.deepEqual([...smoothed], [4, 1 / 1.25, Number.NaN]);
});

test('cut anywhere, with the context it asks for, the scores are the same', () => {
  const halfLife = 2.5;
  const reach = countSmoothedRows(halfLife);
  const times = Array.from({ length: 80 }, (_, i) => i * 10);
  const scores = Float64Array.from(times, (_, i) => ((i * 7919) % 97) / 10);
  const whole = smoothScores(rowsOf(times), scores, { halfLife, step: 10 });
  const cut = 40;
  const part = smoothScores(rowsOf(times.slice(cut - reach)), scores.slice(cut - reach), {
    halfLife,
    step: 10,
  });
  assert.deepEqual(part.subarray(reach), whole.subarray(cut));
});

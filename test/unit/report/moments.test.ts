import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_MOMENTS, pickMoments } from '../../../lib/report/findings/moments.ts';
import { makeInput } from './report-input.ts';

test('the peak of the incident first, then other rows that lie apart', () => {
  const input = makeInput();
  const moments = pickMoments(input);
  assert.equal(moments.length, MAX_MOMENTS);
  const [first, ...others] = moments;
  assert.equal(first?.entity, 'payment');
  const minute = (first!.time - input.window.range.start) / input.window.step;
  assert.ok(minute >= 700 && minute < 720);
  for (const { entity, time } of others)
    assert.ok(entity !== 'payment' || Math.abs(time - first!.time) >= 30 * input.window.step);
  const scores = others.map(({ score }) => score);
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
});

test('no score, no moment', () => {
  const input = makeInput();
  assert.deepEqual(pickMoments({ ...input, scores: input.scores.map(() => Number.NaN) }), []);
});

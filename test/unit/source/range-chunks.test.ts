import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_POINTS_PER_SERIES, splitRange } from '../../../lib/source/prometheus-source.ts';

test('chunks cover the range exactly once, in order, and none is too long', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 1, max: 30_000 }),
      fc.integer({ min: 1, max: 12_000 }),
      (startStep, stepSeconds, points, maxPoints) => {
        const step = stepSeconds * 1000;
        const start = startStep * step;
        const chunks = splitRange({ start, end: start + points * step }, step, maxPoints);
        let cursor = start;
        for (const chunk of chunks) {
          assert.equal(chunk.start, cursor);
          const length = (chunk.end - chunk.start) / step;
          assert.ok(Number.isInteger(length) && length >= 1 && length <= maxPoints);
          cursor = chunk.end;
        }
        assert.equal(cursor, start + points * step);
        assert.equal(chunks.length, Math.ceil(points / maxPoints));
      },
    ),
  );
});

test('a chunk holds at most the 11,000 points that Prometheus gives', () => {
  assert.equal(MAX_POINTS_PER_SERIES, 11_000);
  assert.equal(splitRange({ start: 0, end: 11_000_000 }, 1000).length, 1);
  assert.deepEqual(splitRange({ start: 0, end: 11_001_000 }, 1000), [
    { start: 0, end: 11_000_000 },
    { start: 11_000_000, end: 11_001_000 },
  ]);
});

test('a range that is no whole number of steps is an error', () => {
  for (const [end, step] of [
    [1500, 1000],
    [0, 1000],
    [-1000, 1000],
    [1000, 0],
  ] as const)
    assert.throws(() => splitRange({ start: 0, end }, step), { code: 'bad-range' });
});

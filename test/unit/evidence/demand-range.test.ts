import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countDemandRows, findDemandRange } from '../../../lib/evidence/demand-range.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

const MINUTE = 60_000;
const MEANS = [60 * MINUTE, 120 * MINUTE];

function rangeOf(off: Float64Array, { from = 0, means = MEANS } = {}) {
  const places = Float64Array.from(off, (_, i) => 1_000_000 + i);
  return findDemandRange(off.subarray(from), { places: places.subarray(from), step: MINUTE, means });
}

test('what demand was explains for two hours what follows it late', () => {
  const off = Float64Array.from({ length: 400 }, (_, i) => (i >= 100 && i < 220 ? 2 : 0));
  const { low, high } = rangeOf(off);
  const at = [99, 100, 219, 249, 279, 340].map((row) => high[row]!);
  assert.deepEqual(at, [0, 2, 2, 1.5, 1, 0]);
  assert.ok(low.every((value) => value === 0));
  assert.deepEqual(rangeOf(off, { means: [] }).high, off, 'a version of before knows of now alone');
  const fewer = rangeOf(off.map((value) => -value));
  assert.deepEqual(
    fewer.low,
    high.map((value) => 0 - value),
  );
});

test('rows without a value are left out, and are explained by those before them', () => {
  const off = Float64Array.from({ length: 130 }, (_, i) => (i % 2 === 0 ? 3 : Number.NaN));
  const { high } = rangeOf(off);
  assert.deepEqual([...high.subarray(0, 4)], [3, 3, 3, 3]);
  const never = rangeOf(new Float64Array(3).fill(Number.NaN));
  assert.deepEqual([...never.low, ...never.high], [0, 0, 0, 0, 0, 0]);
});

test('a row is the same, to the last bit, wherever the rows begin', () => {
  const random = seedRandom(1);
  const off = Float64Array.from({ length: 500 }, () => random.nextFloat() - 0.5);
  const all = rangeOf(off);
  for (const from of [1, 37, 200]) {
    const part = rangeOf(off, { from });
    const begin = countDemandRows(MINUTE);
    assert.deepEqual(part.high.subarray(begin), all.high.subarray(from + begin));
    assert.deepEqual(part.low.subarray(begin), all.low.subarray(from + begin));
  }
});

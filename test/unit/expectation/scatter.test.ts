import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitScatter, HOURS_OF_DAY, readScatter } from '../../../lib/expectation/scatter.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = 5 * 60_000;
/** Far from 0, in a time before 1970 too. */
const STARTS = [Date.UTC(2026, 0, 1), Date.UTC(1960, 0, 1)];

/** Uniform noise of ±1, and on each of `nights` ten minutes of 20 at some minute between 2 and 3 o'clock. */
function draw(days: number, nights: readonly number[], start = STARTS[0]!) {
  const random = seedRandom(1);
  const rows = (days * DAY) / STEP;
  const begins = nights.map((night) => night * DAY + 2 * HOUR + random.nextBelow(10) * STEP);
  const times = Float64Array.from({ length: rows }, (_, row) => start + row * STEP);
  const values = Float64Array.from(times, (time) => {
    const at = time - start;
    const bursts = begins.some((begin) => at >= begin && at < begin + 2 * STEP);
    return bursts ? 20 : 2 * random.nextFloat() - 1;
  });
  return { times, values };
}

test('an hour whose nights burst is as restless as they are, with its neighbours, and no other', () => {
  for (const start of STARTS) {
    const scatter = fitScatter(draw(7, [0, 1, 2, 3, 4, 5, 6], start));
    assert.equal(scatter.length, HOURS_OF_DAY);
    for (let hour = 0; hour < HOURS_OF_DAY; hour++) {
      const found = readScatter(scatter, start + 3 * DAY + hour * HOUR + 1);
      const [low, high] = hour >= 1 && hour <= 3 ? [18, 22] : [1, 1.2];
      assert.ok(found >= low && found <= high, `${hour}: ${found}`);
    }
  }
});

test('what happened on one night or two of seven makes no hour restless', () => {
  assert.equal(fitScatter(draw(7, [])).length, 0);
  assert.equal(fitScatter(draw(7, [2, 5])).length, 0);
});

test('three days say nothing of an hour, nor do rows that are always the same', () => {
  assert.equal(fitScatter(draw(3, [0, 1, 2])).length, 0);
  const { times } = draw(7, []);
  assert.equal(fitScatter({ times, values: new Float64Array(times.length) }).length, 0);
  assert.equal(fitScatter({ times: new Float64Array(), values: new Float64Array() }).length, 0);
  assert.equal(readScatter(new Float32Array(), 0), 1);
});

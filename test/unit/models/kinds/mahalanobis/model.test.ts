import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { pickRows } from '../../../../../lib/features/pick-rows.ts';
import { seedRandom } from '../../../../../lib/maths/random.ts';
import { mahalanobis } from '../../../../../lib/models/kinds/mahalanobis/model.ts';
import { coversDays } from '../../../../../lib/models/kinds/mahalanobis/seasonality.ts';
import { NO_DEADLINE, toMatrix } from '../../../../helpers/feature-matrices.ts';

const RUN = { seed: 1, deadline: NO_DEADLINE };
const DAY_ROWS = 288;

/** Five-minute rows: one metric that follows the clock, one that does not. */
function weekMatrix(rows: number, seed: number): FeatureMatrix {
  const random = seedRandom(seed);
  const x = toMatrix(
    Array.from({ length: rows }, (_, row) => [
      3 * Math.sin((2 * Math.PI * row) / DAY_ROWS) + random.nextFloat(),
      random.nextFloat() - 0.5,
    ]),
  );
  return { ...x, times: x.times.map((time) => time * 5) };
}

test('a season is found where one half of the training foretells the other, and said', async () => {
  const { summary } = await mahalanobis.fit(weekMatrix(7 * DAY_ROWS, 1), {}, RUN);
  assert.ok(
    summary.notes.some((note) => note.startsWith('m0 follows the time of day')),
    summary.notes.join('\n'),
  );
});

test('less than four days show no season, and that is said', async () => {
  const { summary } = await mahalanobis.fit(weekMatrix(3 * DAY_ROWS, 1), {}, RUN);
  assert.ok(summary.notes.includes('No daily season was looked for: that takes 4 days of training.'));
});

test('four days of rows are four days: the last one stands for its step', async () => {
  const { summary } = await mahalanobis.fit(weekMatrix(4 * DAY_ROWS, 1), {}, RUN);
  assert.ok(
    summary.notes.some((note) => note.startsWith('m0 follows the time of day')),
    summary.notes.join('\n'),
  );
  const hours = Float64Array.from({ length: 4 * 24 }, (_, hour) => hour * 3_600_000);
  assert.equal(coversDays(hours), true);
  assert.equal(coversDays(hours.subarray(0, -1)), false);
  assert.equal(coversDays(hours.subarray(0, 1)), false);
  assert.equal(coversDays(hours.subarray(0, 0)), false);
});

test('a value that is usual at noon stands out at midnight, and what was expected is of the hour', async () => {
  const fitted = await mahalanobis.fit(weekMatrix(7 * DAY_ROWS, 1), {}, RUN);
  const x = weekMatrix(2 * DAY_ROWS, 2);
  // A quarter past the second midnight, the peak of the day.
  const row = DAY_ROWS + 3;
  x.values[2 * row] = 3.5;
  const scores = await fitted.score(x);
  const usual = scores.slice(fitted.contextRows, row).sort();
  assert.ok(scores[row]! > usual.at(-1)!, `${scores[row]} against ${usual.at(-1)}`);
  const [[first] = []] = await fitted.explain(x, Uint32Array.of(row));
  assert.equal(first!.feature, 'm0');
  assert.ok(Math.abs(first!.expected! - 0.7) < 0.3, `${first!.expected}`);
  assert.ok(first!.low! < first!.expected! && first!.high! < 3.5);
});

test('rows that are not there are no jump: all goes as if nothing had been measured in them', async () => {
  const fitted = await mahalanobis.fit(weekMatrix(7 * DAY_ROWS, 4), {}, RUN);
  const whole = weekMatrix(2 * DAY_ROWS, 5);
  for (const [from, to] of [
    [100, 103],
    // Until the metric is far from what it was before.
    [210, 350],
  ] as const) {
    const isHole = (row: number): boolean => row >= from && row < to;
    const rows = Uint32Array.from(whole.times.keys()).filter((row) => !isHole(row));
    const without = pickRows(whole, rows);
    const unmeasured = { ...whole, values: whole.values.map((value, i) => (isHole(i >> 1) ? NaN : value)) };
    const scores = await fitted.score(without);
    const expected = await fitted.score(unmeasured);
    assert.deepEqual(
      [...scores],
      Array.from(rows, (row) => expected[row]),
    );
    assert.deepEqual(
      await fitted.explain(without, Uint32Array.of(from)),
      await fitted.explain(unmeasured, Uint32Array.of(to)),
    );
  }
});

test('a row scores the same wherever its window began', async () => {
  const fitted = await mahalanobis.fit(weekMatrix(7 * DAY_ROWS, 1), {}, RUN);
  const x = weekMatrix(DAY_ROWS, 3);
  const from = 100;
  const later = {
    ...x,
    entityOf: x.entityOf.slice(from),
    times: x.times.slice(from),
    values: x.values.slice(2 * from),
  };
  assert.deepEqual(
    (await fitted.score(later)).slice(fitted.contextRows),
    (await fitted.score(x)).slice(from + fitted.contextRows),
  );
});

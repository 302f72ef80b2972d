import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { explainRows } from '../../../../../lib/models/kinds/robust-z/explain.ts';
import { fitBaselines } from '../../../../../lib/models/kinds/robust-z/fit.ts';
import { parseParams } from '../../../../../lib/models/kinds/robust-z/params.ts';
import { compileBaselines, scoreRows } from '../../../../../lib/models/kinds/robust-z/score.ts';
import { loadBaselines, saveBaselines } from '../../../../../lib/models/kinds/robust-z/state.ts';
import { NO_DEADLINE, normalRows, toMatrix } from '../../../../helpers/feature-matrices.ts';

const RUN = { seed: 0, deadline: NO_DEADLINE };

test('the score is the root mean square of the largest deviations', () => {
  // Medians 0, median absolute deviations 1 and 10, no heavier tails: scales 1.4826 and 14.826.
  const column = Array.from({ length: 21 }, (_, i) => [Math.sign(i - 10), 10 * Math.sign(i - 10), 5]);
  const scale = 1.482602218505602;
  const rows = toMatrix([
    [3, 40, 5],
    [3, 0, 5],
    [0, 0, 5],
    [NaN, 40, NaN],
    [NaN, NaN, NaN],
  ]);
  const score = (largest: number): number[] =>
    Array.from(scoreRows(compileBaselines(fitBaselines(toMatrix(column), { largest }, RUN)), rows));
  const [small, large] = [3 / scale, 4 / scale];
  assertClose(score(1), [large, small, 0, large, 0]);
  const two = [Math.hypot(small, large), small, 0, large, 0].map((sum) => sum / Math.SQRT2);
  assertClose(score(2), two);
  // As many as there are columns, where there are fewer.
  assertClose(
    score(100),
    two.map((value) => value * Math.sqrt(2 / 3)),
  );
});

test('farther is never less, and no value overflows or hides the others', () => {
  const fitted = fitBaselines(toMatrix(normalRows(500, 4, 1).map((row) => [...row, 7])), { largest: 2 }, RUN);
  const size = fc.double({ min: 0, max: 3e38, noNaN: true });
  fc.assert(
    fc.property(size, size, fc.constantFrom(0, 4), (a, b, column) => {
      const [near, far] = [Math.min(a, b), Math.max(a, b)].map((distance) =>
        [0, 0, 0, 0, 7].with(column, column === 4 ? 7 + distance : distance),
      );
      const [low, high] = scoreRows(compileBaselines(fitted), toMatrix([near!, far!]));
      assert.ok(low! <= high! && high! < 1000, `${low} and ${high}`);
    }),
  );
  // A constant that moved for good by 200 leaves an incident beside it to be seen.
  const [moved, worse] = scoreRows(
    compileBaselines(fitted),
    toMatrix([
      [0.1, 0, 0, 0, 207],
      [6, 0, 0, 0, 207],
    ]),
  );
  assert.ok(worse! > 1.1 * moved!, `${worse} beside ${moved}`);
});

test('each side of a column has its own scale', () => {
  const bursts = Array.from({ length: 5000 }, (_, i) => [i % 100 === 0 ? 60 : (i % 7) - 3]);
  const fitted = fitBaselines(toMatrix(bursts), { largest: 1 }, RUN);
  const [above, below] = scoreRows(compileBaselines(fitted), toMatrix([[60], [-60]]));
  assert.ok(above! < 4 && below! > 15, `${above} above, ${below} below`);
});

test('an entity with enough rows is judged by its own baseline, any other by the pooled one', () => {
  const x = withEntities([
    ['a', normalRows(300, 1, 1)],
    ['b', normalRows(300, 1, 2).map(([value]) => [value! + 50])],
    ['brief', normalRows(63, 1, 3)],
  ]);
  const fitted = fitBaselines(x, { largest: 1 }, RUN);
  assert.deepEqual(fitted.entities, ['a', 'b']);
  const scores = scoreRows(
    compileBaselines(fitted),
    withEntities([
      ['new', [[50]]],
      ['b', [[50], [0]]],
      ['a', [[50], [0]]],
    ]),
  );
  const [pooled, usualB, oddB, oddA, usualA] = scores;
  assert.ok(usualB! < 1 && usualA! < 1 && oddB! > 10 && oddA! > 10, `${scores}`);
  assert.ok(pooled! < 3.3, `${pooled}: a level that some entity runs at`);
});

test('rows labelled anomalous are left out', () => {
  const rows = normalRows(400, 2, 4);
  const odd = rows.map((row, i) => (i < 100 ? [500, 500] : row));
  const labels = new Uint8Array(400).fill(1, 0, 100);
  const fitted = fitBaselines(toMatrix(odd), { largest: 2 }, { ...RUN, labels });
  assert.deepEqual(fitted, fitBaselines(toMatrix(rows.slice(100)), { largest: 2 }, RUN));
  assert.throws(
    () => fitBaselines(toMatrix(rows), { largest: 2 }, { ...RUN, labels: new Uint8Array(400).fill(1) }),
    {
      name: 'ModelError',
      message: /all 400 rows are labelled anomalous/,
    },
  );
});

test('an explanation tells the median and where all but 0.05 % of the training lay', () => {
  const fitted = fitBaselines(
    toMatrix(normalRows(20_000, 3, 5).map((row) => [...row, NaN])),
    { largest: 2 },
    RUN,
  );
  const [contributions] = explainRows(compileBaselines(fitted), toMatrix([[1, -9, 0, 3]]), Uint32Array.of(0));
  assert.equal(contributions![0]!.feature, 'm1');
  const { expected, low, high } = contributions![0]!;
  assert.ok(Math.abs(expected!) < 0.05 && Math.abs(low! + 3.29) < 0.3 && Math.abs(high! - 3.29) < 0.3);
  // Never measured in training: nothing to compare with.
  assert.ok(contributions!.every(({ feature }) => feature !== 'm3'));
});

test('parameters and states that are out of range are named', () => {
  assert.deepEqual(parseParams({}), { largest: 2 });
  for (const [given, message] of [
    [{ largest: 0 }, /robust-z largest is 0, not a whole number from 1 to 100/],
    [{ largest: '2' }, /largest is "2"/],
    [{ smallest: 1 }, /robust-z has no parameter smallest; it has largest/],
  ] as const)
    assert.throws(() => parseParams(given), { name: 'ModelError', message });
  const state = saveBaselines(fitBaselines(toMatrix(normalRows(100, 2, 1)), { largest: 2 }, RUN));
  const json = { columns: ['m0', 'm1'], entities: [], largest: 2 };
  for (const [damaged, message] of [
    [{ json: { ...json, columns: [] } }, /columns are \[\]/],
    [{ json: { ...json, entities: ['a'] } }, /centers has 2 elements, expected 4/],
    [{ json: { ...json, largest: 2.5 } }, /largest is 2.5/],
    [{ arrays: { ...state.arrays, above: Float64Array.of(1, -1) } }, /column m1 has center/],
    [{ arrays: { ...state.arrays, below: Float64Array.of(0, 1) } }, /column m0 has center/],
    [{ arrays: { ...state.arrays, centers: Float64Array.of(NaN, 1) } }, /column m0 has center NaN/],
  ] as const)
    assert.throws(() => loadBaselines({ ...state, ...damaged }), { name: 'ArtifactError', message });
});

test('it stops at the deadline and says how far it came', () => {
  let left = 2;
  assert.throws(
    () =>
      fitBaselines(
        toMatrix(normalRows(50, 4, 1)),
        { largest: 2 },
        { seed: 0, deadline: { remaining: () => left-- } },
      ),
    { name: 'RetryLaterError', message: /stopped after 2 of 4 columns/ },
  );
});

function withEntities(parts: readonly (readonly [string, readonly (readonly number[])[]])[]): FeatureMatrix {
  return {
    ...toMatrix(parts.flatMap(([, rows]) => rows)),
    entities: parts.map(([name]) => name),
    entityOf: Uint32Array.from(parts.flatMap(([, rows], e) => rows.map(() => e))),
  };
}

function assertClose(values: readonly number[], expected: readonly number[]): void {
  for (const [i, value] of values.entries())
    assert.ok(Math.abs(value - expected[i]!) < 1e-12, `${value} is not ${expected[i]}`);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { explainRows } from '../../../../../lib/models/kinds/pca/explain.ts';
import { fitPca } from '../../../../../lib/models/kinds/pca/fit.ts';
import { parseParams } from '../../../../../lib/models/kinds/pca/params.ts';
import type { Pca } from '../../../../../lib/models/kinds/pca/pca.ts';
import { compilePca, scoreRows } from '../../../../../lib/models/kinds/pca/score.ts';
import { loadPca, savePca } from '../../../../../lib/models/kinds/pca/state.ts';
import { NO_DEADLINE, normalRows, toMatrix } from '../../../../helpers/feature-matrices.ts';

const RUN = { seed: 0, deadline: NO_DEADLINE };

/** Four metrics that follow one load, and one of their own. */
function loadRows(count: number, seed: number): number[][] {
  return normalRows(count, 6, seed).map(([load, a, b, c, d, own]) => [
    3 * load! + 0.3 * a!,
    -2 * load! + 0.2 * b!,
    load! + 0.1 * c!,
    load! + 0.1 * d!,
    own!,
  ]);
}

function fit(rows: readonly (readonly number[])[], params: Readonly<Record<string, unknown>> = {}): Pca {
  return fitPca(toMatrix(rows), parseParams({ window: 1, ...params }), RUN);
}

function score(pca: Pca, rows: readonly (readonly number[])[]): Float64Array {
  return scoreRows(compilePca(pca), toMatrix(rows));
}

test('a broken relation scores above a large but usual load', () => {
  const fitted = fit(loadRows(3000, 1));
  const [usual, high, broken] = score(fitted, [
    [0, 0, 0, 0, 0],
    [7.5, -5, 2.5, 2.5, 0],
    [3, -2, 1, -1, 0],
  ]);
  assert.ok(usual! < 0.5 && high! < 3 && broken! > 4, `${usual}, ${high}, ${broken}`);
});

test('rows like those of the training score about 1', () => {
  const scores = score(fit(loadRows(5000, 1)), loadRows(1000, 2));
  const mean = scores.reduce((sum, value) => sum + value, 0) / 1000;
  assert.ok(mean > 0.7 && mean < 1.1, `${mean}`);
});

test('outliers in the training hardly turn the components, where they ruin plain ones', () => {
  const rows = loadRows(4000, 1);
  // A direction of their own: two rows without bounds, or one in a hundred well outside.
  const huge = rows.map((row, i) => (i % 2000 === 7 ? row.with(2, 1e9).with(3, -1e9) : row));
  const many = rows.map((row, i) => (i % 100 === 7 ? row.with(2, 30).with(3, -30) : row));
  const broken = [[3, -2, 1, -1, 0]];
  const loss = (dirty: number[][], robust: boolean): number =>
    score(fit(rows, { robust }), broken)[0]! / score(fit(dirty, { robust }), broken)[0]!;
  assert.ok(loss(huge, true) < 1.5, `${loss(huge, true)}`);
  assert.ok(loss(huge, false) > 100, `${loss(huge, false)}`);
  assert.ok(loss(many, true) < loss(many, false), `${loss(many, true)} and ${loss(many, false)}`);
});

test('a missing value adds nothing, and is expected to be what the others tell', () => {
  const fitted = fit(loadRows(3000, 1));
  const compiled = compilePca(fitted);
  const x = toMatrix([
    [6, -4, 2, NaN, 0],
    [6, -4, 2, 2, 0],
    [NaN, NaN, NaN, NaN, NaN],
    [NaN, NaN, 2, -2, NaN],
  ]);
  const [gap, whole, nothing, broken] = scoreRows(compiled, x);
  assert.ok(gap! <= whole!, `${gap} with a gap, ${whole} without`);
  assert.equal(nothing, 0);
  assert.ok(broken! > 4, `${broken}`);
  const [contributions] = explainRows(compiled, toMatrix([[6, -4, 2, -2, 0]]), Uint32Array.of(0));
  const { feature, expected, low, high } = contributions![0]!;
  assert.equal(feature, 'm3');
  assert.ok(
    Math.abs(expected! - 2) < 0.3 && low! < 2 && high! > 2 && low! > 0,
    `${expected}, ${low} to ${high}`,
  );
});

test('what a gap leaves scores as a model of the measured columns alone would', () => {
  // Both ways of filling a gap: more columns missing than measured, and fewer.
  const fitted = fit(loadRows(3000, 1));
  const form = compilePca(fitted).form;
  for (const missing of [[1], [0, 1, 3, 4]]) {
    // Of values that float32 has.
    const row = [1, -1, 0.5, 0.25, 1].map((value, c) => (missing.includes(c) ? NaN : value));
    const [value] = score(fitted, [row]);
    const measured = row.flatMap((_, c) => (missing.includes(c) ? [] : [c]));
    const u = row.map(
      (cell, c) =>
        (cell - fitted.coordinates.baselines.centers[c]!) / sideScale(fitted, cell, c) - form.mean[c]!,
    );
    const square = measured.map((i) => measured.map((j) => form.inverse[i * 5 + j]!));
    const solved = solve(
      square,
      measured.map((c) => u[c]!),
    );
    const expected = measured.reduce((sum, c, i) => sum + u[c]! * solved[i]!, 0);
    assert.ok(
      Math.abs(value! - Math.sqrt(expected / 5)) < 1e-9,
      `${value} is not ${Math.sqrt(expected / 5)}`,
    );
  }
});

test('gaps in the training do not make the components narrower', () => {
  const rows = loadRows(6000, 1);
  const gaps = rows.map((row, i) => row.map((value, c) => ((i * 7 + c * 3) % 5 < 2 ? NaN : value)));
  const [whole, holey] = [score(fit(rows), loadRows(500, 2)), score(fit(gaps), loadRows(500, 2))];
  const ratio = holey.reduce((sum, v) => sum + v, 0) / whole.reduce((sum, v) => sum + v, 0);
  assert.ok(ratio > 0.75 && ratio < 1.35, `${ratio}`);
});

test('one metric is judged in windows: an odd shape within the usual range is found', () => {
  const wave = Array.from({ length: 3000 }, (_, i) => [Math.sin(i / 8) + 0.05 * Math.sin(i * 1.7)]);
  const fitted = fit(wave, { window: undefined });
  assert.equal(fitted.window, 20);
  const stuck = wave.slice(0, 300).map(([value], i) => [i >= 200 && i < 215 ? wave[200]![0]! : value!]);
  const scores = score(fitted, stuck);
  assert.ok(scores.subarray(0, 19).every(Number.isNaN));
  const usual = Math.max(...scores.subarray(19, 200));
  assert.ok(Math.max(...scores.subarray(200, 235)) > 2 * usual, `${usual}`);
  assert.equal(fit(wave.slice(0, 60), { window: undefined }).window, 6);
  assert.equal(fit(loadRows(200, 1), { window: undefined }).window, 10);
  assert.equal(fit(normalRows(300, 90, 1), { window: undefined }).window, 4);
  assert.equal(fit(wave, { window: 3 }).window, 3);
});

test('a window never looks from one entity into another, nor at rows labelled anomalous', () => {
  const rows = loadRows(300, 1);
  const x: FeatureMatrix = {
    ...toMatrix([...rows, ...rows]),
    entities: ['a', 'b'],
    // In turns.
    entityOf: Uint32Array.from({ length: 600 }, (_, row) => row % 2),
  };
  const fitted = fitPca(x, parseParams({ window: 3 }), RUN);
  const together = scoreRows(compilePca(fitted), x);
  const onlyA = Uint32Array.from({ length: 300 }, (_, i) => 2 * i);
  const alone = scoreRows(compilePca(fitted), {
    ...x,
    entityOf: new Uint32Array(300),
    times: x.times.filter((_, row) => row % 2 === 0),
    values: Float32Array.from(
      Array.from(onlyA).flatMap((row) => Array.from(x.values.subarray(row * 5, row * 5 + 5))),
    ),
  });
  assert.deepEqual(
    together.filter((_, row) => row % 2 === 0),
    alone,
  );
  const labels = new Uint8Array(300).fill(1, 100, 150);
  const odd = rows.map((row, i) => (labels[i] === 1 ? [90, 90, 90, 90, 90] : row));
  const given = { ...RUN, labels };
  const params = parseParams({ window: 2 });
  assert.deepEqual(fitPca(toMatrix(odd), params, given), fitPca(toMatrix(rows), params, given));
});

test('more rows than are needed are taken evenly, and the same ones each time', () => {
  const count = 70_000;
  const rows = Array.from({ length: count }, (_, i) => [
    Math.sin(i / 50),
    Math.cos(i / 31) + Math.sin(i / 50),
  ]);
  const fitted = fit(rows);
  assert.equal(fitted.available, count);
  assert.ok(Math.abs(fitted.taken - 65_536) <= 1, `${fitted.taken}`);
  assert.deepEqual(savePca(fitted), savePca(fit(rows)));
});

test('parameters and states that are out of range are named', () => {
  assert.deepEqual(parseParams({}), { window: undefined, robust: true, noiseFloor: 0.01 });
  for (const [given, message] of [
    [{ window: 0 }, /pca window is 0, not a whole number from 1 to 512/],
    [{ window: 2.5 }, /window is 2.5/],
    [{ robust: 1 }, /pca robust is 1, not true or false/],
    [{ noiseFloor: 0 }, /noiseFloor is 0, not a number from 0.000001 to 1/],
    [{ components: 3 }, /no parameter components; it has window, robust, noiseFloor/],
  ] as const)
    assert.throws(() => parseParams(given), { name: 'ModelError', message });
  assert.throws(() => fit(loadRows(100, 1), { window: 512 }), {
    name: 'ModelError',
    message: /5 columns that vary × 512 rows make vectors of 2560, at most 1024/,
  });
  assert.throws(() => fit(loadRows(10, 1), { window: 10 }), {
    name: 'ModelError',
    message: /1 stretches of 10/,
  });
  const state = savePca(fit(loadRows(100, 1)));
  const { arrays } = state;
  for (const [damaged, message] of [
    [
      { ...arrays, vectors: arrays.vectors!.map((value) => value * 2) as Float64Array },
      /component 0 has length/,
    ],
    [{ ...arrays, usual: new Float64Array(5) }, /component 0 has variance/],
    [{ ...arrays, mean: new Float64Array(4) }, /mean has 4 elements, expected 5/],
    [{ ...arrays, above: new Float64Array(5) }, /column m0 has center/],
  ] as const)
    assert.throws(() => loadPca({ ...state, arrays: damaged }), { name: 'ArtifactError', message });
});

test('it stops at the deadline', () => {
  let left = 8;
  assert.throws(
    () =>
      fitPca(toMatrix(loadRows(4000, 1)), parseParams({ window: 1 }), {
        seed: 0,
        deadline: { remaining: () => left-- },
      }),
    {
      name: 'RetryLaterError',
      message: /stopped before its components were found/,
    },
  );
});

function sideScale({ coordinates }: Pca, value: number, c: number): number {
  const { centers, above, below } = coordinates.baselines;
  return value > centers[c]! ? above[c]! : below[c]!;
}

/** Gauss without pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (const [i, row] of rows.entries())
    for (const [j, other] of rows.entries()) {
      if (j === i) continue;
      const scale = other[i]! / row[i]!;
      for (let k = i; k < other.length; k++) other[k]! -= scale * row[k]!;
    }
  return rows.map((row, i) => row.at(-1)! / row[i]!);
}

test('many entries are scored in single precision, unless it would be off by more than 1e-5', () => {
  const tight = normalRows(3000, 40, 1).map((row) => row.map((value, c) => row[c % 4]! * 10 + value / 100));
  const spread = fit(tight, { noiseFloor: 1e-6 });
  assert.equal(compilePca(spread).precision, 'double');
  assert.equal(compilePca(fit(loadRows(500, 1))).precision, 'double');
  for (const params of [{}, { robust: false }, { noiseFloor: 1e-3 }]) {
    const fitted = fit(tight, params);
    const compiled = compilePca(fitted);
    assert.equal(compiled.precision, 'single');
    // With rows that miss something, and rows far out.
    const x = toMatrix(
      tight.map((row, i) =>
        i % 7 === 0 ? row.with(i % 40, NaN) : i % 50 === 1 ? row.with(i % 40, 1e6) : row,
      ),
    );
    const single = scoreRows(compiled, x);
    const double = scoreRows({ ...compiled, precision: 'double' }, x);
    for (const [i, value] of single.entries())
      assert.ok(Math.abs(value - double[i]!) <= 1e-5 * double[i]!, `${value} is not ${double[i]}`);
    assert.notDeepEqual(single, double);
  }
});

test('single precision loses what the spread of the components says, and no more', () => {
  for (const width of [4, 40])
    for (const noise of [0.3, 0.01])
      for (const params of [{}, { noiseFloor: 1e-4 }, { noiseFloor: 1e-6, robust: false }]) {
        const rows = normalRows(2000, width, 1).map((row) =>
          row.map((value, c) => 3 * row[c % 2]! + noise * value),
        );
        const compiled = compilePca(fit(rows, params));
        const { usual } = compiled.pca.components;
        const spread = Math.sqrt(Math.max(...usual) / Math.min(...usual));
        const [single, double] = (['single', 'double'] as const).map((precision) =>
          scoreRows({ ...compiled, precision }, toMatrix(rows)),
        ) as [Float64Array, Float64Array];
        for (const [i, value] of single.entries()) {
          const off = Math.abs(value / double[i]! - 1);
          assert.ok(off <= 2 * 2 ** -24 * Math.max(2, spread), `${off} at a spread of ${spread}`);
        }
      }
});

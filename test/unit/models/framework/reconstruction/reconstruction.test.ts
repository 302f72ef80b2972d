import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { weighDistance } from '../../../../../lib/models/framework/reconstruction/distance.ts';
import { reconstruction } from '../../../../../lib/models/framework/reconstruction/model.ts';
import { NO_DEADLINE, toMatrix } from '../../../../helpers/feature-matrices.ts';

const RUN = { seed: 1, deadline: NO_DEADLINE };
/** Medians 0, quartiles ±50: standard deviations of 100 / 1.349, as the tails lie closer than a normal's. */
const EVEN = Array.from({ length: 201 }, (_, i) => [i - 100, 100 - i]);

test('a score is the root mean square of the distances in robust deviations', async () => {
  const fitted = await reconstruction.fit(toMatrix(EVEN), {}, RUN);
  const scale = 100 / 1.349;
  const scores = await fitted.score(
    toMatrix([
      [0, 0],
      [2 * scale, 0],
      [NaN, 3 * scale],
      [NaN, NaN],
    ]),
  );
  for (const [row, expected] of [0, Math.SQRT2, 3, 0].entries())
    assert.ok(Math.abs(scores[row]! - expected) < 1e-6, `row ${row}: ${scores[row]}`);
});

test('far out a distance counts by its logarithm: farther still counts more, and nothing overflows', async () => {
  assert.equal(weighDistance(-8), 64);
  assert.ok(Math.abs(weighDistance(8.001) - 64.016) < 1e-4);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e30, noNaN: true }), (distance) => {
      assert.ok(weighDistance(distance * 1.1) >= weighDistance(distance));
    }),
  );
  const fitted = await reconstruction.fit(toMatrix(EVEN), {}, RUN);
  const scores = await fitted.score(
    toMatrix([
      [1e17, 0],
      [1e18, 0],
      [1e18, 200],
    ]),
  );
  assert.ok(scores[0]! < scores[1]! && scores[1]! < scores[2]! && Number.isFinite(scores[2]));
});

test('rows labelled anomalous have no part in what is usual', async () => {
  const rows = [...EVEN, ...Array.from({ length: 400 }, () => [5000, 5000])];
  const labels = Uint8Array.from(rows, (_, row) => (row < EVEN.length ? 0 : 1));
  const told = await reconstruction.fit(toMatrix(rows), {}, { ...RUN, labels });
  const clean = await reconstruction.fit(toMatrix(EVEN), {}, RUN);
  assert.deepEqual(told.save(), clean.save());
  await assert.rejects(reconstruction.fit(toMatrix(rows), {}, { ...RUN, labels: labels.fill(1) }), {
    name: 'ModelError',
    code: 'nothing-measured',
  });
});

test('an explanation names what is expected and the usual range', async () => {
  const fitted = await reconstruction.fit(toMatrix(EVEN), {}, RUN);
  const [first] = (await fitted.explain(toMatrix([[30, 400]]), Uint32Array.of(0)))[0]!;
  assert.deepEqual(first, { ...first, feature: 'm1', expected: 0, low: -99, high: 99 });
});

test('too few rows, nothing measured, an infinite value and a parameter are refused', async () => {
  for (const [rows, code] of [
    [[[1]], 'too-few-rows'],
    [[[NaN], [NaN]], 'nothing-measured'],
    [[[1], [Infinity]], 'infinite-value'],
  ] as const)
    await assert.rejects(reconstruction.fit(toMatrix(rows), {}, RUN), { name: 'ModelError', code });
  assert.throws(() => reconstruction.parseParams({ trees: 3 }), {
    name: 'ModelError',
    code: 'unknown-param',
  });
});

test('a damaged state is refused', async () => {
  const state = (await reconstruction.fit(toMatrix(EVEN), {}, RUN)).save();
  for (const arrays of [
    { ...state.arrays, scales: Float32Array.of(1) },
    { ...state.arrays, scales: Float32Array.of(1, 0) },
    { ...state.arrays, centers: Float32Array.of(0, Infinity) },
    { ...state.arrays, lows: Float32Array.of(0, 50) },
  ])
    assert.throws(() => reconstruction.load({ ...state, arrays }), { name: 'ArtifactError' });
});

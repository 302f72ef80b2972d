import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAt, fitExpectation, seriesOf } from '../../../lib/expectation/expectation.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import { normalRows, toMatrix } from '../../helpers/feature-matrices.ts';

function all(x: FeatureMatrix): Uint8Array {
  return new Uint8Array(x.times.length).fill(1);
}

test('centre and spread are those of the rows that are learned from', () => {
  const x = toMatrix(normalRows(2000, 1, 1).map(([value], row) => [row < 1000 ? 50 + 2 * value! : 900]));
  const [series] = seriesOf(fitExpectation(x, all(x).fill(0, 1000)), '');
  assert.ok(Math.abs(series!.center - 50) < 0.3 && Math.abs(series!.spread - 2) < 0.2);
  assert.ok(Math.abs(series!.low + 2 * 2.576) < 1.2 && Math.abs(series!.high - 2 * 2.576) < 1.2);
  assert.equal(expectAt(series!, 0), series!.center);
});

test('where half of the values are one, the spread is of the others; a constant has none', () => {
  const x = toMatrix(
    Array.from({ length: 1000 }, (_, row) => [row % 10 === 0 ? 5 : 0, row === 7 ? 5 : 0, 3, NaN]),
  );
  const [often, once, never, missing] = seriesOf(fitExpectation(x, all(x)), '');
  assert.ok(often!.spread > 0.5 && often!.spread < 5);
  assert.ok(once!.spread > 0 && once!.spread < often!.spread);
  assert.equal(never!.spread, 0);
  assert.ok(Number.isNaN(missing!.center) && missing!.spread === 0);
});

test('an entity that was seen too briefly, and one that nobody knows, have what all have together', () => {
  const rows = normalRows(240, 1, 2);
  const x: FeatureMatrix = {
    ...toMatrix(rows),
    entities: ['long', 'short'],
    entityOf: Uint32Array.from(rows, (_, row) => (row < 200 ? 0 : 1)),
  };
  const expectation = fitExpectation(x, all(x));
  assert.deepEqual([...expectation.entities.keys()], ['long']);
  assert.equal(seriesOf(expectation, 'short'), expectation.pooled);
  assert.equal(seriesOf(expectation, 'other'), expectation.pooled);
});

test('pods that came and went take no room for the seasons of those that stay', () => {
  const step = 300_000;
  const days = 5;
  const rows = ['day', 'night'].flatMap((_, entity) =>
    Array.from({ length: days * 288 }, (_, row) => ({
      entity,
      time: row * step,
      value: row % 288 < 144 === (entity === 0) ? 4 : 0,
    })),
  );
  const gone = Array.from({ length: 9_000 }, (_, at) => ({ entity: 2 + at, time: at * 60_000, value: 2 }));
  const all = [...rows, ...gone];
  const x: FeatureMatrix = {
    names: ['requests'],
    entities: ['day', 'night', ...gone.map((_, at) => `gone-${at}`)],
    entityOf: Uint32Array.from(all, ({ entity }) => entity),
    times: Float64Array.from(all, ({ time }) => time),
    values: Float32Array.from(all, ({ value }) => value),
  };
  const expectation = fitExpectation(x, new Uint8Array(all.length).fill(1));
  const at = (entity: string, hour: number): number =>
    expectAt(seriesOf(expectation, entity)[0]!, 3_600_000 * hour);
  assert.deepEqual(
    [at('day', 6), at('day', 18), at('night', 6), at('night', 18)].map(Math.round),
    [4, 0, 0, 4],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitSeries } from '../../../../../lib/models/kinds/arima/fit-series.ts';
import { parseParams } from '../../../../../lib/models/kinds/arima/params.ts';
import { findRecordFault, writeRecord } from '../../../../../lib/models/kinds/arima/series-model.ts';
import { accumulate, drawNormals, toSeries } from './simulate.ts';

test('the defaults', () => {
  assert.deepEqual(parseParams({}), {
    order: 'auto',
    seasonalOrder: 'auto',
    season: 'auto',
    maxSeason: 24,
    maxOrder: 3,
    maxModels: 15,
    maxPoints: 2000,
    contextRows: 64,
    outlier: 3,
    outlierRows: 28,
    coverage: 0.95,
  });
});

test('what is parsed can be parsed again', () => {
  const params = parseParams({ order: [1, 1, 1], seasonalOrder: [0, 1, 1], season: 12 });
  assert.deepEqual(parseParams({ ...params }), params);
});

for (const [given, message] of [
  [{ p: 1 }, /no parameter p; it has order, /],
  [{ order: [1, 0] }, /order is \[1,0\], not auto or three whole numbers from 0 to 5, 2, 5/],
  [{ order: [1, 3, 0] }, /order is \[1,3,0\]/],
  [{ order: 'best' }, /order is "best"/],
  [{ seasonalOrder: [0, 2, 0], season: 12 }, /seasonalOrder is \[0,2,0\]/],
  [{ seasonalOrder: [0, 1, 1] }, /takes a season of 2 to 24 rows/],
  [{ seasonalOrder: [0, 1, 1], season: 60 }, /takes a season of 2 to 24 rows/],
  [{ season: 1 }, /season is 1, not auto, 0 or a whole number from 2 to 100000/],
  [{ season: 7.5 }, /season is 7.5/],
  [{ contextRows: 1 }, /contextRows is 1, not a whole number from 2 to 1440/],
  [{ outlier: Number.NaN }, /outlier is NaN, not a number from 2 to 1000000000/],
  [{ coverage: 1 }, /coverage is 1, not a number from 0.5 to 0.9999/],
  [{ maxPoints: '2000' }, /maxPoints is "2000"/],
] as const)
  test(`refused: ${JSON.stringify(given)}`, () => {
    assert.throws(() => parseParams(given), { name: 'ModelError', message });
  });

test('a record that was tampered with is told from a sound one', () => {
  const noise = drawNormals(200, 3);
  const record = writeRecord(fitSeries(toSeries(accumulate(noise)), parseParams({ order: [1, 1, 2] })));
  assert.equal(findRecordFault(record), undefined);
  const faults: readonly (readonly [ArrayLike<number>, RegExp])[] = [
    [[], /0 numbers/],
    [record.slice(0, -1), /numbers, its order asks for/],
    [Float64Array.of(...record, 1), /numbers, its order asks for/],
    [record.with(0, 6), /order is 6/],
    [record.with(1, 0.5), /order is 1, 0.5/],
    [record.with(6, 0), /season 0/],
    [record.with(7, 2), /flags are 2/],
    [record.with(8, 0), /deviation is 0/],
    [record.with(9, -1), /step -1 ms/],
    [record.with(15, 3), /3 curves/],
    [record.with(15, 1), /its curve 0 has a period/],
    [record.with(18, Number.NaN), /number 18 of its record is NaN/],
  ];
  for (const [tampered, message] of faults) assert.match(findRecordFault(tampered) ?? 'none', message);
});

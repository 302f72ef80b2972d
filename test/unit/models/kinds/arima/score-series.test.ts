import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Series } from '../../../../../lib/models/framework/univariate/contract.ts';
import { fitPool, fitSeries } from '../../../../../lib/models/kinds/arima/fit-series.ts';
import { parseParams } from '../../../../../lib/models/kinds/arima/params.ts';
import { normalQuantile, scoreSeries } from '../../../../../lib/models/kinds/arima/score-series.ts';
import {
  readRecord,
  type SeriesModel,
  writeRecord,
} from '../../../../../lib/models/kinds/arima/series-model.ts';
import { accumulate, cut, drawNormals, emptyScores, MINUTE, simulateArma, toSeries } from './simulate.ts';

const PARAMS = parseParams({});
const CONTEXT = PARAMS.contextRows;
const TRAINING = 600;

const stationary = simulateArma(1500, { phi: [0.8], seed: 1 });
const wandering = accumulate(simulateArma(1500, { theta: [-0.5], seed: 2 }));

function fit(values: Float64Array, params = PARAMS): SeriesModel {
  return fitSeries(cut(toSeries(values), 0, TRAINING), params);
}

function scoreRows(series: Series, model: SeriesModel, params = PARAMS): Float64Array {
  const scores = emptyScores(series.times.length);
  scoreSeries(series, model, params, scores);
  return scores.residuals;
}

for (const [name, values] of Object.entries({ stationary, wandering })) {
  test(`a row scores the same however the windows are cut, gaps and jumps included: ${name}`, () => {
    const model = fit(values);
    const spoilt = values.map((value, t) =>
      t % 41 === 0 || (t > 900 && t < 950) ? NaN : t % 97 === 0 ? 30 : value,
    );
    const series = toSeries(spoilt);
    const whole = scoreRows(series, model);
    fc.assert(
      fc.property(fc.integer({ min: CONTEXT, max: 1490 }), fc.integer({ min: 1, max: 300 }), (from, rows) => {
        const to = Math.min(from + rows, series.times.length);
        const part = scoreRows(cut(series, from - CONTEXT, to), model);
        assert.deepEqual(part.slice(CONTEXT), whole.slice(from, to));
      }),
      { numRuns: 60 },
    );
  });

  test(`rows that are absent score as rows that hold no value: ${name}`, () => {
    const model = fit(values);
    const missing = values.map((value, t) => (t % 5 === 2 ? NaN : value));
    const all = toSeries(missing);
    const present = [...all.times.keys()].filter((t) => !Number.isNaN(missing[t]!));
    const thin = {
      times: Float64Array.from(present, (t) => all.times[t]!),
      values: Float32Array.from(present, (t) => all.values[t]!),
    };
    const [full, few] = [scoreRows(all, model), scoreRows(thin, model)];
    // The first ones have fewer rows before them.
    for (const [i, t] of present.entries())
      if (i >= CONTEXT) assert.ok(Math.abs(few[i]! - full[t]!) < 1e-9, `row ${t}`);
  });

  test(`on data like training's, residuals are standard normal: ${name}`, () => {
    const residuals = scoreRows(toSeries(values), fit(values)).slice(TRAINING);
    const square = residuals.reduce((sum, each) => sum + each * each, 0) / residuals.length;
    assert.ok(square > 0.85 && square < 1.2, `${square}`);
    const beyond = residuals.filter((each) => Math.abs(each) > 1.96).length / residuals.length;
    assert.ok(beyond > 0.03 && beyond < 0.075, `${beyond}`);
  });

  test(`right after training the filter goes on from the stored state: ${name}`, () => {
    const params = parseParams({ contextRows: 1440, order: [1, name === 'wandering' ? 1 : 0, 1] });
    const model = fit(values, params);
    const direct = emptyScores(10);
    scoreSeries(cut(toSeries(values), TRAINING, TRAINING + 10), model, params, direct);
    const around = emptyScores(TRAINING + 10);
    scoreSeries(toSeries(values.subarray(0, TRAINING + 10)), model, params, around);
    assert.deepEqual(direct.expected, around.expected.slice(TRAINING));
    // By hand: the state at the end holds the last value and innovation.
    assert.ok(Math.abs(direct.expected[0]! - values[TRAINING - 1]!) < 4);
  });
}

test('a record gives back the model that it was made of', () => {
  for (const values of [stationary, wandering]) {
    const model = fit(values);
    const record = writeRecord(model);
    assert.deepEqual(writeRecord(readRecord(record)), record);
    const series = toSeries(values);
    assert.deepEqual(scoreRows(series, readRecord(record)), scoreRows(series, model));
  }
});

test('the longer the gap, the wider the band, up to that of the process itself', () => {
  const model = fit(stationary);
  const widths = [1, 2, 5, 20, 2000, 100_000].map((gap) => {
    const scores = emptyScores(1);
    const times = Float64Array.of((TRAINING - 1 + gap) * MINUTE);
    scoreSeries({ times, values: Float32Array.of(0) }, model, PARAMS, scores);
    return scores.high[0]! - scores.low[0]!;
  });
  for (let i = 1; i < widths.length; i++) assert.ok(widths[i]! >= widths[i - 1]! * (1 - 1e-9), `${widths}`);
  const [phi] = model.coefficients.ar;
  if (model.order.p === 1 && model.order.q === 0)
    assert.ok(Math.abs(widths.at(-1)! / widths[0]! - 1 / Math.sqrt(1 - phi! ** 2)) < 1e-6);
});

test('a spike is scored, and the rows after it as if it had been missing', () => {
  const model = fit(stationary);
  const spiked = stationary.map((value, t) => (t === 1000 ? value + 25 : value));
  const missing = stationary.map((value, t) => (t === 1000 ? NaN : value));
  const residuals = scoreRows(toSeries(spiked), model);
  assert.ok(residuals[1000]! > 15);
  assert.deepEqual(residuals.slice(1001), scoreRows(toSeries(missing), model).slice(1001));
});

test('a series that moved for good is taken up after outlierRows', () => {
  const model = fit(wandering);
  const at = 1010;
  const moved = wandering.map((value, t) => (t >= at ? value + 100 : value));
  const residuals = scoreRows(toSeries(moved), model);
  assert.ok(residuals.slice(at, at + PARAMS.outlierRows).every((each) => each > PARAMS.outlier));
  const later = residuals.slice(at + PARAMS.outlierRows + 5);
  assert.ok(
    later.every((each) => Math.abs(each) < 6),
    `${Math.max(...later.map(Math.abs))}`,
  );
});

test('a pool knows the level of none of its series, and takes that of the first value', () => {
  const pool = fitPool([toSeries(wandering), toSeries(wandering.map((value) => value + 500))], PARAMS);
  const residuals = scoreRows(toSeries(wandering.map((value) => value - 3000)), pool);
  assert.ok(residuals.slice(CONTEXT).every((each) => Math.abs(each) < 6));
  const spread = residuals.slice(CONTEXT).reduce((sum, each) => sum + each * each, 0) / (1500 - CONTEXT);
  assert.ok(spread > 0.8 && spread < 1.25, `${spread}`);
});

test('a day with too many rows for seasonal terms is a curve, and a quiet noon stands out', () => {
  const day = 288;
  const noise = drawNormals(10 * day, 5);
  const usual = noise.map((each, t) => 10 * Math.sin((2 * Math.PI * t) / day) + each);
  const toDays = (values: Float64Array): Series => ({
    times: Float64Array.from(values, (_, t) => t * 300_000),
    values: Float32Array.from(values),
  });
  const model = fitSeries(toDays(usual.subarray(0, 7 * day)), PARAMS);
  assert.equal(model.curve.length, 1);
  const quiet = usual.map((value, t) => (t >= 8 * day + 60 && t < 8 * day + 84 ? noise[t]! : value));
  const residuals = scoreRows(toDays(quiet), model);
  assert.ok(residuals.slice(8 * day + 60, 8 * day + 84).every((each) => each < -5));
  assert.ok(residuals.slice(CONTEXT, 8 * day + 60).every((each) => Math.abs(each) < 5));
});

test('hours of a day become seasonal terms, and 30 days later still know the hour', () => {
  const noise = drawNormals(24 * 60, 6);
  const values = noise.map(
    (each, t) => 8 * Math.sin((2 * Math.PI * (t % 24)) / 24) + (t % 24 === 3 ? 15 : 0) + each,
  );
  const series = {
    times: Float64Array.from(values, (_, t) => t * 3_600_000),
    values: Float32Array.from(values),
  };
  const model = fitSeries(cut(series, 0, 24 * 28), PARAMS);
  assert.equal(model.order.season, 24);
  const residuals = scoreRows(cut(series, 24 * 50, 24 * 60), model).slice(CONTEXT);
  assert.ok(
    residuals.every((each) => Math.abs(each) < 6),
    `${Math.max(...residuals.map(Math.abs))}`,
  );
});

test('the quantiles of the normal distribution that bands are made of', () => {
  for (const [share, expected] of [
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.99995, 3.8905918864131164],
    [0.025, -1.959963984540054],
  ] as const)
    assert.ok(Math.abs(normalQuantile(share) - expected) < 1e-8, `${share}`);
});

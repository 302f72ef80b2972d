import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { before, describe, test } from 'node:test';
import initAugurs, { Prophet } from '@bsull/augurs/prophet';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { createUnivariateModel } from '../../../../../lib/models/framework/univariate/model.ts';
import { buildDesign, countWaves } from '../../../../../lib/models/kinds/prophet/design.ts';
import { fitProphet, placeChangepoints } from '../../../../../lib/models/kinds/prophet/fit.ts';
import { forecastSeries } from '../../../../../lib/models/kinds/prophet/forecast.ts';
import { prophetKind } from '../../../../../lib/models/kinds/prophet/kind.ts';
import { parseParams } from '../../../../../lib/models/kinds/prophet/params.ts';
import { type ProphetFit, trendVariance } from '../../../../../lib/models/kinds/prophet/record.ts';
import { type Stan, type StanParams, startStan } from '../../../../../lib/models/kinds/prophet/stan.ts';
import { NO_DEADLINE, normalRows } from '../../../../helpers/feature-matrices.ts';

const prophet = createUnivariateModel(prophetKind);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 2, 2);
const ROWS = 21 * 24;
const RUN = { seed: 1, deadline: NO_DEADLINE };
const noise = Float64Array.from(normalRows(3000, 1, 3).flat());
const hours = (rows: number, from = START): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => from + i * HOUR);

/** Three weeks of hours: a slope that changes after ten days, a daily wave, noise. */
const SLOPE = 0.5;
const CHANGE = 10;
function planted(time: number): number {
  const days = (time - START) / DAY;
  return 20 + SLOPE * days - (days > CHANGE ? 0.9 * (days - CHANGE) : 0) + 3 * Math.sin(2 * Math.PI * days);
}

function toSeries(
  valueAt: (time: number, row: number) => number,
  times = hours(ROWS),
): { times: Float64Array; values: Float32Array } {
  return { times, values: Float32Array.from(times, valueAt) };
}

function toMatrix(series: { times: Float64Array; values: Float32Array }): FeatureMatrix {
  return { names: ['m'], entities: ['e'], entityOf: new Uint32Array(series.times.length), ...series };
}

let stan: Stan;
before(async () => {
  const wasm = createRequire(import.meta.url)
    .resolve('@bsull/augurs/prophet')
    .replace('prophet.js', 'prophet_bg.wasm');
  await initAugurs({ module_or_path: readFileSync(wasm) });
  stan = startStan();
});

describe('prophet', () => {
  test('finds the slopes, the change and the wave that were planted', () => {
    const params = parseParams({});
    const fit = fitProphet(
      toSeries((time, i) => planted(time) + 0.3 * noise[i]!),
      params,
      stan,
    );
    assert.deepEqual(fit.waves, { yearly: 0, weekly: 3, daily: 4 });
    const perDay = (fit.scale / fit.span) * DAY;
    const late = fit.k + fit.delta.reduce((sum, change) => sum + change, 0);
    assert.ok(Math.abs(fit.k * perDay - SLOPE) < 0.1, `${fit.k * perDay}`);
    assert.ok(Math.abs(late * perDay - (SLOPE - 0.9)) < 0.1, `${late * perDay}`);
    // The first daily wave follows the weekly ones.
    assert.ok(Math.abs(Math.hypot(fit.beta[6]!, fit.beta[7]!) * fit.scale - 3) < 0.1);
    assert.ok(Math.abs(fit.sigma - 0.3) < 0.05, `${fit.sigma}`);
    const after = hours(72, START + 21 * DAY);
    const { expected } = forecastSeries(fit, after, params);
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs(value - planted(after[i]!)) < 1, `hour ${i}: ${value}`);
  });

  test('a line without any noise is drawn on', () => {
    const params = parseParams({});
    const line = (time: number): number => 5 + (2 * (time - START)) / DAY;
    const fit = fitProphet(toSeries(line), params, stan);
    const { expected } = forecastSeries(fit, hours(48, START + 21 * DAY), params);
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs(value - line(START + 21 * DAY + i * HOUR)) < 1, `hour ${i}: ${value}`);
  });

  test('the same parameters foretell what augurs foretells, to 1e-6', () => {
    const params = parseParams({});
    const { times, values } = toSeries((time, i) => planted(time) + 0.3 * noise[i]!);
    const found: StanParams[] = [];
    const scaled: { readonly y: readonly number[]; readonly changes: readonly number[] }[] = [];
    const augurs = new Prophet({
      uncertaintySamples: 0,
      dailySeasonality: { type: 'fourier', order: 4 },
      weeklySeasonality: { type: 'manual', enabled: false },
      optimizer: {
        optimize(initial, json) {
          const { y, t, t_change: changes, X, sigmas, tau } = JSON.parse(json);
          scaled.push({ y, changes });
          const best = stan.optimize(
            {
              y: Float64Array.from(y),
              t: Float64Array.from(t),
              changepoints: Float64Array.from(changes),
              features: Float64Array.from(X.flat()),
              sigmas: Float64Array.from(sigmas),
              tau,
            },
            { k: initial.k, m: initial.m },
          )!;
          found.push(best);
          return {
            logs: { debug: '', info: '', warn: '', error: '', fatal: '' },
            params: { ...best, sigmaObs: best.sigma, trend: new Float64Array(y.length) },
          };
        },
      },
    });
    augurs.fit({ ds: Array.from(times, (time) => time / 1000), y: Array.from(values) });
    const later = hours(200, START + 20 * DAY);
    const { yhat } = augurs.predict({ ds: Array.from(later, (time) => time / 1000) });
    const [best, data] = [found[0]!, scaled[0]!];
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const fit: ProphetFit = {
      ...best,
      start: times[0]!,
      span: times.at(-1)! - times[0]!,
      scale,
      waves: { yearly: 0, weekly: 0, daily: 4 },
      changepoints: Float64Array.from(data.changes),
    };
    const { expected } = forecastSeries(fit, later, params);
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs(value - yhat.point[i]!) < 1e-6, `hour ${i}: ${value} against ${yhat.point[i]}`);
    // Prepared as augurs prepares it.
    const ours = placeChangepoints(
      Float64Array.from(times, (time) => (time - fit.start) / fit.span),
      25,
    );
    for (const [i, change] of ours.entries()) assert.ok(Math.abs(change - data.changes[i]!) < 1e-12);
    for (const [i, y] of data.y.entries()) assert.ok(Math.abs(y - values[i]! / scale) < 1e-12);
  });

  test('the variance of the trend ahead is that of futures drawn as Prophet draws them', () => {
    const delta = Float64Array.of(0.1, -0.2, 0.05, 0.05, -0.1, 0.1);
    const size = 0.1;
    const ahead = 1.5;
    const uniform = Float64Array.from({ length: 200_000 }, (_, i) => (i * 0.6180339887498949) % 1);
    // A change at s counts (ahead - s) times a Laplace size of variance 2 λ²; on average 6 × 1.5 changes.
    const one = uniform.reduce((sum, s) => sum + 2 * size ** 2 * (ahead * s) ** 2, 0) / uniform.length;
    assert.ok(Math.abs(trendVariance({ delta }, 1 + ahead) / (delta.length * ahead * one) - 1) < 1e-3);
    assert.equal(trendVariance({ delta }, 0.7), 0);
  });

  test('an event has its own level, once in training and once ahead', () => {
    const event = (from: number): { name: string; start: string; end: string } => ({
      name: 'sale',
      start: new Date(START + from * DAY).toISOString(),
      end: new Date(START + (from + 1) * DAY).toISOString(),
    });
    const params = parseParams({ events: [event(5), event(24)] });
    const isSale = (time: number): boolean => time >= START + 5 * DAY && time < START + 6 * DAY;
    const fit = fitProphet(
      toSeries((time, i) => planted(time) + (isSale(time) ? 8 : 0) + 0.3 * noise[i]!),
      params,
      stan,
    );
    assert.ok(Math.abs(fit.beta.at(-1)! * fit.scale - 8) < 0.5);
    const { expected } = forecastSeries(fit, hours(96, START + 23 * DAY), params);
    assert.ok(expected[36]! - expected[12]! > 7);
    assert.ok(Math.abs(expected[60]! - expected[12]!) < 2);
  });

  test('seasons by the length of the history, local time, blocks of long series', () => {
    const params = parseParams({});
    assert.deepEqual(countWaves(params, { span: 14 * DAY - HOUR, step: HOUR }), {
      yearly: 0,
      weekly: 3,
      daily: 4,
    });
    assert.deepEqual(countWaves(params, { span: 47 * HOUR - 1, step: HOUR }), {
      yearly: 0,
      weekly: 0,
      daily: 0,
    });
    assert.deepEqual(countWaves(params, { span: 800 * DAY, step: DAY }), { yearly: 10, weekly: 3, daily: 0 });
    const waves = { yearly: 0, weekly: 0, daily: 1 };
    // Noon in Berlin in winter and in summer.
    const noons = Float64Array.of(Date.UTC(2026, 0, 5, 11), Date.UTC(2026, 6, 6, 10));
    const design = buildDesign(noons, { waves, events: [], timeZone: 'Europe/Berlin' });
    for (const [i, value] of [0, -1, 0, -1].entries()) assert.ok(Math.abs(design[i]! - value) < 1e-9);
    const few = parseParams({ maxPoints: 200 });
    const fit = fitProphet(
      toSeries((time, i) => planted(time) + 0.3 * noise[i]!),
      few,
      stan,
    );
    const { expected } = forecastSeries(fit, hours(24, START + 21 * DAY), few);
    assert.ok(expected.every((value, i) => Math.abs(value - planted(START + 21 * DAY + i * HOUR)) < 1.5));
  });

  test('the band holds about 95 % of what follows, and widens with the distance', async () => {
    const fitted = await prophet.fit(
      toMatrix(toSeries((time, i) => planted(time) + noise[i]!)),
      parseParams({}),
      RUN,
    );
    const after = toMatrix(
      toSeries((time, i) => planted(time) + noise[i + 1000]!, hours(7 * 24, START + 21 * DAY)),
    );
    const explained = await fitted.explain(after, Uint32Array.from(after.times.keys()));
    const inside = explained.filter(
      ([first], i) => after.values[i]! >= first!.low! && after.values[i]! <= first!.high!,
    );
    assert.ok(inside.length / explained.length > 0.88, `${inside.length / explained.length}`);
    const width = (i: number): number => explained[i]![0]!.high! - explained[i]![0]!.low!;
    assert.ok(width(160) > width(0));
  });

  test('constant, two values, a spike, 90 % gaps, huge values, shorter than a season: finite, and the odd one out is found', async () => {
    const cases: Readonly<Record<string, (time: number, row: number) => number>> = {
      constant: () => -3,
      'two values': (_, i) => (i % 7 === 0 ? 1 : 0),
      'a spike': (_, i) => (i === 50 ? 1e6 : 2),
      gaps: (time, i) => (i % 10 === 0 ? planted(time) : NaN),
      huge: (time, i) => 1e18 * (planted(time) + noise[i]!),
      'a season that changed': (time) => planted(time < START + 7 * DAY ? time : time + 6 * HOUR),
    };
    for (const [name, value] of Object.entries(cases))
      for (const rows of [ROWS, 40]) {
        const fitted = await prophet.fit(toMatrix(toSeries(value, hours(rows))), parseParams({}), RUN);
        const after = toSeries(value, hours(24, START + rows * HOUR));
        const moved = { ...after, values: after.values.with(20, name === 'huge' ? -1e21 : -1e7) };
        const scores = await fitted.score(toMatrix(moved));
        assert.ok(scores.every(Number.isFinite), name);
        assert.equal(scores.indexOf(Math.max(...scores)), 20, name);
        assert.deepEqual(prophet.load(fitted.save()).save(), fitted.save(), name);
      }
  });

  test('parameters out of range are named', () => {
    const event = { name: 'a', start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' };
    for (const [params, message] of [
      [{ daily: 51 }, /daily is 51, not auto or a whole number from 0 to 50/],
      [{ weekly: 'yes' }, /weekly is "yes"/],
      [{ changepoints: -1 }, /changepoints is -1/],
      [{ events: [{ ...event, start: '2026-01-01T00:00:00' }] }, /2026-01-01T00:00:00/],
      [{ events: [{ ...event, end: event.start }] }, /no later/],
      [{ events: [{ ...event, effect: 1 }] }, /has effect/],
      [{ events: 'Easter' }, /not a list/],
      [{ growth: 'logistic' }, /no parameter growth/],
    ] as const)
      assert.throws(() => prophet.parseParams(params), { name: 'ModelError', message });
  });
});

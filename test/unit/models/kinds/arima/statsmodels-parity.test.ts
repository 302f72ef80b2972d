import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { estimateArma } from '../../../../../lib/models/kinds/arima/estimate.ts';
import { assembleModel } from '../../../../../lib/models/kinds/arima/fit-series.ts';
import { filterInnovations, logLikelihood } from '../../../../../lib/models/kinds/arima/likelihood.ts';
import { toArma } from '../../../../../lib/models/kinds/arima/order.ts';
import { parseParams } from '../../../../../lib/models/kinds/arima/params.ts';
import { scoreSeries } from '../../../../../lib/models/kinds/arima/score-series.ts';
import { measureMoments, startValues } from '../../../../../lib/models/kinds/arima/start-values.ts';
import { kpss } from '../../../../../lib/models/kinds/arima/unit-root.ts';
import { readParams, readReferenceCases, writeParams } from './statsmodels.ts';

const MINUTE = 60_000;

for (const reference of readReferenceCases()) {
  const { name, order, w, y } = reference;
  describe(name, () => {
    test('the log-likelihood and innovations at given parameters', () => {
      const { coefficients, mean, variance } = readParams(reference.fixed.params, order);
      const trace = { v: new Float64Array(w.length), f: new Float64Array(w.length) };
      const centred = w.map((value) => value - mean);
      const found = filterInnovations(toArma(coefficients, order.season), centred, { mean: false, trace });
      assert.ok(found !== undefined);
      assertClose(logLikelihood(found, 0, variance), reference.fixed.llf, 1e-8);
      for (const [t, expected] of reference.fixed.innovations.entries()) {
        const innovation = trace.v[t]! / Math.sqrt(variance * trace.f[t]!);
        if (expected === null) assert.ok(Number.isNaN(innovation), `row ${t}`);
        else assert.ok(Math.abs(innovation - expected) < 1e-4, `row ${t}: ${innovation}, not ${expected}`);
      }
    });

    test('the mean that fits best comes out of the same pass as the innovations', () => {
      const { coefficients, mean, variance } = readParams(reference.fixed.params, order);
      const companion = toArma(coefficients, order.season);
      const found = filterInnovations(companion, w, { mean: true });
      const shifted = filterInnovations(
        companion,
        w.map((value) => value - mean),
        { mean: false },
      );
      assert.ok(found !== undefined && shifted !== undefined);
      assertClose(logLikelihood(found, mean, variance), logLikelihood(shifted, 0, variance), 1e-8);
    });

    test('fitted parameters within 0.1 %, the likelihood no lower', () => {
      const start = startValues(measureMoments(w, 5), order);
      const found = estimateArma(w, order, { start, effort: 'full' });
      assert.ok(found !== undefined);
      assert.ok(found.logLikelihood > reference.llf - 1e-5, `${found.logLikelihood}, not ${reference.llf}`);
      for (const [i, value] of writeParams(found, order).entries())
        assertClose(value, reference.params[i]!, 1e-3, reference.names[i]);
    });

    test('forecasts and their 95 % intervals, within 1 % of the interval', () => {
      const found = readParams(reference.params, order);
      const end = (y.length - 1) * MINUTE;
      const params = parseParams({ contextRows: 1440 });
      const model = assembleModel({
        grid: { y, end, step: MINUTE },
        y,
        centre: 0,
        scale: 1,
        found: { ...found, order, deviation: Math.sqrt(found.variance) },
        curve: [],
        isPooled: false,
        params: { outlier: 1e9, outlierRows: 1 },
      });
      const rows = reference.forecast.mean.length;
      const series = {
        times: Float64Array.from({ length: rows }, (_, row) => end + (row + 1) * MINUTE),
        values: new Float32Array(rows).fill(NaN),
      };
      const fill = (): Float64Array => new Float64Array(rows).fill(NaN);
      const scores = { residuals: fill(), expected: fill(), low: fill(), high: fill() };
      scoreSeries(series, model, params, scores);
      for (let row = 0; row < rows; row++) {
        const [low, high] = reference.forecast.interval95[row]!;
        const near = 0.01 * (high - low);
        assert.ok(
          Math.abs(scores.expected[row]! - reference.forecast.mean[row]!) < near,
          `expected, row ${row}`,
        );
        assert.ok(Math.abs(scores.low[row]! - low) < near, `low, row ${row}: ${scores.low[row]}, not ${low}`);
        assert.ok(
          Math.abs(scores.high[row]! - high) < near,
          `high, row ${row}: ${scores.high[row]}, not ${high}`,
        );
      }
    });

    if (reference.kpss !== null)
      test('the KPSS statistic', () => {
        assertClose(kpss(y), reference.kpss ?? NaN, 1e-8);
      });
  });
}

function assertClose(value: number, expected: number, tolerance: number, what = ''): void {
  assert.ok(
    Math.abs(value - expected) <= tolerance * Math.max(Math.abs(expected), 1e-3),
    `${what} ${value}, not ${expected}`,
  );
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  excessOf,
  fitGeneralisedPareto,
  meanLogLikelihood,
  negativeLogSurvival,
} from '../../../lib/maths/generalised-pareto.ts';

interface Reference {
  readonly cases: readonly {
    readonly excesses: readonly number[];
    readonly shape: number;
    readonly scale: number;
    readonly meanLogLikelihood: number;
    readonly survival: readonly (readonly [excess: number, probability: number])[];
    readonly spot: {
      readonly threshold: number;
      readonly rows: number;
      readonly risk: number;
      readonly quantile: number;
    };
  }[];
}

const reference = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/scipy/generalised-pareto.json'), 'utf8'),
) as Reference;

function near(actual: number, expected: number, share: number): void {
  assert.ok(Math.abs(actual - expected) <= share * Math.abs(expected), `${actual} is not ${expected}`);
}

test("the fit is SciPy's", () => {
  for (const given of reference.cases) {
    const excesses = Float64Array.from(given.excesses);
    const fitted = fitGeneralisedPareto(excesses);
    near(fitted.scale, given.scale, 1e-3);
    assert.ok(Math.abs(fitted.shape - given.shape) < 1e-3, `${fitted.shape} is not ${given.shape}`);
    // SciPy's simplex stops a little early: never below it.
    assert.ok(meanLogLikelihood(fitted, excesses) >= given.meanLogLikelihood - 1e-9);
    near(meanLogLikelihood(given, excesses), given.meanLogLikelihood, 1e-9);
  }
});

test("survival is SciPy's, and the extreme quantile is SPOT's", () => {
  for (const { survival, spot, excesses, ...tail } of reference.cases) {
    for (const [excess, probability] of survival)
      near(Math.exp(-negativeLogSurvival(tail, excess)), probability, 1e-9);
    const negativeLog = -Math.log((spot.risk * spot.rows) / excesses.length);
    near(spot.threshold + excessOf(tail, negativeLog), spot.quantile, 1e-9);
  }
});

test('excesses on any scale have the same shape', () => {
  const excesses = Float64Array.from(reference.cases[1]!.excesses);
  const fitted = fitGeneralisedPareto(excesses);
  for (const factor of [1e-300, 1e-12, 1e18, 1e300]) {
    const scaled = fitGeneralisedPareto(excesses.map((excess) => excess * factor));
    near(scaled.shape, fitted.shape, 1e-6);
    near(scaled.scale / factor, fitted.scale, 1e-6);
  }
});

test('a few excesses are taken for exponential, many speak for themselves', () => {
  const heavy = (count: number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => (1 - (i + 0.5) / count) ** -0.8 - 1);
  const few = heavy(10);
  assert.ok(
    fitGeneralisedPareto(few, { shapeDeviation: 0.25 }).shape < 0.5 * fitGeneralisedPareto(few).shape,
  );
  const many = heavy(3000);
  near(fitGeneralisedPareto(many, { shapeDeviation: 0.25 }).shape, fitGeneralisedPareto(many).shape, 0.03);
});

test('degenerate excesses have a finite fit', () => {
  for (const excesses of [[1], [1, 1, 1, 1], [0, 0, 0, 1e-300], [1e-9, 1e18], [5, 0], [1, 1 + 1e-15]]) {
    const { shape, scale } = fitGeneralisedPareto(Float64Array.from(excesses));
    assert.ok(Number.isFinite(shape) && scale > 0 && scale < Infinity, `${excesses}: ${shape}, ${scale}`);
  }
});

test('what is no excess is refused with its value', () => {
  assert.throws(() => fitGeneralisedPareto(Float64Array.of(1, -2)), { code: 'bad-excess', message: /-2/ });
  assert.throws(() => fitGeneralisedPareto(Float64Array.of(1, Number.NaN)), { code: 'bad-excess' });
  assert.throws(() => fitGeneralisedPareto(Float64Array.of(0, 0)), { code: 'no-excess', message: /2/ });
});

test('quantile and survival are inverse', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -0.5, max: 2, noNaN: true }),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 20, noNaN: true }),
      (shape, scale, negativeLog) => {
        const back = negativeLogSurvival({ shape, scale }, excessOf({ shape, scale }, negativeLog));
        // Near its end a tail's survival hangs on the last digits of the excess.
        const digits = 1e-12 * Math.exp(Math.max(0, -shape) * negativeLog);
        assert.ok(Math.abs(back - negativeLog) <= digits * (1 + 1 / Math.max(Math.abs(shape), 1e-3)));
      },
    ),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_SEASON } from '../../../../lib/expectation/seasonal-curve.ts';
import type { SeriesExpectation } from '../../../../lib/expectation/series.ts';
import { profileValues } from '../../../../lib/features/profile.ts';
import { usualOfMetric } from '../../../../lib/jobs/shared/usual-values.ts';

const VARIES = profileValues(Float64Array.from({ length: 101 }, (_, i) => 50 + i));
const CONSTANT = profileValues(Float64Array.of(3, 3, 3));
const SERIES: SeriesExpectation = { center: 0, spread: 1, low: -1, high: 1, season: NO_SEASON, slope: 0 };
const VALUES = {
  scaler: { columns: ['cpu', 'replicas'], entities: new Map(), pooled: [VARIES, CONSTANT] },
  expectation: { columns: ['cpu', 'replicas'], entities: new Map(), pooled: [SERIES, SERIES] },
};

test('a plot has the band of training, or that of the level by which the metric was judged', () => {
  const at = (moved?: number) => usualOfMetric(VALUES, 'web', 'cpu', moved).expected!(0);
  assert.equal(at().center, 100);
  assert.ok(Math.abs(at(40).center - 140) < 1e-9);
  assert.ok(Math.abs(at(40).high - at(40).low - (at().high - at().low)) < 1e-9);
});

test('what never moved has no band over time', () => {
  assert.deepEqual(usualOfMetric(VALUES, 'web', 'replicas', 2), { usual: CONSTANT });
  assert.deepEqual(usualOfMetric(VALUES, 'web', 'memory'), {});
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { autocorrelate, fitTrend } from '../../../lib/maths/seasonality.ts';

const wave = (length: number, period: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * i) / period));

test('a season correlates with itself a period later, and against itself half a period later', () => {
  assert.ok(autocorrelate(wave(240, 24), 24)! > 0.95);
  // Whole sines have a slight slope of their own, which is taken out.
  assert.ok(autocorrelate(wave(240, 24), 12)! < -0.95);
});

test('a plain drift is a trend and no season', () => {
  const drift = Float64Array.from({ length: 200 }, (_, i) => 3 + 0.5 * i);
  const trend = fitTrend(drift)!;
  assert.ok(Math.abs(trend.change - 99.5) < 1e-9);
  assert.ok(Math.abs(trend.explained - 1) < 1e-12);
  const noisy = drift.map((value, i) => value + (i % 7 === 0 ? 1 : 0) + (i % 3 === 0 ? 1 : 0));
  assert.ok(Math.abs(autocorrelate(noisy, 40)!) < 0.5);
});

test('gaps are left out, not taken for zero', () => {
  const gappy = wave(240, 24).map((value, i) => (i % 5 === 0 ? Number.NaN : value + 100));
  assert.ok(autocorrelate(gappy, 24)! > 0.99);
});

test('says nothing where there is too little to tell', () => {
  assert.equal(autocorrelate(wave(47, 24), 24), undefined, 'shorter than two periods');
  assert.equal(autocorrelate(new Float64Array(100).fill(4), 24), undefined, 'no variance');
  assert.equal(autocorrelate(wave(40, 20), 20), undefined, '20 pairs');
  assert.equal(autocorrelate(wave(100, 20), 0), undefined);
  assert.equal(fitTrend(Float64Array.of(1, 2, 3)), undefined);
  assert.equal(fitTrend(new Float64Array(100).fill(1)), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSpectrum, transform } from '../../../lib/maths/fourier.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

for (const size of [1, 2, 8, 64])
  test(`a transform of ${size} is the sum that it stands for`, () => {
    const random = seedRandom(size);
    const re = Float64Array.from({ length: size }, () => random.nextFloat() - 0.5);
    const im = Float64Array.from({ length: size }, () => random.nextFloat() - 0.5);
    const expected = Array.from({ length: size }, (_, k) => {
      let [sumRe, sumIm] = [0, 0];
      for (let n = 0; n < size; n++) {
        const angle = (-2 * Math.PI * k * n) / size;
        sumRe += re[n]! * Math.cos(angle) - im[n]! * Math.sin(angle);
        sumIm += re[n]! * Math.sin(angle) + im[n]! * Math.cos(angle);
      }
      return [sumRe, sumIm] as const;
    });
    transform({ re, im });
    for (const [k, [sumRe, sumIm]] of expected.entries()) {
      assert.ok(Math.abs(re[k]! - sumRe) < 1e-12 && Math.abs(im[k]! - sumIm) < 1e-12, `${k}`);
    }
  });

test('a length that is no power of two is an error that names it', () => {
  for (const size of [0, 3, 12])
    assert.throws(() => transform({ re: new Float64Array(size), im: new Float64Array(size) }), {
      code: 'bad-length',
      message: new RegExp(`^${size} and ${size} values`),
    });
});

test('a correlation is that of the pairs, missing values left out', () => {
  const random = seedRandom(5);
  const series = Float64Array.from({ length: 50 }, (_, i) => (i % 7 === 3 ? NaN : random.nextFloat() - 0.5));
  const measured = series.filter((value) => !Number.isNaN(value));
  const variance = measured.reduce((sum, value) => sum + value * value, 0) / measured.length;
  const { correlation } = findSpectrum(series);
  assert.equal(correlation.length, 26);
  for (const [lag, value] of correlation.entries()) {
    const products = [...series.keys()]
      .filter((i) => i >= lag)
      .map((i) => series[i]! * series[i - lag]!)
      .filter((product) => !Number.isNaN(product));
    const mean = products.reduce((sum, product) => sum + product, 0) / products.length;
    assert.ok(Math.abs(value - mean / variance) < 1e-12, `${lag}`);
  }
});

test('the power of a wave stands where its frequency is', () => {
  const series = Float64Array.from({ length: 512 }, (_, i) => Math.sin((2 * Math.PI * i) / 32));
  const { power, size } = findSpectrum(series);
  assert.equal(power.indexOf(power.reduce((a, b) => Math.max(a, b))), size / 32);
});

test('what was never measured, or never moved, has no correlation', () => {
  assert.ok(findSpectrum(new Float64Array(20).fill(NaN)).correlation.every(Number.isNaN));
  assert.ok(findSpectrum(new Float64Array(20)).correlation.every(Number.isNaN));
});

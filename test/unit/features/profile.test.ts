import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { profileValues } from '../../../lib/features/profile.ts';
import { scaleValue } from '../../../lib/features/scaler.ts';
import { quantile } from '../../../lib/maths/quantile.ts';

interface Figures {
  readonly values: readonly number[];
  readonly center: number;
  readonly scale: number;
  readonly low: number;
  readonly high: number;
  readonly probe: number;
  readonly scaledProbe: number;
}

const { columns }: { columns: Readonly<Record<string, Figures>> } = JSON.parse(
  readFileSync(new URL('../../fixtures/sklearn/robust-scaler.json', import.meta.url), 'utf8'),
);

for (const [name, expected] of Object.entries(columns)) {
  test(`${name}: centre, scale and quantiles are those of numpy and of scikit-learn's RobustScaler`, () => {
    const profile = profileOf(expected.values);
    assert.equal(profile.shape, 'varies');
    for (const key of ['center', 'scale', 'low', 'high'] as const) assertClose(profile[key], expected[key]);
    assertClose(scaleValue(expected.probe, profile), expected.scaledProbe);
  });
}

test('mostly one value with spikes: the scale comes from the tails, then from the standard deviation', () => {
  // 2 % of 1s: the 99.5 % quantile is 1 and the 0.5 % quantile 0.
  const spikes = profileOf([...Array(98).fill(0), 1, 1]);
  assert.equal(spikes.center, 0);
  assertClose(spikes.scale, 1 / 5.1516586071978);
  // 1 of 1,000: both quantiles are 0; the variance is p (1 - p).
  const rare = profileOf([...Array(999).fill(0), 1]);
  assert.equal(rare.high, 0);
  assertClose(rare.scale, Math.sqrt(0.001 * 0.999));
});

test('spikes too small or too large to square still have a scale', () => {
  for (const size of [1e-200, 1e200]) {
    const profile = profileOf([...Array(999).fill(0), size]);
    assertClose(profile.scale / size, Math.sqrt(0.001 * 0.999));
  }
});

test('a constant is told by more than exact equality, and measured by none of it', () => {
  assert.equal(profileOf([7, 7, 7]).shape, 'constant');
  assert.equal(profileOf([0]).shape, 'constant');
  assert.equal(profileOf([0.1 + 0.2, 0.3]).shape, 'constant');
  assert.equal(profileOf([1, 1 + 1e-6]).shape, 'varies');
  assert.equal(profileOf([0, 1e-300]).shape, 'varies');
  assert.equal(profileOf([]).shape, 'unmeasured');
});

test('the pooled scale covers the levels of a minority', () => {
  // 10 of 100 rows at another level: none for the quartiles, within 5 standard deviations for the pooled scale.
  const levels = [...Array.from({ length: 90 }, (_, i) => 10 + i / 100), ...Array(10).fill(1000)];
  assert.ok(scaleValue(1000, profileOf(levels)) > 1000);
  assert.ok(scaleValue(1000, profileValues(Float64Array.from(levels).sort(), { wide: true })) < 6);
});

test('a quantile lies between the extremes and grows with its share', () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(
      values,
      fc.double({ noNaN: true, min: 0, max: 1 }),
      fc.double({ noNaN: true, min: 0, max: 1 }),
      (all, a, b) => {
        const sorted = Float64Array.from(all).sort();
        const [low, high] = [quantile(sorted, Math.min(a, b)), quantile(sorted, Math.max(a, b))];
        // One part in 10^15 for the rounding of the interpolation.
        assert.ok(low <= high + 1e-6 && low >= sorted[0]! - 1e-6 && high <= sorted.at(-1)! + 1e-6);
        // 0 and -0 are one value.
        assert.ok(quantile(sorted, 0) === sorted[0] && quantile(sorted, 1) === sorted.at(-1));
      },
    ),
  );
});

function profileOf(values: readonly number[]): ReturnType<typeof profileValues> {
  return profileValues(Float64Array.from(values).sort());
}

function assertClose(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 1e-12 * Math.abs(expected), `${actual} is not ${expected}`);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SCALER_KINDS, type ScalerKind } from '../../../lib/config/feature-settings.ts';
import { MIN_ENTITY_ROWS } from '../../../lib/features/brief-entities.ts';
import { planFeatures } from '../../../lib/features/plan.ts';
import { UNMEASURED } from '../../../lib/features/profile.ts';
import {
  type FittedScaler,
  fitScaler,
  profilesOf,
  SCALED_LIMIT,
  scaleValue,
} from '../../../lib/features/scaler.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { allAvailable, windowOf } from './windows.ts';

test('every entity with enough rows is measured by itself', () => {
  const scaler = fit(windowOf({ big: { cpu: ramp(1000, 100) }, small: { cpu: ramp(0, 100) } }));
  assert.equal(profilesOf(scaler, 'big')[0]!.center, 1049.5);
  assert.equal(profilesOf(scaler, 'small')[0]!.center, 49.5);
  assert.equal(profilesOf(scaler, 'small')[0]!.scale, 49.5 / 1.3489795003921634);
});

test('too few rows, or an entity never seen, take the pooled profile', () => {
  const scaler = fit(
    windowOf({ few: { cpu: ramp(0, MIN_ENTITY_ROWS - 1) }, many: { cpu: ramp(1000, MIN_ENTITY_ROWS) } }),
  );
  assert.equal(profilesOf(scaler, 'few'), scaler.pooled);
  assert.equal(profilesOf(scaler, 'unknown'), scaler.pooled);
  assert.equal(profilesOf(scaler, 'many')[0]!.center, 1031.5);
  // Both levels are usual for whoever is not known.
  const pooled = scaler.pooled[0]!;
  for (const value of [0, 30, 1000, 1063]) assert.ok(Math.abs(scaleValue(value, pooled)) < 4, `${value}`);
});

test('a pod is known by itself for the rows that are learned from, and not for labelled ones or those of another part', () => {
  const [old, young] = ['shop/web-6d4cf56db6-x2x4b', 'shop/web-6d4cf56db6-x2x4c'];
  const long = 300;
  const of = (labels?: number[], rows?: Uint32Array): boolean => {
    const window = windowOf({ [old!]: { cpu: ramp(0, long) }, [young!]: { cpu: ramp(0, long) } }, labels);
    const plan = planFeatures(window.metrics);
    return fitScaler({ window, availability: allAvailable(window), plan, rows }).entities.has(young!);
  };
  const isLate = (row: number): boolean => row >= long + 100;
  const rows = Uint32Array.from({ length: 2 * long }, (_, row) => row);
  assert.equal(of(), true);
  assert.equal(of(Array.from(rows, (row) => Number(isLate(row)))), false);
  assert.equal(
    of(
      undefined,
      rows.filter((row) => !isLate(row)),
    ),
    false,
  );
});

test('one sparse column is pooled, the others of the entity are not', () => {
  const sparse = ramp(500, 100).map((value, i) => (i < 10 ? value : NaN));
  const scaler = fit(
    windowOf({ a: { cpu: ramp(0, 100), mem: sparse }, b: { cpu: ramp(100, 100), mem: ramp(0, 100) } }),
  );
  assert.equal(profilesOf(scaler, 'a')[0]!.center, 49.5);
  assert.equal(profilesOf(scaler, 'a')[1], scaler.pooled[1]);
});

test('rows labelled anomalous do not count', () => {
  const cpu = [...ramp(0, 100), ...Array<number>(100).fill(1e6)];
  const window = windowOf({ a: { cpu } }, [...Array<number>(100).fill(0), ...Array<number>(100).fill(1)]);
  const { center, high } = profilesOf(fit(window), 'a')[0]!;
  assert.equal(center, 49.5);
  assert.ok(high < 100);
  assert.throws(() => fit({ ...window, labels: new Uint8Array(200).fill(1) }), {
    name: 'FeatureError',
    message: /0 unlabelled rows of 200/,
  });
});

test('infinite and missing values do not count', () => {
  const cpu = [...ramp(0, 100), NaN, Infinity, -Infinity];
  assert.equal(profilesOf(fit(windowOf({ a: { cpu } })), 'a')[0]!.center, 49.5);
});

test('a column without a value scales to nothing', () => {
  const scaler = fit(windowOf({ a: { cpu: ramp(0, 100), gone: Array<number>(100).fill(NaN) } }));
  assert.deepEqual(
    scaler.columns.filter((_, c) => scaler.pooled[c]!.shape === 'unmeasured'),
    ['gone'],
  );
  assert.ok(Number.isNaN(scaleValue(5, UNMEASURED)));
});

test('a constant stays 0 within rounding and is visible beyond it', () => {
  const five = profilesOf(fit(windowOf({ a: { cpu: Array<number>(100).fill(5) } })), 'a')[0]!;
  assert.equal(five.shape, 'constant');
  assert.equal(scaleValue(5, five), 0);
  assert.equal(scaleValue(5 + 1e-12, five), 0);
  // In percent of the larger of the two.
  assert.ok(Math.abs(scaleValue(4.95, five) + 1) < 1e-9);
  assert.equal(scaleValue(10, five), 50);
  const zero = profilesOf(fit(windowOf({ a: { cpu: Array<number>(100).fill(0) } })), 'a')[0]!;
  assert.equal(scaleValue(1e-300, zero), 100);
  assert.equal(scaleValue(-3, zero), -100);
});

test('values as far apart, or as near, as numbers go still have a scale', () => {
  for (const kind of ['robust', 'minmax', 'standard'] as const) {
    const [cpu] = fit(windowOf({ a: { cpu: [1e308, 0, -1e308] } }), kind).pooled;
    assert.ok(scaleValue(1.7e308, cpu!) > scaleValue(0, cpu!), kind);
    const [tiny] = fit(windowOf({ a: { cpu: [0, 0, 5e-324] } }), kind).pooled;
    assert.ok(scaleValue(1, tiny!) > scaleValue(0, tiny!), kind);
  }
});

test('what is scaled is finite or missing, and grows with the value', () => {
  const value = fc.oneof(fc.double(), fc.constantFrom(0, 1, -1, 1e308, -1e308, 5e-324));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 80 }), value, value, (training, a, b) => {
      const window = windowOf({ a: { cpu: training } });
      for (const profile of SCALER_KINDS.flatMap((kind) => fit(window, kind).pooled)) {
        const [low, high] = [scaleValue(Math.min(a, b), profile), scaleValue(Math.max(a, b), profile)];
        for (const scaled of [low, high])
          assert.ok(Number.isNaN(scaled) || Math.abs(scaled) <= SCALED_LIMIT, `${scaled}`);
        if (profile.shape === 'varies' && Number.isFinite(a) && Number.isFinite(b)) assert.ok(low <= high);
      }
    }),
  );
});

function fit(window: MetricWindow, kind: ScalerKind = 'robust'): FittedScaler {
  return fitScaler({ window, availability: allAvailable(window), plan: planFeatures(window.metrics), kind });
}

function ramp(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

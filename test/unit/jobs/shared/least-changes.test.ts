import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { ChangeSettings, Detector } from '../../../../lib/config/detector.ts';
import { DEFAULT_FEATURES, type FeatureSettings } from '../../../../lib/config/feature-settings.ts';
import { planFeatures } from '../../../../lib/features/plan.ts';
import { CONSTANT_SCALE, fitScaler } from '../../../../lib/features/scaler.ts';
import {
  findAskedDirections,
  findDirections,
  findLeastChanges,
  findLeastOffZero,
} from '../../../../lib/jobs/shared/least-changes.ts';
import { allAvailable, windowOf } from '../../features/windows.ts';

const ROWS = 200;
/** A quarter of the rows on either side: a robust deviation of 2 / 1.349. */
const SPREAD = 2 / 1.3489795003921634;

/** Around `center`, with SPREAD for its scale. */
function around(center: number): number[] {
  return Array.from({ length: ROWS }, (_, i) => center + [-1, 1][i % 2]!);
}

interface Options {
  readonly change?: Partial<ChangeSettings>;
  readonly byMetric?: Detector['threshold']['byMetric'];
  readonly features?: FeatureSettings;
}

function given(columns: Record<string, number[]>, { change, byMetric = {}, features }: Options = {}) {
  const defaults = defaultDetector('shop');
  const { threshold } = defaults;
  const detector: Detector = {
    ...defaults,
    threshold: { ...threshold, change: { ...threshold.change, ...change }, byMetric },
  };
  const window = windowOf({ a: columns });
  const plan = planFeatures(window.metrics, { settings: features ?? DEFAULT_FEATURES, step: window.step });
  return { detector, plan, scaler: fitScaler({ window, availability: allAvailable(window), plan }) };
}

/** Of each column, in units of its metric. */
function leastOf(columns: Record<string, number[]>, options: Options = {}): number[] {
  const made = given(columns, options);
  return pick(made, findLeastChanges(made)('a')).map((scaled) => scaled * SPREAD);
}

/** Of the metrics as they are, in their order. */
function pick<T>({ plan, detector: _ }: ReturnType<typeof given>, of: ArrayLike<T>): T[] {
  return plan.columns.flatMap(({ source }, at) => (source.kind === 'metric' ? [of[at]!] : []));
}

function assertNear(found: readonly number[], expected: readonly number[]): void {
  assert.equal(found.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(found[i]! - value) <= 1e-9 * value, `${i}: ${found[i]} is not ${value}`);
}

test('left out, a hundredth of the usual level, or what the unit says', () => {
  const columns = { disk_bytes: around(1000), load_ratio: around(10), orders: around(500) };
  assertNear(leastOf(columns), [65_536, 0.1, 5]);
  assertNear(leastOf({ disk_bytes: around(1e9), wait_seconds: around(0.01) }), [1e7, 0.001]);
});

test('what is asked for takes the place of the unit, and the larger of absolute and relative counts', () => {
  const columns = { disk_bytes: around(1000), orders: around(500) };
  assertNear(leastOf(columns, { change: { absolute: 30, relative: 0.02 } }), [30, 30]);
  assertNear(leastOf(columns, { change: { absolute: 3, relative: 0.02 } }), [20, 10]);
  assertNear(leastOf(columns, { change: { absolute: 0, relative: 0 } }), [0, 0]);
});

test('a metric by name goes before all', () => {
  const columns = { orders: around(500), users: around(500) };
  const byMetric = { users: { absolute: 100, relative: 0, direction: 'above' as const } };
  assertNear(leastOf(columns, { byMetric, change: { relative: 0.1 } }), [50, 100]);
  const directionsOf = (options: Options): string[] => {
    const made = given(columns, options);
    return pick(made, findDirections(made));
  };
  assert.deepEqual(directionsOf({ byMetric }), ['both', 'above']);
  assert.deepEqual(directionsOf({ byMetric, change: { direction: 'below' } }), ['below', 'above']);
});

test('a constant moves by shares of itself', () => {
  const least = (metric: string, value: number): number => {
    const made = given({ [metric]: new Array<number>(ROWS).fill(value) });
    return pick(made, findLeastChanges(made)('a'))[0]!;
  };
  assertNear(
    [least('replicas', 3), least('disk_bytes', 2 ** 30), least('disk_bytes', 2 ** 20), least('errors', 0)],
    [0.01, 0.01, 1 / 16, 0.01].map((share) => share / CONSTANT_SCALE),
  );
});

test('off a constant 0 the unit or what is asked for counts, and no derived column has either', () => {
  const features: FeatureSettings = {
    ...DEFAULT_FEATURES,
    columns: [{ kind: 'metrics', metrics: ['disk_bytes'], apply: [{ kind: 'log' }] }],
  };
  const zeros = new Array<number>(ROWS).fill(0);
  const of = (options: Options): number[] => {
    const made = given({ disk_bytes: zeros, errors: zeros }, options);
    return pick(made, findLeastOffZero(made));
  };
  assert.deepEqual(of({}), [65_536, 0]);
  assert.deepEqual(of({ byMetric: { errors: { absolute: 3 } } }), [65_536, 3]);
  assert.equal(of({ features })[0], 0);
});

test('an entity that nobody knows has the scale of all, and what was never measured has no least change', () => {
  const all = given({ orders: around(500), never: new Array(ROWS).fill(NaN) });
  const found = pick(all, findLeastChanges(all)('unknown'));
  assert.equal(found[0], 0);
  assert.ok(found[1]! > 0);
});

test('the clock is not watched, and a derived column has the unit of no metric', () => {
  const features: FeatureSettings = {
    ...DEFAULT_FEATURES,
    columns: [
      { kind: 'metrics', metrics: ['disk_bytes'], apply: [{ kind: 'log' }] },
      { kind: 'calendar', cycle: 'day_of_week' },
    ],
  };
  const made = given({ disk_bytes: around(1000) }, { features });
  const calendar = made.plan.columns.findIndex(({ source }) => source.kind === 'calendar');
  assert.deepEqual(
    findDirections(made).map((direction, at) => (at >= calendar && at < calendar + 2 ? 'none' : direction)),
    findDirections(made),
  );
  const [log] = findLeastChanges(made)('a');
  assert.ok(log! > 0 && log! < 100, `${log}: 64 KiB would be millions of spreads of a logarithm`);
});

test('what is better than usual is no departure, unless it is asked for by name', () => {
  const columns = { cache_hit_ratio: around(0.9), cpu: around(10), request_latency_seconds: around(0.1) };
  const of = (options: Options = {}): string[] => {
    const made = given(columns, options);
    return pick(made, findDirections(made));
  };
  assert.deepEqual(of(), ['below', 'both', 'above']);
  const byMetric = { request_latency_seconds: { direction: 'both' as const } };
  assert.deepEqual(of({ byMetric }), ['below', 'both', 'both']);
  assert.deepEqual(of({ change: { direction: 'above' } }), ['above', 'above', 'above']);
});

test('more requests are no departure, unless they are asked for by name', () => {
  const columns = { cpu: around(10), requests_per_second: around(100) };
  const of = (options: Options = {}): string[] => {
    const made = given(columns, options);
    return pick(made, findDirections(made));
  };
  assert.deepEqual(of(), ['both', 'below']);
  assert.deepEqual(of({ byMetric: { requests_per_second: { direction: 'both' } } }), ['both', 'both']);
  assert.deepEqual(of({ change: { direction: 'above' } }), ['above', 'above']);
  const made = given(columns);
  assert.deepEqual(
    pick(made, findAskedDirections(made)),
    ['both', 'both'],
    'the model sees them as they are',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import { forgetEntities } from '../../../lib/features/forget-entities.ts';
import type { Profile } from '../../../lib/features/profile.ts';
import { type FittedScaler, profilesOf } from '../../../lib/features/scaler.ts';

function varies(center: number, scale: number): Profile {
  return {
    shape: 'varies',
    center,
    scale,
    low: center - 3 * scale,
    high: center + 3 * scale,
    offset: center,
    divisor: scale,
  };
}

function constant(center: number): Profile {
  return { shape: 'constant', center, scale: 0, low: center, high: center, offset: center, divisor: 0 };
}

const OLD = 'shop/web-6d4cf56db6-x2x4b';
const YOUNG = 'shop/web-6d4cf56db6-x2x4c';
const OTHER = 'db-0';

/** The young pod hardly moved while training saw it. */
const SCALER: FittedScaler = {
  kind: 'robust',
  columns: ['cpu', 'restarts'],
  entities: new Map([
    [OLD, [varies(100, 10), varies(1, 1)]],
    [YOUNG, [varies(90, 1), constant(0)]],
  ]),
  pooled: [varies(50, 50), constant(0)],
};

const ANY_MOVE = { scaler: SCALER, leastOffZero: [0, 0] };

function matrix(): FeatureMatrix {
  const entities = [OLD, YOUNG, OTHER];
  return {
    names: SCALER.columns,
    entities,
    entityOf: Uint32Array.of(0, 1, 1, 2),
    times: Float64Array.of(0, 0, 60_000, 0),
    values: Float32Array.of(1, 0, 20, 0, Number.NaN, 100, 2, 0),
    profiles: entities.map((name) => profilesOf(SCALER, name)),
  };
}

test('who is forgotten is on the scale of its workload, and the others stay as they are', () => {
  const { x, scaler } = forgetEntities(matrix(), ANY_MOVE, (entity) => entity > 0);
  assert.deepEqual([...scaler.entities.keys()], [OLD]);
  // 90 + 20 is 110; 0 restarts are one below the 1 of the other pod; what is off a constant has no unit to go back by.
  assert.deepEqual([...x.values], [1, 0, 1, -1, Number.NaN, Number.NaN, 2, 0]);
  assert.deepEqual(x.profiles![1], SCALER.entities.get(OLD));
  assert.deepEqual(x.profiles![2], SCALER.pooled);
});

test('where nobody that is known is forgotten, nothing is copied', () => {
  const x = matrix();
  assert.equal(forgetEntities(x, ANY_MOVE, (entity) => entity === 2).x, x);
});

test('off a constant 0 of its workload by less than matters is 0, as in every other matrix', () => {
  const scaler: FittedScaler = {
    kind: 'robust',
    columns: ['retries'],
    entities: new Map([
      [OLD, [constant(0)]],
      [YOUNG, [varies(1, 1)]],
    ]),
    pooled: [varies(50, 50)],
  };
  const x: FeatureMatrix = {
    names: scaler.columns,
    entities: [OLD, YOUNG],
    entityOf: Uint32Array.of(0, 1, 1),
    times: Float64Array.of(0, 0, 60_000),
    // Of the young one 2 and 5.
    values: Float32Array.of(0, 1, 4),
  };
  const forget = (leastOffZero: number): readonly number[] => [
    ...forgetEntities(x, { scaler, leastOffZero: [leastOffZero] }, (entity) => entity === 1).x.values,
  ];
  assert.deepEqual(forget(4), [0, 0, 100]);
  assert.deepEqual(forget(0), [0, 100, 100]);
});

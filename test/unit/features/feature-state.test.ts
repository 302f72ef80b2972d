import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFeatures, saveFeatures } from '../../../lib/features/feature-state.ts';
import { hashPlan, planFeatures } from '../../../lib/features/plan.ts';
import { fitScaler } from '../../../lib/features/scaler.ts';
import { allAvailable, windowOf } from './windows.ts';

const window = windowOf({
  a: {
    cpu: Array.from({ length: 100 }, (_, i) => Math.sqrt(i)),
    gone: Array<number>(100).fill(NaN),
    restarts: Array<number>(100).fill(0),
  },
  b: { cpu: [1, 2], gone: [NaN, NaN], restarts: [0, 0] },
});
const plan = planFeatures(window.metrics);
const features = { plan, scaler: fitScaler({ window, availability: allAvailable(window), plan }) };

test('features come back as they were, by way of JSON', () => {
  const loaded = loadFeatures(JSON.parse(JSON.stringify(saveFeatures(features))));
  assert.deepEqual(loaded, { ...features, planHash: hashPlan(plan) });
  assert.deepEqual([...loaded.scaler.entities.keys()], ['a']);
});

test('scalers other than the robust one keep what they scale by', () => {
  for (const kind of ['minmax', 'standard'] as const) {
    const scaler = fitScaler({ window, availability: allAvailable(window), plan, kind });
    const state = JSON.parse(JSON.stringify(saveFeatures({ plan, scaler })));
    assert.deepEqual(loadFeatures(state).scaler, scaler);
    const lost = { ...state, scaler: { ...state.scaler, scaling: null } };
    assert.throws(() => loadFeatures(lost), { message: /scaling: 0 bytes, expected 128/ });
    const unknown = { ...state, scaler: { ...state.scaler, kind: 'log' } };
    assert.throws(() => loadFeatures(unknown), { message: /kind "log" is none of robust, minmax, standard/ });
  }
});

test('1,000 entities of 16 metrics take less than a megabyte', () => {
  const metrics = Array.from({ length: 16 }, (_, i) => `metric_${i}`);
  const large = planFeatures(metrics);
  const profiles = large.columns.map((_, c) => ({
    shape: 'varies' as const,
    center: c / 3,
    scale: 1 / 3,
    low: 0,
    high: 1,
    offset: c / 3,
    divisor: 1 / 3,
  }));
  const entities = new Map(Array.from({ length: 1000 }, (_, e) => [`namespace/deployment-${e}`, profiles]));
  const scaler = {
    kind: 'robust' as const,
    columns: large.columns.map(({ name }) => name),
    entities,
    pooled: profiles,
  };
  const bytes = JSON.stringify(saveFeatures({ plan: large, scaler })).length;
  assert.ok(bytes < 1e6, `${bytes}`);
});

test('what does not fit together is refused, and named', () => {
  const state = JSON.parse(JSON.stringify(saveFeatures(features)));
  const { scaler } = state;
  const nan = Buffer.alloc(8);
  nan.writeDoubleLE(NaN);
  const profiles = Buffer.from(scaler.profiles, 'base64');
  // The first number is the centre of entity a's cpu.
  const withoutCenter = Buffer.concat([nan, profiles.subarray(8)]).toString('base64');
  const cases: readonly [unknown, RegExp][] = [
    [null, /feature state: null is not an object/],
    [{ ...state, formatVersion: 3 }, /feature state has format version 3, this build reads 1 to 2/],
    [{ ...state, plan: { ...plan, formatVersion: 9 } }, /feature plan has format version 9/],
    [{ ...state, plan: { ...plan, columns: 'cpu' } }, /expected array[\s\S]*at columns/],
    [{ ...state, plan: { ...plan, columns: plan.columns.slice(0, 2) } }, /are not the plan's/],
    [{ ...state, plan: { ...plan, contextRows: 5 } }, /says 5 context rows, its columns need 0/],
    [{ ...state, plan: { ...plan, columns: plan.columns.toReversed() } }, /are not the plan's/],
    [{ ...state, plan: { ...plan, columns: [] } }, /at columns/],
    [{ ...state, scaler: { ...scaler, columns: ['cpu'] } }, /scaler columns \["cpu"\] are not the plan's/],
    [{ ...state, scaler: { ...scaler, entities: [1] } }, /entities: \[1\] is not a list of strings/],
    [{ ...state, scaler: { ...scaler, entities: [] } }, /shapes: 8 bytes, expected 4/],
    [{ ...state, scaler: { ...scaler, entities: ['a', 'a'] } }, /given twice/],
    [{ ...state, scaler: { ...scaler, profiles: undefined } }, /profiles: 0 bytes, expected 256/],
    [{ ...state, scaler: { ...scaler, profiles: withoutCenter } }, /column cpu varies, but has centre NaN/],
    [
      { ...state, scaler: { ...scaler, shapes: Buffer.alloc(8, 3).toString('base64') } },
      /column cpu has shape 3/,
    ],
    [
      { ...state, scaler: { ...scaler, shapes: Buffer.alloc(8, 1).toString('base64') } },
      /column cpu constant, but/,
    ],
  ];
  for (const [damaged, message] of cases)
    assert.throws(() => loadFeatures(damaged), { name: 'ArtifactError', message });
});

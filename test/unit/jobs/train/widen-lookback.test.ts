import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import { widenLookback } from '../../../../lib/config/warmup.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { updateState } from '../../../../lib/store/detector-states.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const HOUR = 3_600_000;

test('a lookback that holds the warmup stays', () => {
  const detector = defaultDetector('shop');
  assert.equal(widenLookback(detector, STEP), detector);
  assert.equal(widenLookback(detector, undefined), detector);
  assert.equal(widenLookback(detector, HOUR).training.lookback, 2 * 1440 * HOUR);
  assert.equal(
    widenLookback({ ...detector, step: STEP }, HOUR).training.lookback,
    detector.training.lookback,
  );
});

test('hourly rows of one entity are learned on until they are enough, and then trained on', async () => {
  const { context, requested, loaded } = await dropHourly(1500);
  assert.equal((await scoreWindows(loaded, context)).rows, 1500);
  assert.deepEqual(requested, ['shop']);
  const { outcome, rows } = await trainModel(loaded, context);
  assert.deepEqual({ outcome, rows }, { outcome: 'trained', rows: 1500 });
});

test('two weeks of hourly rows are enough for a percentile that they can carry', async () => {
  const manifest = 'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { threshold: { percentile: 99 } }';
  const short = await dropHourly(14 * 24 - 1, manifest);
  assert.equal((await scoreWindows(short.loaded, short.context)).span, (14 * 24 - 1) * HOUR);
  assert.deepEqual(short.requested, []);
  assert.equal((await trainModel(short.loaded, short.context)).outcome, 'learning');
  const enough = await dropHourly(14 * 24, manifest);
  await scoreWindows(enough.loaded, enough.context);
  assert.deepEqual(enough.requested, ['shop']);
  const { outcome, rows } = await trainModel(enough.loaded, enough.context);
  assert.deepEqual({ outcome, rows }, { outcome: 'trained', rows: 336 });
});

test('a warmup of time counts the history before the lookback, and no entities', async () => {
  const manifest = (warmup: string): string =>
    `kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { threshold: { percentile: 99 }, training: { warmup: ${warmup}, lookback: 5d } }`;
  for (const [warmup, outcome] of [
    ['11d', 'learning'],
    ['10d', 'trained'],
  ] as const) {
    const world = await dropHourly(240, manifest(warmup), ['plant', 'shed', 'yard']);
    await scoreWindows(world.loaded, world.context);
    assert.deepEqual(world.requested, outcome === 'trained' ? ['shop'] : [], warmup);
    const trained = await trainModel(world.loaded, world.context);
    assert.equal(trained.outcome, outcome, warmup);
    assert.equal(trained.rows, 5 * 24 * 3);
    assert.equal(trained.span, 10 * 24 * HOUR);
  }
});

test('what an older state does not say of a file is read anew', async () => {
  const { context, loaded, store } = await dropHourly(300);
  const key = 'windows/detector=shop/history.parquet';
  const { etag } = await store.head(key);
  await updateState(store, 'shop', (state) => ({ ...state, learning: { [key]: { etag, rows: 300 } } }));
  assert.equal((await scoreWindows(loaded, context)).span, 300 * HOUR);
});

async function dropHourly(rows: number, manifest?: string, entities: readonly string[] = ['plant']) {
  const store = createMemoryObjectStore();
  if (manifest !== undefined) await store.put('detectors/shop.yml', new TextEncoder().encode(manifest));
  const requested: string[] = [];
  const context = {
    store,
    telemetry: createMemoryTelemetry(),
    now: () => EPOCH,
    deadline: { remaining: () => Infinity },
    queue: {
      requestTraining: async (name: string) => void requested.push(name),
      requestScoring: async () => {},
      requestNotifying: () => Promise.reject(new Error('nothing to tell while learning')),
    },
  };
  const window = makeWindow({ from: 0, rows, entities });
  const hourly = {
    ...window,
    step: HOUR,
    times: window.times.map((_, row) => EPOCH + (row % rows) * HOUR),
    range: { start: EPOCH, end: EPOCH + rows * HOUR },
  };
  await store.put('windows/detector=shop/history.parquet', writeWindow(hourly, { manifestHash: 'test' }));
  return { store, context, requested, loaded: await loadDetector(context, 'shop') };
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../lib/config/defaults.ts';
import { loadDetector } from '../../../lib/jobs/load-detectors.ts';
import { reachWarmup } from '../../../lib/jobs/reach-warmup.ts';
import { scoreWindows } from '../../../lib/jobs/score-windows.ts';
import { trainModel } from '../../../lib/jobs/train-model.ts';
import { writeWindow } from '../../../lib/window/write-window.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../helpers/memory-telemetry.ts';
import { EPOCH, makeWindow, STEP } from '../../helpers/synthetic-window.ts';

const HOUR = 3_600_000;

test('a lookback that holds the warmup stays', () => {
  const detector = defaultDetector('shop');
  assert.equal(reachWarmup(detector, STEP), detector);
  assert.equal(reachWarmup(detector, undefined), detector);
  assert.equal(reachWarmup(detector, HOUR).training.lookback, 2 * 1440 * HOUR);
  assert.equal(reachWarmup({ ...detector, step: STEP }, HOUR).training.lookback, detector.training.lookback);
});

test('hourly rows of one entity are learned on until they are enough, and then trained on', async () => {
  const store = createMemoryObjectStore();
  const requested: string[] = [];
  const context = {
    store,
    telemetry: createMemoryTelemetry(),
    now: () => EPOCH,
    deadline: { remaining: () => Infinity },
    queue: {
      requestTraining: async (name: string) => void requested.push(name),
      requestScoring: async () => {},
    },
    publisher: { publish: () => Promise.reject(new Error('nothing to publish while learning')) },
  };
  const window = makeWindow({ from: 0, rows: 1500, entities: ['plant'] });
  const hourly = {
    ...window,
    step: HOUR,
    times: window.times.map((_, row) => EPOCH + row * HOUR),
    range: { start: EPOCH, end: EPOCH + 1500 * HOUR },
  };
  await store.put('windows/detector=shop/history.parquet', writeWindow(hourly, { manifestHash: 'test' }));
  const loaded = await loadDetector(context, 'shop');
  assert.equal((await scoreWindows(loaded, context)).rows, 1500);
  assert.deepEqual(requested, ['shop']);
  const { outcome, rows } = await trainModel(loaded, context);
  assert.deepEqual({ outcome, rows }, { outcome: 'trained', rows: 1500 });
});

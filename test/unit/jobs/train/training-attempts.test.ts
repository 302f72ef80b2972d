/** A training that kills its function is set aside after two deaths, told of, and tried again once that is worth it. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { readDetectorStatus } from '../../../../lib/cli/detector-status.ts';
import { type LocalBucket, openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import type { TrainContext } from '../../../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { watchDetectors } from '../../../../lib/jobs/shared/watch-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { trainingAttemptKey } from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { createMortalStore, KilledError } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, STEP } from '../../../helpers/synthetic-window.ts';

const RUN = 900_000;
const DAY = 86_400_000;

let clock: number;
let bucket: LocalBucket;
let context: TrainContext;

beforeEach(async () => {
  clock = EPOCH + 1500 * STEP;
  bucket = openLocalBucket({ telemetry: createMemoryTelemetry(), now: () => clock });
  context = { ...bucket.context, deadline: { remaining: () => RUN }, withoutReports: true };
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
});

const train = async (store: ObjectStore = bucket.store) =>
  (await trainModel(await loadDetector({ ...context, store }, 'shop'), { ...context, store })).outcome;

/** A process that does not outlive the reading of its first window. */
async function trainAndDie(): Promise<void> {
  const mortal = createMortalStore(bucket.store);
  const store: ObjectStore = {
    ...mortal,
    get(key, options) {
      if (key.startsWith('windows/')) mortal.kill();
      return mortal.get(key, options);
    },
  };
  await assert.rejects(train(store), KilledError);
  clock += RUN + 1;
}

async function killedTwice(): Promise<void> {
  await trainAndDie();
  await trainAndDie();
}

test('the third run does not try, says why, and status and watch tell of it', async () => {
  await killedTwice();
  const telemetry = createMemoryTelemetry();
  context = { ...context, telemetry };
  assert.equal(await train(), 'set-aside');
  assert.match(
    String(telemetry.lines[0]?.fields['reason']),
    /^2 runs of the training of shop .* out of memory or of time/,
  );
  const { concerns } = await readDetectorStatus(bucket.context, 'shop');
  const concern = concerns.find(({ code }) => code === 'training-killed');
  assert.match(concern?.message ?? '', /killed-function/);
  await watchDetectors(context);
  assert.equal(telemetry.total('DetectorsUntrained', 'shop'), 1);
});

test('other settings are tried at once, the same ones after a day', async () => {
  await killedTwice();
  assert.equal(await train(), 'set-aside');
  clock += DAY;
  await trainAndDie();
  assert.equal(await train(), 'set-aside');
  const manifest = 'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { training: { lookback: 1d } }\n';
  await bucket.store.put('detectors/shop.yml', new TextEncoder().encode(manifest));
  assert.equal(await train(), 'trained');
  const { concerns } = await readDetectorStatus(bucket.context, 'shop');
  assert.ok(concerns.every(({ code }) => code !== 'training-killed'));
});

test('a run that ends by itself, with an error or not, is no death, and forgets those before it', async () => {
  const failing: ObjectStore = {
    ...bucket.store,
    async get(key, options) {
      if (key.startsWith('windows/')) throw new Error('503 Slow Down');
      return bucket.store.get(key, options);
    },
  };
  for (let i = 0; i < 3; i++) {
    await trainAndDie();
    await assert.rejects(train(failing), /503/);
    clock += RUN + 1;
  }
  assert.equal(await train(), 'trained');
});

test('a terminal has no deadline, sets no mark, and minds none', async () => {
  await killedTwice();
  const mark = (await bucket.store.get(trainingAttemptKey('shop'))).etag;
  context = { ...context, deadline: { remaining: () => Infinity } };
  assert.equal(await train(), 'trained');
  assert.equal((await bucket.store.get(trainingAttemptKey('shop'))).etag, mark);
});

/** The training job with a network in it: cut into runs by its deadline, fine-tuned, replaced by its stand-in. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { manifestHash } from '../../../../lib/config/manifest.ts';
import { openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { type TrainResult, trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { modelPrefix } from '../../../../lib/store/keys.ts';
import { type LoadedVersion, loadVersion, readCurrent } from '../../../../lib/store/model-repository.ts';
import { readProgress } from '../../../../lib/store/training-progress.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, STEP } from '../../../helpers/synthetic-window.ts';

const PARAMS = {
  sequenceLength: 8,
  hidden: 4,
  layers: 1,
  epochs: 4,
  batchSize: 32,
  minSequences: 10,
  maxSequences: 300,
};

let telemetry: MemoryTelemetry;
let requests: string[];

beforeEach(() => {
  telemetry = createMemoryTelemetry();
  requests = [];
});

function openBucket(): JobContext {
  const { context } = openLocalBucket({ telemetry, now: () => EPOCH + 300 * STEP });
  return {
    ...context,
    queue: {
      requestTraining: async (name) => void requests.push(`train ${name}`),
      requestScoring: async (name) => void requests.push(`score ${name}`),
      requestNotifying: async () => {},
    },
  };
}

/** A run in which time passes by looks at the clock: cut at the same place on every machine. */
function cutShort(context: JobContext, looks: number): JobContext {
  let left = looks * 1000;
  return { ...context, deadline: { remaining: () => (left -= 1000) } };
}

function declare(name: string, model: Partial<Detector['model']> = {}): Detector {
  const detector = defaultDetector(name);
  return {
    ...detector,
    training: { ...detector.training, warmup: 100 },
    threshold: { ...detector.threshold, percentile: 95 },
    model: { kind: 'lstm-autoencoder', params: PARAMS, seed: 1, ...model },
  };
}

function train(detector: Detector, context: JobContext): Promise<TrainResult> {
  return trainModel({ detector, manifestHash: manifestHash(detector) }, context);
}

async function load({ store }: JobContext, detector: string): Promise<LoadedVersion> {
  const current = await readCurrent(store, detector);
  assert.ok(current !== undefined, `${detector} has a version`);
  return loadVersion(store, detector, current.version);
}

test('a training that is cut into runs gives the bytes of one that is not, report included', async () => {
  const whole = openBucket();
  await dropWindow(whole.store, { from: 0, rows: 300 });
  assert.equal((await train(declare('shop'), whole)).outcome, 'trained');
  const expected = await load(whole, 'shop');

  const context = openBucket();
  await dropWindow(context.store, { from: 0, rows: 300 });
  requests = [];
  let runs = 0;
  for (let outcome = 'paused'; outcome === 'paused'; runs++) {
    const result = await train(declare('shop'), cutShort(context, 24));
    assert.equal(result.version, expected.manifest.version, `run ${runs}`);
    ({ outcome } = result);
    if (outcome !== 'paused') break;
    assert.equal(await readCurrent(context.store, 'shop'), undefined);
    assert.equal((await readProgress(context.store, 'shop'))?.progress?.claimedUntil, undefined);
    // What arrives on the way is for the next training.
    await dropWindow(context.store, { from: 300 + 15 * runs, rows: 15 });
    assert.ok(runs < 100, 'it ends');
  }
  assert.ok(runs >= 2, `${runs} runs before the last`);
  assert.deepEqual(requests, [...new Array<string>(runs).fill('train shop'), 'score shop']);
  const version = await load(context, 'shop');
  assert.deepEqual(version.manifest, expected.manifest);
  for (const [name, bytes] of Object.entries(expected.files))
    assert.deepEqual(Buffer.from(version.files[name] ?? []), Buffer.from(bytes), name);
  assert.equal((await readProgress(context.store, 'shop'))?.progress?.phase, 'closed');
  const summary = new TextDecoder().decode(version.files['summary_report.txt']);
  assert.match(summary, /^Trained for \d+ epochs?\. At the last: /m);

  const next = await train(declare('shop'), context);
  assert.equal(next.rows, 600 + 2 * 15 * runs);
});

test('a run without the time for a single step is no success, and the version in use stays', async () => {
  const context = openBucket();
  await dropWindow(context.store, { from: 0, rows: 300 });
  await train(declare('shop'), context);
  const before = await readCurrent(context.store, 'shop');
  await dropWindow(context.store, { from: 300, rows: 15 });
  const result = await train(declare('shop'), cutShort(context, 2)).catch((error: unknown) => error);
  assert.ok(result instanceof Error || (result as TrainResult).outcome === 'paused');
  assert.deepEqual(await readCurrent(context.store, 'shop'), before);
});

test('fine-tuning goes on from the other detector, and says so', async () => {
  const context = openBucket();
  await dropWindow(context.store, { detector: 'cart', from: 0, rows: 300 });
  await dropWindow(context.store, { detector: 'shop', from: 0, rows: 300 });
  await train(declare('cart'), context);
  const source = await load(context, 'cart');
  await train(declare('shop'), context);
  const scratch = await load(context, 'shop');
  await train(declare('shop', { fineTune: { detector: 'cart', version: 'current' } }), context);
  const tuned = await load(context, 'shop');
  assert.deepEqual(tuned.manifest.lineage, { detector: 'cart', version: source.manifest.version });
  assert.notEqual(tuned.manifest.version, scratch.manifest.version);
  assert.notDeepEqual(tuned.files['weights.bin'], scratch.files['weights.bin']);
  const page = new TextDecoder().decode(tuned.files['report.html']);
  assert.ok(page.includes(`Fine-tuned from cart, version ${source.manifest.version}.`));

  const other = declare('shop', { kind: 'lstm', fineTune: { detector: 'cart', version: 'current' } });
  await assert.rejects(train(other, context), {
    name: 'ModelError',
    code: 'other-kind',
    message: /which is of kind lstm-autoencoder; this detector's model is of kind lstm$/,
  });
  assert.equal((await readCurrent(context.store, 'shop'))?.version, tuned.manifest.version);
});

test('a detector with too little data for its network has a stand-in, and its manifest and report say so', async () => {
  const context = openBucket();
  await dropWindow(context.store, { from: 0, rows: 300 });
  await train(declare('shop', { params: { ...PARAMS, minSequences: 1000 } }), context);
  const { manifest, files } = await load(context, 'shop');
  assert.deepEqual([manifest.kind, manifest.requestedKind], ['reconstruction', 'lstm-autoencoder']);
  const summary = new TextDecoder().decode(files['summary_report.txt']);
  assert.match(summary, /, reconstruction for lstm-autoencoder, Tidewatch/);
  assert.match(
    summary,
    /^MODEL\nThe detector asks for lstm-autoencoder; this version is of kind reconstruction\.\n.*1,?000/m,
  );
  const prefix = modelPrefix('shop', manifest.version);
  assert.match(new TextDecoder().decode((await context.store.get(`${prefix}report.html`)).body), /<h2>Model/);
});

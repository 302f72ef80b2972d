import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { manifestHash } from '../../../../lib/config/manifest.ts';
import { openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { loadFittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import { loadStart, resolveLineage } from '../../../../lib/jobs/train/fine-tune.ts';
import { type TrainResult, trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readCurrent, readManifest } from '../../../../lib/store/model-repository.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH } from '../../../helpers/synthetic-window.ts';

let context: JobContext;

beforeEach(() => {
  const bucket = openLocalBucket({ telemetry: createMemoryTelemetry(), now: () => EPOCH });
  context = { ...bucket.context, withoutReports: true };
});

function declare(
  name: string,
  model: Partial<Detector['model']> = {},
  more: Partial<Detector> = {},
): Detector {
  const detector = defaultDetector(name);
  return {
    ...detector,
    ...more,
    model: { ...detector.model, kind: 'isolation-forest', params: { trees: 5 }, ...model },
  };
}

async function train(detector: Detector, metrics?: readonly string[]): Promise<TrainResult> {
  await dropWindow(context.store, {
    detector: detector.name,
    from: 0,
    rows: 1440,
    ...(metrics !== undefined && { metrics }),
  });
  return trainModel({ detector, manifestHash: manifestHash(detector) }, context);
}

const FROM_SHOP = { fineTune: { detector: 'shop', version: 'current' } };

test('a version says what it started from, and its id depends on it', async () => {
  const { version: source } = await train(declare('shop'));
  const { version } = await train(declare('cart', FROM_SHOP));
  assert.ok(source !== undefined && version !== undefined);
  const manifest = await readManifest(context.store, 'cart', version);
  assert.deepEqual(manifest.lineage, { detector: 'shop', version: source });
  assert.equal(manifest.requestedKind, undefined);
  assert.equal((await readManifest(context.store, 'shop', source)).lineage, undefined);

  // Another version of the same detector; then the first one again, by name.
  await train(declare('shop', { seed: 2 }));
  const { version: second } = await train(declare('cart', FROM_SHOP));
  assert.notEqual(second, version);
  const pinned = declare('cart', { fineTune: { detector: 'shop', version: source } });
  const { version: third } = await train(pinned);
  assert.deepEqual((await readManifest(context.store, 'cart', third ?? '')).lineage, manifest.lineage);
  assert.equal((await train(pinned)).outcome, 'unchanged');
});

test('the start is the state that stands', async () => {
  const { version = '' } = await train(declare('shop'));
  const source = await loadFittedDetector(context.store, 'shop', version);
  const detector = declare('cart', FROM_SHOP);
  const lineage = await resolveLineage(detector, context.store);
  assert.deepEqual(lineage, { detector: 'shop', version });
  const start = await loadStart({ detector, lineage, scaler: source.scaler }, context.store);
  assert.deepEqual(start, source.model.save());
  assert.equal(await resolveLineage(declare('cart'), context.store), undefined);
});

test('a version that is not there, or of other columns or another scaler, leaves the one in use', async () => {
  const { version: inUse } = await train(declare('cart'));
  const refuse = async (detector: Detector, error: object, metrics?: readonly string[]): Promise<void> => {
    await assert.rejects(train(detector, metrics), error);
    assert.equal((await readCurrent(context.store, 'cart'))?.version, inUse);
  };
  await refuse(declare('cart', FROM_SHOP), {
    name: 'ArtifactError',
    code: 'no-version',
    message: 'cart: model.fine_tune starts from shop, which has no current version; train it first',
  });
  await refuse(declare('cart', { fineTune: { detector: 'shop', version: 'v1' } }), {
    name: 'ArtifactError',
    message: /shop has no version v1/,
  });
  const { version: source } = await train(declare('shop', {}, { scaler: 'minmax' }));
  const name = `cart: model\\.fine_tune starts from shop ${source}`;
  await refuse(declare('cart', FROM_SHOP), {
    name: 'FeatureError',
    code: 'other-scaler',
    message: new RegExp(`^${name}, which is scaled by minmax; this detector's scaler is robust$`),
  });
  await refuse(
    declare('cart', FROM_SHOP),
    {
      name: 'FeatureError',
      code: 'other-columns',
      message: new RegExp(
        `^${name}, whose features are others: this detector lacks memory, requests; that version lacks disk, network$`,
      ),
    },
    ['cpu', 'disk', 'network'],
  );
});

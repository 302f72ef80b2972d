import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArtifactError, PreconditionFailedError } from '../../../lib/base/errors.ts';
import { currentModelKey, modelPrefix } from '../../../lib/store/keys.ts';
import {
  asLoaded,
  hasVersion,
  loadVersion,
  moveCurrent,
  type NewVersion,
  readCurrent,
  resolveVersion,
  saveVersion,
} from '../../../lib/store/model-repository.ts';
import {
  createMemoryObjectStore,
  createMortalStore,
  KilledError,
} from '../../helpers/memory-object-store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function newVersion(version = 'v1', weights = 'weights'): NewVersion {
  return {
    files: { 'model.json': bytes('{}'), 'weights.bin': bytes(weights), 'features.json': bytes('[]') },
    manifest: {
      detector: 'shop',
      version,
      kind: 'isolation-forest',
      params: { trees: 100 },
      seed: 7,
      featurePlanHash: 'f00d',
      manifestHash: 'beef',
      inputs: [{ key: 'windows/detector=shop/a.parquet', etag: '"e"', rows: 10 }],
      rows: 10,
      entities: 2,
      step: 60_000,
      trainingRange: { start: '2026-11-01T00:00:00.000Z', end: '2026-11-02T00:00:00.000Z' },
      softwareVersion: '0.1.0',
      percentile: 99,
      policy: { threshold: 0.6, minDeviation: 3, k: 3, n: 5, resolveAfter: 10 },
    },
  };
}

test('a version is loaded as it was saved, and the manifest is the last thing written', async () => {
  const store = createMemoryObjectStore();
  const order: string[] = [];
  const recording: typeof store = {
    ...store,
    put: (key, body, options) => {
      order.push(key);
      return store.put(key, body, options);
    },
  };
  const manifest = await saveVersion(recording, 'shop', 'v1', newVersion());
  assert.equal(order.at(-1), `${modelPrefix('shop', 'v1')}manifest.json`);
  const loaded = await loadVersion(store, 'shop', 'v1');
  assert.deepEqual(loaded.manifest, manifest);
  assert.deepEqual(asLoaded(newVersion()), loaded, 'what is not saved yet is the same');
  assert.deepEqual(loaded.files, newVersion().files);
  assert.deepEqual(manifest.files['weights.bin'], {
    // printf weights | sha256sum
    sha256: '9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c',
    size: 7,
  });
});

test('saving the same version again is harmless, with other bytes it is an error that names the file', async () => {
  const store = createMemoryObjectStore();
  await saveVersion(store, 'shop', 'v1', newVersion());
  const before = store.keys().map((key) => store.text(key));
  await saveVersion(store, 'shop', 'v1', newVersion());
  await assert.rejects(
    saveVersion(store, 'shop', 'v1', newVersion('v1', 'others')),
    (error) => error instanceof ArtifactError && error.message.includes('version=v1/weights.bin'),
  );
  assert.deepEqual(
    store.keys().map((key) => store.text(key)),
    before,
  );
});

test('killed at any write, a version is absent until the run is repeated, then whole', async () => {
  for (const stage of ['before', 'after'] as const) {
    for (let atWrite = 0; atWrite < 4; atWrite++) {
      const store = createMemoryObjectStore();
      const mortal = createMortalStore(store, { atWrite, stage });
      await assert.rejects(saveVersion(mortal, 'shop', 'v1', newVersion()), KilledError);
      const finished = atWrite === 3 && stage === 'after';
      assert.equal(await hasVersion(store, 'shop', 'v1'), finished);
      if (!finished) {
        await assert.rejects(loadVersion(store, 'shop', 'v1'), ArtifactError);
        await assert.rejects(moveCurrent(store, 'shop', { from: undefined, to: 'v1' }), ArtifactError);
      }
      await saveVersion(store, 'shop', 'v1', newVersion());
      await loadVersion(store, 'shop', 'v1');
      assert.ok(await hasVersion(store, 'shop', 'v1'));
    }
  }
});

test('an unfinished version is none', async () => {
  const store = createMemoryObjectStore();
  await store.put(`${modelPrefix('shop', 'v0')}weights.bin`, bytes('x'));
  await saveVersion(store, 'shop', 'v1', newVersion());
  await moveCurrent(store, 'shop', { from: undefined, to: 'v1' });
  assert.equal(await hasVersion(store, 'shop', 'v0'), false);
  assert.equal(await hasVersion(store, 'shop', 'v1'), true);
});

test('an altered, a truncated and a missing file are errors that name it', async () => {
  const store = createMemoryObjectStore();
  await saveVersion(store, 'shop', 'v1', newVersion());
  const key = `${modelPrefix('shop', 'v1')}weights.bin`;
  for (const body of [bytes('weighty'), bytes('weight')]) {
    await store.put(key, body);
    await assert.rejects(
      loadVersion(store, 'shop', 'v1'),
      (error) =>
        error instanceof ArtifactError && error.code === 'altered-file' && error.message.includes(key),
    );
  }
  await store.delete(key);
  await assert.rejects(
    loadVersion(store, 'shop', 'v1'),
    (error) => error instanceof ArtifactError && error.code === 'missing-file' && error.message.includes(key),
  );
});

test('a manifest that reaches outside of its version, or is of another format or version, is refused', async () => {
  const store = createMemoryObjectStore();
  const manifest = await saveVersion(store, 'shop', 'v1', newVersion());
  const entry = manifest.files['weights.bin'];
  for (const [altered, named] of [
    [{ ...manifest, formatVersion: 2 }, 'formatVersion'],
    [{ ...manifest, files: { '../../secret': entry } }, 'files'],
    [{ ...manifest, version: 'v2' }, 'v2'],
    [{ ...manifest, rows: -1 }, 'rows'],
  ] as const) {
    await store.put(`${modelPrefix('shop', 'v1')}manifest.json`, bytes(JSON.stringify(altered)));
    await assert.rejects(
      loadVersion(store, 'shop', 'v1'),
      (error) => error instanceof ArtifactError && error.message.includes(named),
    );
  }
});

test('current moves once per decision, and remembers where it came from', async () => {
  const store = createMemoryObjectStore();
  for (const version of ['v1', 'v2', 'v3']) await saveVersion(store, 'shop', version, newVersion(version));
  assert.equal(await readCurrent(store, 'shop'), undefined);
  const first = await moveCurrent(store, 'shop', { from: undefined, to: 'v1' });
  await assert.rejects(moveCurrent(store, 'shop', { from: undefined, to: 'v2' }), PreconditionFailedError);
  const results = await Promise.allSettled(
    ['v2', 'v3'].map((to) => moveCurrent(store, 'shop', { from: first.etag, to })),
  );
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const current = await readCurrent(store, 'shop');
  assert.equal(current?.previous, 'v1');
  assert.equal(current?.version, results[0]?.status === 'fulfilled' ? 'v2' : 'v3');
});

test('a pinned version stays, "current" follows the pointer', async () => {
  const store = createMemoryObjectStore();
  assert.equal(await resolveVersion(store, { name: 'shop', modelVersion: 'current' }), undefined);
  await saveVersion(store, 'shop', 'v1', newVersion());
  await moveCurrent(store, 'shop', { from: undefined, to: 'v1' });
  assert.equal(await resolveVersion(store, { name: 'shop', modelVersion: 'current' }), 'v1');
  assert.equal(await resolveVersion(store, { name: 'shop', modelVersion: 'v0' }), 'v0');
  await store.put(currentModelKey('shop'), bytes('{"formatVersion": 9, "version": "v1"}'));
  await assert.rejects(
    readCurrent(store, 'shop'),
    (error) => error instanceof ArtifactError && error.message.includes('formatVersion'),
  );
});

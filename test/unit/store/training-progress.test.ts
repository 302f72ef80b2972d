import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ArtifactError, PreconditionFailedError } from '../../../lib/base/errors.ts';
import type { ModelState } from '../../../lib/models/framework/contract.ts';
import { trainingProgressKey } from '../../../lib/store/keys.ts';
import {
  isSameCheckpoint,
  readCheckpoint,
  readProgress,
  type TrainingProgress,
  writeCheckpoint,
  writeProgress,
} from '../../../lib/store/training-progress.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../helpers/memory-object-store.ts';

const PROGRESS: TrainingProgress = {
  formatVersion: 1,
  detector: 'shop',
  version: '20261101T000000Z-0123456789ab',
  phase: 'open',
  inputs: [{ key: 'windows/detector=shop/a.parquet', etag: '"1"', rows: 10 }],
  pauses: 0,
};
const STATE: ModelState = {
  kind: 'isolation-forest',
  formatVersion: 3,
  json: { epoch: 2 },
  arrays: { weights: Float32Array.of(1, -0, 3e38), moments: Float64Array.of(Number.NaN) },
};

let store: MemoryObjectStore;
beforeEach(() => {
  store = createMemoryObjectStore();
});

test('what is written is read, every member of it', async () => {
  assert.equal(await readProgress(store, 'shop'), undefined);
  const checkpoint = await writeCheckpoint(store, PROGRESS, STATE);
  const lineage = { detector: 'cart', version: 'v1' };
  const whole: TrainingProgress = { ...PROGRESS, lineage, claimedUntil: 5, pauses: 3, checkpoint };
  const { etag } = await writeProgress(store, whole, undefined);
  const found = await readProgress(store, 'shop');
  assert.deepEqual(found?.progress, whole);
  assert.equal(found?.etag, etag);
  assert.deepEqual(await readCheckpoint(store, whole), STATE);
  assert.equal(await readCheckpoint(store, PROGRESS), undefined);
});

test('it moves by conditional writes only', async () => {
  const { etag } = await writeProgress(store, PROGRESS, undefined);
  await assert.rejects(writeProgress(store, PROGRESS, undefined), PreconditionFailedError);
  await writeProgress(store, { ...PROGRESS, pauses: 1 }, etag);
  await assert.rejects(writeProgress(store, { ...PROGRESS, pauses: 2 }, etag), PreconditionFailedError);
  assert.equal((await readProgress(store, 'shop'))?.progress?.pauses, 1);
});

test('what is not of its form is told of, with its key and its ETag', async () => {
  const bad = [
    '{',
    '{}',
    JSON.stringify({ ...PROGRESS, formatVersion: 2 }),
    JSON.stringify({ ...PROGRESS, checkpoint: { 'model.json': { sha256: 'x', size: 1 } } }),
    JSON.stringify({ ...PROGRESS, detector: 'cart' }),
  ];
  for (const text of bad) {
    const { etag } = await store.put(trainingProgressKey('shop'), new TextEncoder().encode(text));
    const found = await readProgress(store, 'shop');
    assert.ok(found !== undefined && found.progress === undefined, text);
    assert.equal(found.etag, etag);
    assert.ok(found.problem instanceof ArtifactError);
    assert.match(found.problem.message, /^training\/detector=shop\/progress\.json /);
  }
  await assert.rejects(
    async () => writeProgress(store, { ...PROGRESS, pauses: -1 }, undefined),
    ArtifactError,
  );
});

test('checkpoints are told apart by their bytes', async () => {
  const first = await writeCheckpoint(store, PROGRESS, STATE);
  const again = await writeCheckpoint(store, PROGRESS, structuredClone(STATE));
  const other = await writeCheckpoint(store, PROGRESS, { ...STATE, json: { epoch: 3 } });
  assert.ok(isSameCheckpoint(first, again));
  assert.ok(!isSameCheckpoint(first, other));
  assert.ok(!isSameCheckpoint(first, undefined));
  assert.ok(isSameCheckpoint(undefined, undefined));
});

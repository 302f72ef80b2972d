/** One version of every format that was ever written is kept in test/fixtures/artifacts/, and still loads. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { modelPrefix } from '../../lib/store/keys.ts';
import { MODEL_MANIFEST_FORMAT } from '../../lib/store/model-manifest.ts';
import { decodeModelState, loadVersion } from '../../lib/store/model-repository.ts';
import { MODEL_CONTAINER_FORMAT } from '../../lib/store/model-state-files.ts';
import { createMemoryObjectStore } from '../helpers/memory-object-store.ts';

const FOLDER = new URL('../fixtures/artifacts/', import.meta.url);

for (const name of readdirSync(FOLDER)) {
  test(`an artifact of ${name} loads to the numbers that it was written with`, async () => {
    const store = createMemoryObjectStore();
    const version = new URL(`${name}/`, FOLDER);
    for (const file of readdirSync(version))
      await store.put(`${modelPrefix('shop', 'v1')}${file}`, readFileSync(new URL(file, version)));
    const { manifest, files } = await loadVersion(store, 'shop', 'v1');
    assert.equal(manifest.policy.threshold, 0.6);
    assert.deepEqual(manifest.inputs, [{ key: 'windows/detector=shop/a.parquet', etag: '"e"', rows: 10 }]);
    assert.deepEqual(decodeModelState(files), {
      kind: 'isolation-forest',
      formatVersion: 1,
      json: { trees: 2 },
      arrays: {
        flags: new Uint8Array([9]),
        left: new Int32Array([1, -2, 3]),
        narrow: new Uint16Array([65_535]),
        scale: new Float32Array([1.5]),
        split: new Float64Array([0.1]),
        wide: new Uint32Array([2 ** 32 - 1]),
      },
    });
  });
}

test('every format that this code writes has its artifact', () => {
  assert.ok(
    readdirSync(FOLDER).includes(`manifest-${MODEL_MANIFEST_FORMAT}-container-${MODEL_CONTAINER_FORMAT}`),
  );
});

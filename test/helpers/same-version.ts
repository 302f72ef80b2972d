import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { openLocalBucket } from '../../lib/jobs/offline/local-bucket.ts';
import { loadDetector } from '../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../lib/jobs/train/train-model.ts';
import type { ModelManifest } from '../../lib/store/model-manifest.ts';
import { readManifest } from '../../lib/store/model-repository.ts';
import type { LocalStack } from './local-stack.ts';
import { createMemoryTelemetry } from './memory-telemetry.ts';

/** Trains here, by the sources, what the packaged function has trained on history.parquet; compares every file. */
export async function assertSameVersion(stack: LocalStack, detector: string, version: string): Promise<void> {
  const { context } = openLocalBucket({ telemetry: createMemoryTelemetry(), now: Date.now });
  for (const key of [`detectors/${detector}.yml`, `windows/detector=${detector}/history.parquet`])
    await context.store.put(key, (await stack.get(key)) ?? new Uint8Array());
  const whole = await trainModel(await loadDetector(context, detector), context);
  assert.equal(whole.version, version);
  const expected = await readManifest(context.store, detector, version);
  const prefix = `models/detector=${detector}/version=${version}`;
  assert.deepEqual(await stack.getJson<ModelManifest>(`${prefix}/manifest.json`), expected);
  for (const [name, { sha256 }] of Object.entries(expected.files)) {
    const body = await stack.get(`${prefix}/${name}`);
    assert.equal(
      createHash('sha256')
        .update(body ?? '')
        .digest('hex'),
      sha256,
      name,
    );
  }
}

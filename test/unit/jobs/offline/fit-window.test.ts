/** A fit of a file goes through the training job once: what that saves is what goes into the folder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import { fitWindow } from '../../../../lib/jobs/offline/fit-window.ts';
import { loadFittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import { modelPrefix } from '../../../../lib/store/keys.ts';
import { collect } from '../../../helpers/collect.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { makeWindow } from '../../../helpers/synthetic-window.ts';

test('the version is saved once, with its pages on held-out rows and its manifest, and is current in its bucket', async () => {
  const { detector, ...rest } = {
    detector: { ...defaultDetector('shop'), model: { kind: 'robust-z' as const, seed: 1, params: {} } },
    manifestText: 'kind: AnomalyDetector',
    window: makeWindow({ from: 0, rows: 1200 }),
    onProgress: () => {},
  };
  for (const [testShare, held] of [
    [0.2, true],
    [0, false],
  ] as const) {
    const { manifest, heldOut, bucket } = await fitWindow(
      { ...rest, detector, testShare },
      createMemoryTelemetry(),
    );
    assert.equal(heldOut !== undefined, held);
    assert.equal(manifest.files['evaluation.json'] !== undefined, held);
    assert.ok(manifest.files['detector.yml']);
    const prefix = modelPrefix('shop', manifest.version);
    const keys = await collect(bucket.store.list(prefix));
    assert.deepEqual(
      keys.map(({ key }) => key.slice(prefix.length)),
      [...Object.keys(manifest.files), 'manifest.json'].sort(),
    );
    const fitted = await loadFittedDetector(bucket.store, 'shop', manifest.version);
    assert.deepEqual(fitted.manifest, manifest);
  }
});

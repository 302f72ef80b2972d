/** A fit of a file goes through the training job once: what that saves is what goes into the folder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { manifestHash } from '../../../../lib/config/manifest.ts';
import { fitWindow } from '../../../../lib/jobs/offline/fit-window.ts';
import { openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { loadFittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { modelPrefix, windowsPrefix } from '../../../../lib/store/keys.ts';
import { readCsvWindow } from '../../../../lib/window/read-csv.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
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

/** Rows off the grid, out of order, with gaps, missing values and labels. */
const CSV: string = [
  'timestamp,host,cpu,replicas,label',
  ...Array.from({ length: 600 }, (_, i) => 599 - i).flatMap((i) =>
    ['b', 'a'].flatMap((host) => {
      if (host === 'a' && i > 200 && i < 240) return [];
      const time = new Date(60_000 * i + (host === 'b' ? 7000 : 0)).toISOString();
      const cpu = i % 29 === 0 ? '' : String(50 + 20 * Math.sin(i / 9) + ((i * 7919) % 13) / 3);
      return [`${time},${host},${cpu},${i < 300 ? 3 : 2},${i > 400 && i < 406 ? 1 : 0}`];
    }),
  ),
]
  .toSorted((a, b) => (a.startsWith('t') ? -1 : b.startsWith('t') ? 1 : a < b ? -1 : 1))
  .join('\n');

const WINDOWS: Readonly<Record<string, () => MetricWindow>> = {
  'rows of a Parquet file': () => makeWindow({ from: 0, rows: 1200 }),
  'rows of a CSV file': () =>
    readCsvWindow(new TextEncoder().encode(CSV), { detector: 'shop', source: 'shop.csv' }),
};

for (const [what, open] of Object.entries(WINDOWS))
  for (const kind of ['robust-z', 'isolation-forest'] as const)
    test(`${kind}, ${what}: the fit has every byte of a training over a bucket that holds them`, async () => {
      const window = open();
      const { range } = window;
      const plain = defaultDetector('shop');
      const detector: Detector = {
        ...plain,
        model: { kind, seed: 5, params: {} },
        // As a fit takes them: all there is.
        modelVersion: 'current',
        training: { ...plain.training, warmup: 1, lookback: range.end - range.start },
      };
      const telemetry = createMemoryTelemetry();
      const given = { detector, manifestText: undefined, window, testShare: 0, onProgress: () => {} };
      const fit = await fitWindow(given, telemetry);

      const { store, context } = openLocalBucket({ telemetry, now: () => range.end });
      const hash = manifestHash(detector);
      const key = `${windowsPrefix('shop')}training.parquet`;
      await store.put(key, writeWindow(window, { manifestHash: hash }));
      const trained = await trainModel({ detector, manifestHash: hash }, context);

      assert.equal(trained.version, fit.manifest.version);
      const prefix = modelPrefix('shop', fit.manifest.version);
      const keys = await collect(store.list(prefix));
      assert.deepEqual(
        keys.map((object) => object.key),
        (await collect(fit.bucket.store.list(prefix))).map((object) => object.key),
      );
      for (const object of keys) {
        const [ours, theirs] = [await fit.bucket.store.get(object.key), await store.get(object.key)];
        assert.deepEqual(ours.body, theirs.body, object.key);
      }
    });

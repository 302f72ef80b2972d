/** Training writes its report beside the model, as part of the version. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { loadFittedDetector } from '../../lib/jobs/shared/fitted-detector.ts';
import { modelPrefix } from '../../lib/store/keys.ts';
import { trainSockShop } from '../helpers/sockshop-report.ts';

const REPORT = [
  'confusion_matrix.png',
  'precision_recall_curve.png',
  'report.html',
  'roc_curve.png',
  'score_histogram.png',
  'summary_report.txt',
  'training_history.png',
];

/** Of the history: enough for a report. */
const DAY = '2023-08-16*.parquet';

test('a trained version holds its report, listed with checksums; scoring does not read it', async () => {
  const { manifest, files, store, telemetry } = await trainSockShop('auto');
  assert.deepEqual(
    Object.keys(manifest.files).sort(),
    [...REPORT, 'evidence.json', 'features.json', 'model.json', 'presence.json', 'weights.bin'].sort(),
  );
  for (const name of REPORT) {
    const sha256 = createHash('sha256').update(files[name]!).digest('hex');
    assert.deepEqual(manifest.files[name], { sha256, size: files[name]!.length }, name);
  }
  assert.equal(telemetry.total('ReportsFailed'), 0);
  const summary = new TextDecoder().decode(files['summary_report.txt']);
  assert.match(summary, /^rows {8}13,410, one every 1 min per entity$/m);
  assert.match(summary, /of 25 had an anomaly/);

  const read: string[] = [];
  const watched = {
    ...store,
    get: (key: string) => {
      read.push(key);
      return store.get(key);
    },
  };
  await loadFittedDetector(watched, manifest.detector, manifest.version);
  const prefix = modelPrefix(manifest.detector, manifest.version);
  assert.deepEqual(
    read.sort(),
    ['evidence.json', 'features.json', 'manifest.json', 'model.json', 'presence.json', 'weights.bin'].map(
      (name) => `${prefix}${name}`,
    ),
  );
});

test('the same history gives the same report, byte for byte', async () => {
  const [first, second] = [await trainSockShop('robust-z', DAY), await trainSockShop('robust-z', DAY)];
  assert.equal(first.manifest.version, second.manifest.version);
  assert.deepEqual(first.manifest.files, second.manifest.files);
});

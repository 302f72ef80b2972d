/** A fit of a file goes through the training job once: what that saves is what goes into the folder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { manifestHash } from '../../../../lib/config/manifest.ts';
import { fitWindow, hashContent } from '../../../../lib/jobs/offline/fit-window.ts';
import { openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { loadFittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { modelPrefix, windowsPrefix } from '../../../../lib/store/keys.ts';
import type { ModelManifest } from '../../../../lib/store/model-manifest.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { readCsvWindow } from '../../../../lib/window/read-csv.ts';
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
      const time = new Date(Date.UTC(2026, 0, 1) + 60_000 * i + (host === 'b' ? 7000 : 0)).toISOString();
      const cpu = i % 29 === 0 ? '' : String(50 + 20 * Math.sin(i / 9) + ((i * 7919) % 13) / 3);
      return [`${time},${host},${cpu},${i < 300 ? 3 : 2},${i > 400 && i < 406 ? 1 : 0}`];
    }),
  ),
]
  .toSorted((a, b) => (a.startsWith('t') ? -1 : b.startsWith('t') ? 1 : a < b ? -1 : 1))
  .join('\n');

for (const [kind, what, open] of [
  ['robust-z', 'rows of a Parquet file', () => makeWindow({ from: 0, rows: 1200 })],
  [
    'isolation-forest',
    'rows of a CSV file',
    () => readCsvWindow(new TextEncoder().encode(CSV), { detector: 'shop', source: 'shop.csv' }),
  ],
] as const)
  test(`${kind}, ${what}: the fit learns every byte that a training over a bucket that holds them does`, async () => {
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

    assert.deepEqual(
      await learned(fit.bucket.store, fit.manifest.version),
      await learned(store, trained.version!),
    );
    assert.deepEqual(await collect(fit.bucket.store.list('windows/')), []);
  });

/** All that a version holds but its name, which its inputs are part of, and pictures that show the name. */
async function learned(store: ObjectStore, version: string): Promise<Readonly<Record<string, unknown>>> {
  const prefix = modelPrefix('shop', version);
  const files: Record<string, unknown> = {};
  for (const { key } of await collect(store.list(prefix))) {
    const { body } = await store.get(key);
    if (!key.endsWith('.png'))
      files[key.slice(prefix.length)] = Buffer.from(body).toString('latin1').replaceAll(version, 'VERSION');
  }
  const { inputs, files: _, ...manifest }: ModelManifest = JSON.parse(String(files['manifest.json']));
  return {
    ...files,
    'manifest.json': {
      ...manifest,
      inputs: inputs.map(({ etag, ...input }) => ({ ...input, hasEtag: etag !== '' })),
    },
  };
}

test('the same rows and settings have the same hash; any other value, name, label or setting has another', () => {
  const window = makeWindow({ from: 0, rows: 20 });
  const [first, ...rest] = window.columns;
  const hash = hashContent(window, 'settings');
  assert.match(hash, /^"[0-9a-f]{64}"$/);
  assert.equal(hashContent({ ...window, columns: [first!.slice(), ...rest] }, 'settings'), hash);
  const others = [
    hashContent({ ...window, columns: [first!.with(7, first![7]! + 1e-9), ...rest] }, 'settings'),
    hashContent({ ...window, labels: new Uint8Array(window.times.length) }, 'settings'),
    hashContent({ ...window, metrics: window.metrics.map((metric) => `${metric}_2`) }, 'settings'),
    hashContent(window, 'other settings'),
  ];
  assert.equal(new Set([hash, ...others]).size, 5);
});

test('rows that lie too far apart for a grid are refused by the name of their file', async () => {
  const window = makeWindow({ from: 0, rows: 1200 });
  const detector = { ...defaultDetector('shop'), step: 1 };
  await assert.rejects(
    fitWindow(
      { detector, manifestText: undefined, window, source: 'shop.csv', testShare: 0, onProgress: () => {} },
      createMemoryTelemetry(),
    ),
    { code: 'too-large', message: /^shop\.csv has 143880002 rows on its grid, cells of 1 ms / },
  );
});

/** A request's id beside each row: only `twice` has a second row, which makes the step. */
const IDS: string = [
  'timestamp,request,cpu',
  ...Array.from({ length: 223 }, (_, i) => {
    const id = i === 0 || i === 59 ? 'twice' : `r${i}`;
    return `${new Date(60_000 * i).toISOString()},${id},${50 + ((i * 7919) % 13)}`;
  }),
].join('\n');

for (const [what, open, says] of [
  [
    'lie within a step that was learned from',
    () => readCsvWindow(new TextEncoder().encode(IDS), { detector: 'shop', source: 'shop.csv' }),
    /^shop\.csv: of 45 held-out rows from 1970-01-01T02:58:00\.000Z on none can be judged, .* the step is 59 min, as far as rows of an entity lie apart; /,
  ],
  [
    'hold no value',
    () => {
      const window = makeWindow({ from: 0, rows: 1200 });
      return { ...window, columns: window.columns.map((column) => column.slice().fill(Number.NaN, 960)) };
    },
    /^shop\.csv: of 480 held-out rows from \S+ on none holds a value; /,
  ],
] as const)
  test(`held-out rows that all ${what} are an error that says so, and no rate that is not a number`, async () => {
    const detector: Detector = {
      ...defaultDetector('shop'),
      model: { kind: 'robust-z', seed: 1, params: {} },
    };
    const given = { detector, manifestText: undefined, window: open(), source: 'shop.csv' };
    const telemetry = createMemoryTelemetry();
    await assert.rejects(fitWindow({ ...given, testShare: 0.2, onProgress: () => {} }, telemetry), {
      code: 'none-to-judge',
      message: says,
    });
    const { heldOut } = await fitWindow({ ...given, testShare: 0, onProgress: () => {} }, telemetry);
    assert.equal(heldOut, undefined);
  });

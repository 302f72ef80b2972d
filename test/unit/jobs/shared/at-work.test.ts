/** What the hourly run asks of the bucket for detectors that do their work, and that it sees all the same what does not. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type LocalBucket, openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { LOOKED_AROUND_EVERY } from '../../../../lib/jobs/score/next-windows.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { writeMark } from '../../../../lib/jobs/shared/attempt-marks.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { SOFTWARE_VERSION } from '../../../../lib/jobs/shared/software-version.ts';
import { watchDetectors } from '../../../../lib/jobs/shared/watch-detectors.ts';
import { runHour } from '../../../../lib/jobs/train/run-hour.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { type CountedStore, countRequests, countStore } from '../../../../lib/store/count-requests.ts';
import { readState, updateState } from '../../../../lib/store/detector-states.ts';
import {
  currentModelKey,
  manifestKey,
  SWEEPS_KEY,
  scoresKey,
  trainingAttemptKey,
  windowsPrefix,
} from '../../../../lib/store/keys.ts';
import { collect } from '../../../helpers/collect.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, STEP } from '../../../helpers/synthetic-window.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = EPOCH + 1440 * STEP;

let clock: number;
let bucket: LocalBucket;
let store: CountedStore;
/** Prefixes that were listed. */
let listed: string[];

beforeEach(async () => {
  clock = START;
  const telemetry = createMemoryTelemetry();
  bucket = openLocalBucket({ telemetry, now: () => clock });
  listed = [];
  const inner = bucket.store;
  store = countStore({
    ...inner,
    list(prefix, options) {
      listed.push(prefix);
      return inner.list(prefix, options);
    },
  });
  const manifest = `kind: AnomalyDetector
metadata: { name: shop }
spec:
  step: 1m
  ingest_delay: 0
  model: { kind: robust-z }
  training: { lookback: 1d, warmup: 100, every: 1d }
  metrics: [{ name: cpu, query: cpu }]
`;
  await bucket.store.put(manifestKey('shop'), new TextEncoder().encode(manifest));
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
  await moveCursor();
  await score();
  await trainModel(await loadDetector(bucket.context, 'shop'), { ...bucket.context, withoutReports: true });
  await score();
  await passQuarter();
  // The first look is at everything.
  await watch();
  listed = [];
});

/** @param arrived as events have it; without, everything is looked at */
async function score(arrived?: readonly string[]): Promise<void> {
  await scoreWindows(await loadDetector(bucket.context, 'shop'), bucket.context, { arrived });
}

/** As an export that reaches up to now. */
async function moveCursor(): Promise<void> {
  await updateState(bucket.store, 'shop', (state) => ({
    ...state,
    exportedUntil: clock,
    exporting: { daysUntil: 0, dataSince: EPOCH, gaps: [] },
  }));
}

async function exportQuarter(): Promise<string> {
  const from = (clock - EPOCH) / STEP;
  clock += 15 * MINUTE;
  const key = await dropWindow(bucket.store, { from, rows: 15 });
  await moveCursor();
  return key;
}

async function passQuarter(): Promise<void> {
  await exportQuarter();
  await score();
}

async function watch(): Promise<Record<string, number>> {
  const seen = createMemoryTelemetry();
  await watchDetectors({ ...bucket.context, store, telemetry: seen });
  return Object.fromEntries(seen.counts.map(({ name, value }) => [name, value]));
}

const hasListedWindows = (): boolean => listed.includes(windowsPrefix('shop'));

test('what is exported and scored in time is told from its state, with five reads for watch and training', async () => {
  const { reads, lists, writes } = await countRequests(store, () =>
    runHour({ ...bucket.context, store, withoutReports: true }),
  );
  // And when it was last looked at as a whole, and what waits to be told.
  assert.deepEqual({ reads, writes }, { reads: 5 + 2, writes: 0 });
  assert.deepEqual({ lists, hasListed: hasListedWindows() }, { lists: 5, hasListed: false });
});

test('a window that is not scored yet is no reason to look, for as long as it may wait', async () => {
  await exportQuarter();
  assert.deepEqual(await watch(), { WatchRuns: 1 });
  clock += 29 * MINUTE;
  assert.deepEqual(await watch(), { WatchRuns: 1 });
  assert.equal(hasListedWindows(), false);
  clock += 2 * MINUTE;
  assert.deepEqual(await watch(), { WatchRuns: 1, DetectorsUnscored: 1 });
});

test('a scorer that is dead is seen although exports go on', async () => {
  for (let quarter = 0; quarter < 4; quarter++) await exportQuarter();
  assert.deepEqual(await watch(), { WatchRuns: 1, DetectorsUnscored: 1 });
});

test('a dropped file whose event was lost is no concern, and is scored within a quarter of a day', async () => {
  const exported = await exportQuarter();
  await score([exported]);
  const own = exported.replace(/[^/]+$/, 'mine.parquet');
  await bucket.store.put(own, (await bucket.store.get(exported)).body);
  const isScored = async (): Promise<boolean> =>
    (await collect(bucket.store.list(scoresKey(own)))).length > 0;
  const until = Math.floor(clock / LOOKED_AROUND_EVERY + 1) * LOOKED_AROUND_EVERY;
  while (clock < until) {
    await score([await exportQuarter()]);
    assert.deepEqual(await watch(), { WatchRuns: 1 });
    assert.equal(await isScored(), false);
  }
  assert.equal(hasListedWindows(), false);
  await score([await exportQuarter()]);
  assert.equal(await isScored(), true);
});

test('an exporter that is dead is seen although all is scored', async () => {
  clock += HOUR;
  assert.deepEqual(await watch(), { WatchRuns: 1 });
  clock += 10 * MINUTE;
  assert.deepEqual(await watch(), { WatchRuns: 1, DetectorsSilent: 1, ExporterSilent: 1 });
});

test('that the exporter is dead is counted also where it cannot be written down who was looked at', async () => {
  clock += 26 * HOUR;
  const seen = createMemoryTelemetry();
  const failing: typeof store = { ...store, put: () => Promise.reject(new Error('503 SlowDown')) };
  await assert.rejects(watchDetectors({ ...bucket.context, store: failing, telemetry: seen }), /SlowDown/);
  assert.deepEqual(
    seen.counts.map(({ name }) => name),
    ['DetectorsSilent', 'ExporterSilent'],
  );
});

test('a cursor that lies ahead, and a version that is gone, are looked at', async () => {
  await updateState(bucket.store, 'shop', (state) => ({ ...state, exportedUntil: clock + HOUR }));
  await watch();
  assert.equal(hasListedWindows(), true);
  await moveCursor();
  listed = [];
  await watch();
  assert.equal(hasListedWindows(), false);
  const { trainedUntil } = (await readState(bucket.store, 'shop')).state;
  await updateState(bucket.store, 'shop', (state) => ({ ...state, trainedUntil: clock + 24 * HOUR }));
  await watch();
  assert.equal(hasListedWindows(), true);
  await updateState(bucket.store, 'shop', (state) => ({ ...state, trainedUntil }));
  listed = [];
  await watch();
  assert.equal(hasListedWindows(), false);
  await bucket.store.delete(currentModelKey('shop'));
  await watch();
  assert.equal(hasListedWindows(), true);
});

test('a model that a newer one should follow is looked at, and its training begins in the same run', async () => {
  // A quarter before the day is over after which everything is looked at.
  for (let quarter = 0; quarter < 95; quarter++) await exportQuarter();
  await score();
  await watch();
  assert.equal(hasListedWindows(), true);
  const { trained } = await runHour({ ...bucket.context, store, withoutReports: true });
  assert.deepEqual(trained, ['shop']);
});

test('a watch that fails keeps no training from its time', async () => {
  for (let quarter = 0; quarter < 96; quarter++) await exportQuarter();
  await score();
  const failing: typeof store = {
    ...store,
    get: (key, options) =>
      key === SWEEPS_KEY ? Promise.reject(new Error('503 SlowDown')) : store.get(key, options),
  };
  const { trained } = await runHour({ ...bucket.context, store: failing, withoutReports: true });
  assert.deepEqual(trained, ['shop']);
});

test('a training that is set aside is told of without a look at the windows', async () => {
  const { manifestHash } = await loadDetector(bucket.context, 'shop');
  await writeMark(bucket.store, trainingAttemptKey('shop'), {
    formatVersion: 1,
    key: `training by ${SOFTWARE_VERSION}`,
    etag: manifestHash,
    deaths: 2,
    until: clock - MINUTE,
  });
  assert.deepEqual(await watch(), { WatchRuns: 1, DetectorsUntrained: 1 });
  assert.equal(hasListedWindows(), false);
});

test('what the watch counted is sent out before a training, which has most of the time', async () => {
  for (let quarter = 0; quarter < 95; quarter++) await exportQuarter();
  await score();
  const telemetry = createMemoryTelemetry();
  // The first read of the watch takes more than its share.
  let left = 4 * HOUR;
  const slow: typeof store = {
    ...store,
    get: (key, options) => {
      if (key === SWEEPS_KEY) left = 2.9 * HOUR;
      return store.get(key, options);
    },
  };
  let sent: string[] = [];
  const context = { ...bucket.context, store: slow, telemetry, deadline: { remaining: () => left } };
  const { trained } = await runHour({ ...context, withoutReports: true }, () => {
    sent = telemetry.counts.map(({ name }) => name);
  });
  assert.deepEqual(trained, ['shop']);
  assert.deepEqual(sent, ['WatchRuns']);
  assert.ok(telemetry.lines.some(({ message }) => message === 'not every detector was looked at in time'));
});

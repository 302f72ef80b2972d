/** Nobody is healthy who does nothing: what is dead is found by who is not on its path, and told once it is. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { readDetectorStatus } from '../../../../lib/cli/detector-status.ts';
import { type LocalBucket, openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { watchDetectors } from '../../../../lib/jobs/shared/watch-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { updateState } from '../../../../lib/store/detector-states.ts';
import { NOTIFY_STATE_KEY } from '../../../../lib/store/keys.ts';
import { INITIAL_NOTIFY_STATE, writeNotifyState } from '../../../../lib/store/notify-state.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createAlert } from '../../../helpers/alerts.ts';
import { loadQuickDetector } from '../../../helpers/load-quick-detector.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = EPOCH + 1440 * STEP;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let clock: number;
let telemetry: MemoryTelemetry;
let bucket: LocalBucket;

beforeEach(() => {
  clock = START;
  telemetry = createMemoryTelemetry();
  bucket = openLocalBucket({ telemetry, now: () => clock });
});

const score = async (name = 'shop') =>
  scoreWindows(await loadQuickDetector(bucket.context, name), bucket.context);
const train = async () =>
  trainModel(await loadQuickDetector(bucket.context, 'shop'), { ...bucket.context, withoutReports: true });

/** Codes of the concerns as status tells them, which are those that the watch counts. */
async function concerns(detector = 'shop'): Promise<string[]> {
  const status = await readDetectorStatus(bucket.context, detector);
  assert.equal(status.isHealthy, status.concerns.length === 0 && status.problem === undefined);
  return status.concerns.map(({ code }) => code);
}

async function watch(): Promise<Record<string, number>> {
  const seen = createMemoryTelemetry();
  await watchDetectors({ ...bucket.context, telemetry: seen });
  const sums: Record<string, number> = {};
  for (const { name, detector, value } of seen.counts) {
    const key = detector === 'none' ? name : `${name} ${detector}`;
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}

/** A day of history that a model was made of. */
async function createTrained(): Promise<void> {
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
  await score();
  await train();
  await score();
}

/** Files of an hour each, under a name of their own, each when its hour is over. */
async function dropHourly(hours: number): Promise<void> {
  const first = Math.round((clock - EPOCH) / STEP);
  for (let i = 0; i < hours; i++) {
    clock += HOUR;
    await bucket.store.put(
      `windows/detector=shop/hour-${first + i * 60}.parquet`,
      writeWindow(makeWindow({ from: first + i * 60, rows: 60 }), { manifestHash: 'test' }),
    );
  }
}

describe('a dead scorer', () => {
  test('is not healthy: windows wait, and status says how many and since when', async () => {
    await createTrained();
    assert.deepEqual(await concerns(), []);
    clock += 15 * 60_000;
    await dropWindow(bucket.store, { from: 1440, rows: 15 });
    const arrived = clock;
    clock += 29 * 60_000;
    assert.deepEqual(await concerns(), []);
    clock += 2 * 60_000;
    await dropWindow(bucket.store, { from: 1455, rows: 15 });
    const { unscored, concerns: told } = await readDetectorStatus(bucket.context, 'shop');
    assert.deepEqual(unscored, { windows: 2, since: new Date(arrived).toISOString() });
    assert.match(
      told[0]!.message,
      /^2 windows without scores, the oldest for 31m: the score function is dead/,
    );
    assert.deepEqual(await watch(), { WatchRuns: 1, 'DetectorsUnscored shop': 1 });
    await score();
    assert.deepEqual(await watch(), { WatchRuns: 1 });
  });

  test('is not healthy while a detector learns, nor where nobody ever looked at its first file', async () => {
    await dropWindow(bucket.store, { from: 0, rows: 60 });
    clock += 40 * 60_000;
    assert.deepEqual(await concerns(), ['unscored']);
    assert.deepEqual(await watch(), { WatchRuns: 1, 'DetectorsUnscored shop': 1 });
    await score();
    assert.deepEqual(await concerns(), []);
  });

  test('is no matter for the history from before there was a model', async () => {
    await dropWindow(bucket.store, { from: 0, rows: 1440 });
    await score();
    clock += 2 * HOUR;
    await dropWindow(bucket.store, { from: 1440, rows: 120 });
    await train();
    const { unscored } = await readDetectorStatus(bucket.context, 'shop');
    assert.equal(unscored.windows, 2);
    assert.deepEqual(await concerns(), []);
  });
});

describe('learning', () => {
  test('that is enough and leads to no model is told of after three hours', async () => {
    await dropWindow(bucket.store, { from: 0, rows: 1440 });
    await score();
    clock += 3 * HOUR;
    assert.deepEqual(await concerns(), []);
    clock += 60_000;
    assert.deepEqual(await concerns(), ['untrained']);
    assert.deepEqual(await watch(), { WatchRuns: 1, 'DetectorsUntrained shop': 1 });
    await train();
    assert.deepEqual(
      (await concerns()).filter((code) => code === 'untrained'),
      [],
    );
  });

  test('without an end in sight is told of', async () => {
    await dropWindow(bucket.store, { from: 1430, rows: 10, entities: ['cart'] });
    await score();
    clock += 30 * DAY;
    assert.deepEqual(await concerns(), []);
    clock += HOUR;
    assert.deepEqual(await concerns(), ['learning-long']);
    const { concerns: told } = await readDetectorStatus(bucket.context, 'shop');
    assert.match(told[0]!.message, /^learning for 30d1h, and only /);
  });
});

describe('silence', () => {
  test('of files that came every hour is told after three times that', async () => {
    await dropHourly(9);
    await score();
    clock += 3 * HOUR;
    assert.deepEqual(
      (await concerns()).filter((code) => code === 'silent'),
      [],
    );
    clock += 60_000;
    assert.ok((await concerns()).includes('silent'));
    assert.equal((await watch())['DetectorsSilent shop'], 1);
  });

  test('of files that came every day is told in each hour, not only in that of the look at everything', async () => {
    for (let day = 0; day < 10; day++) {
      clock = EPOCH + (day + 1) * DAY;
      // Short ones, and two together: what is looked at is days, and what counts is when they came.
      for (const from of [day * 1440, day * 1440 + 60]) await dropWindow(bucket.store, { from, rows: 60 });
      await score();
    }
    await train();
    await score();
    await watch();
    const silent: boolean[] = [];
    for (let hour = 1; hour <= 78; hour++) {
      clock += HOUR;
      silent.push(Object.hasOwn(await watch(), 'DetectorsSilent shop'));
    }
    assert.deepEqual(
      silent.slice(0, 72),
      Array.from({ length: 72 }, () => false),
    );
    assert.deepEqual(
      silent.slice(72),
      Array.from({ length: 6 }, () => true),
    );
  });

  test('is nothing to tell of where files were dropped once, or where the manifest says so', async () => {
    for (let i = 0; i < 12; i++) await dropWindow(bucket.store, { from: i * 60, rows: 60 });
    await score();
    clock += 2 * HOUR;
    assert.deepEqual(await concerns(), []);
    await dropHourly(9);
    await score();
    const manifest = 'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { expect_every: never }\n';
    await bucket.store.put('detectors/shop.yml', bytes(manifest));
    clock += 2 * DAY;
    assert.deepEqual(
      (await concerns()).filter((code) => code === 'silent'),
      [],
    );
    await bucket.store.put('detectors/shop.yml', bytes(manifest.replace('never', '1d')));
    assert.ok((await concerns()).includes('silent'));
  });

  test('of an exporter is told, before its first window too; one that passes gaps is alive', async () => {
    await bucket.store.put(
      'detectors/prom.yml',
      bytes('kind: AnomalyDetector\nmetadata: { name: prom }\nspec: { prometheus_query: up }\n'),
    );
    assert.deepEqual(await concerns('prom'), []);
    clock += 62 * 60_000;
    assert.deepEqual(await concerns('prom'), ['silent']);
    await updateState(bucket.store, 'prom', (state) => ({
      ...state,
      exportedUntil: clock,
      exporting: { daysUntil: 0, gaps: [] },
    }));
    assert.deepEqual(await concerns('prom'), []);
    clock += 62 * 60_000;
    assert.deepEqual(await concerns('prom'), ['silent']);
  });
});

test('alerts that were taken over and that SNS refuses are told of after half an hour', async () => {
  await createTrained();
  const at = new Date(clock).toISOString();
  const pending = (detector: string) => ({
    alert: createAlert({ detector, lastAnomalous: at }),
    sequence: 1,
  });
  const outbox = [pending('shop'), pending('disks'), pending('disks')];
  await writeNotifyState(bucket.store, { ...INITIAL_NOTIFY_STATE, outbox }, undefined);
  clock += 30 * 60_000;
  assert.deepEqual(await concerns(), []);
  clock += 60_000;
  const { concerns: found, outbox: waiting } = await readDetectorStatus(bucket.context, 'shop');
  assert.deepEqual(found, [
    {
      code: 'unsent',
      since: at,
      message: `1 alert decided and not published, the oldest about ${at}: SNS refuses them, or nobody tells`,
    },
  ]);
  assert.equal(waiting, 1);
  await bucket.store.put(NOTIFY_STATE_KEY, bytes('{"formatVersion": 99}'));
  assert.deepEqual(await concerns(), []);
});

test('a detector whose state nobody can read keeps no other from being looked at', async () => {
  await createTrained();
  await bucket.store.put('state/detector=aaa.json', bytes('{"formatVersion": 99}'));
  clock += HOUR;
  await dropWindow(bucket.store, { from: 1440, rows: 15 });
  clock += HOUR;
  assert.deepEqual(await watch(), { WatchRuns: 1, 'DetectorsFailed aaa': 1, 'DetectorsUnscored shop': 1 });
});

test('who gets no turn in time gets one in another hour, and is told of', async () => {
  for (const detector of ['a', 'b', 'c']) await dropWindow(bucket.store, { detector, from: 0, rows: 10 });
  clock += HOUR;
  const looked = new Set<string>();
  for (let hour = 0; hour < 6; hour++) {
    const seen = createMemoryTelemetry();
    let left = 1;
    await watchDetectors({ ...bucket.context, telemetry: seen, deadline: { remaining: () => left-- } });
    assert.match(seen.lines.at(-1)!.message, /not every detector/);
    for (const { detector } of seen.counts) looked.add(detector);
    clock += HOUR;
  }
  assert.deepEqual([...looked].sort(), ['a', 'b', 'c', 'none']);
});

test('rows that came too late are in status for a week', async () => {
  await createTrained();
  clock += HOUR;
  await dropWindow(bucket.store, { from: 1440, rows: 30 });
  await score();
  const key = 'windows/detector=shop/late.parquet';
  await bucket.store.put(key, writeWindow(makeWindow({ from: 1445, rows: 10 }), { manifestHash: 'test' }));
  await score();
  const { late } = await readDetectorStatus(bucket.context, 'shop');
  assert.deepEqual(late, [{ key, rows: 20, at: new Date(clock).toISOString() }]);
  clock += 8 * DAY;
  assert.deepEqual((await readDetectorStatus(bucket.context, 'shop')).late, []);
});

describe('an exporter', () => {
  /** Detectors of whom each was exported up to so long ago. */
  async function declare(
    detectors: Readonly<Record<string, { readonly window: string; readonly ago: number }>>,
  ) {
    for (const [name, { window, ago }] of Object.entries(detectors)) {
      const manifest = `kind: AnomalyDetector
metadata: { name: ${name} }
spec:
  detection_window: ${window}
  schedule: ${window}
  metrics: [{ name: cpu, query: cpu }]
`;
      clock = START - ago;
      await bucket.store.put(`detectors/${name}.yml`, bytes(manifest));
      await dropWindow(bucket.store, { detector: name, from: 1440 - 15 - ago / STEP, rows: 15 });
    }
    clock = START;
  }
  const isSilent = async (): Promise<boolean> => Object.hasOwn(await watch(), 'ExporterSilent');

  test('is silent where none of its detectors gets windows within what each expects', async () => {
    await declare({ a: { window: '15m', ago: 0 }, b: { window: '30m', ago: 0 } });
    assert.equal(await isSilent(), false);
    clock = START + 90 * STEP;
    assert.equal(await isSilent(), false, 'of half-hour windows, four have not passed');
    clock = START + 3 * HOUR;
    assert.equal(await isSilent(), true);
  });

  test('that writes a window a day is not, hours after the last one', async () => {
    await declare({ daily: { window: '1d', ago: 0 } });
    clock = START + 20 * HOUR;
    assert.equal(await isSilent(), false);
    clock = START + 6 * DAY;
    assert.equal(await isSilent(), true);
  });

  test('is not by one detector of several, by none at all, nor by who drops files', async () => {
    await declare({ a: { window: '15m', ago: 5 * HOUR }, b: { window: '15m', ago: 0 } });
    assert.equal((await watch())['DetectorsSilent a'], 1);
    assert.equal(await isSilent(), false);
    const empty = openLocalBucket({ telemetry, now: () => clock });
    await watchDetectors({ ...empty.context, telemetry });
    await dropWindow(empty.store, { from: 0, rows: 15 });
    await watchDetectors({ ...empty.context, telemetry });
    assert.equal(telemetry.total('ExporterSilent'), 0);
  });
});

/** Metrics that hardly ever stray: what nobody would look at twice alerts nobody, and what a person would see does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { decideWindow } from '../../../../lib/decision/decide.ts';
import { fitWindow } from '../../../../lib/jobs/offline/fit-window.ts';
import { loadFittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import { scoreRows } from '../../../../lib/jobs/shared/score-rows.ts';
import { seedRandom } from '../../../../lib/maths/random.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

const STEP = 60_000;
const TRAINED = 2 * 1440;
const WATCHED = 720;
const CHANGED = TRAINED + 120;

function windowOf(metric: string, value: (row: number) => number): MetricWindow {
  const rows = TRAINED + WATCHED;
  return {
    detector: 'shop',
    range: { start: 0, end: rows * STEP },
    step: STEP,
    metrics: [metric],
    entities: [''],
    entityOf: new Uint32Array(rows),
    times: Float64Array.from({ length: rows }, (_, row) => row * STEP),
    columns: [Float64Array.from({ length: rows }, (_, row) => value(row))],
    labels: undefined,
  };
}

/** Incidents that the newest rows open, by the default settings but for `threshold`. */
async function watch(
  window: MetricWindow,
  threshold: Partial<Detector['threshold']> = {},
): Promise<readonly string[]> {
  const defaults = defaultDetector('shop');
  const detector: Detector = { ...defaults, step: STEP, threshold: { ...defaults.threshold, ...threshold } };
  const share = WATCHED / (TRAINED + WATCHED);
  const { manifest, bucket } = await fitWindow(
    { detector, window, testShare: share, manifestText: undefined, onProgress: () => {} },
    createMemoryTelemetry(),
  );
  const fitted = await loadFittedDetector(bucket.store, 'shop', manifest.version);
  const { scored } = await scoreRows({ detector, fitted, window });
  const { transitions } = decideWindow({
    rows: scored,
    policy: manifest.policy,
    tracks: {},
    watchFrom: TRAINED * STEP,
    step: STEP,
    detector: 'shop',
    modelVersion: manifest.version,
  });
  return transitions
    .filter(({ state }) => state === 'opened')
    .map(({ start }) => `${start / STEP - CHANGED}`);
}

const DISK = 10_737_418_240;

test('a disk of 10 GiB that grows by 4 KiB for good alerts nobody', async () => {
  assert.deepEqual(
    await watch(windowOf('disk_used_bytes', (row) => (row < CHANGED ? DISK : DISK + 4096))),
    [],
  );
});

test('nor does one that had gone up and down by a block or two before', async () => {
  const random = seedRandom(1);
  const value = (row: number): number =>
    DISK + 4096 * Math.floor(3 * random.nextFloat()) + (row < CHANGED ? 0 : 65_536);
  assert.deepEqual(await watch(windowOf('disk_used_bytes', value)), []);
});

test('a disk that fills by a fifth does', async () => {
  const found = await watch(windowOf('disk_used_bytes', (row) => (row < CHANGED ? DISK : DISK * 1.2)));
  assert.equal(found.length, 1);
  assert.ok(Number(found[0]) <= 3, `${found[0]} rows after it`);
});

test('three replicas of which one is gone alert within a few rows', async () => {
  const found = await watch(windowOf('replicas', (row) => (row < CHANGED ? 3 : 2)));
  assert.equal(found.length, 1);
  assert.ok(Number(found[0]) <= 3, `${found[0]} rows after it`);
});

test('what was always 0 is held to the smallest change of its unit, and without one every move is told', async () => {
  const from = (value: number) => (row: number) => (row < CHANGED ? 0 : value);
  assert.deepEqual(await watch(windowOf('container_memory_cache', from(4096))), []);
  assert.equal((await watch(windowOf('container_memory_cache', from(2 ** 24)))).length, 1);
  assert.equal((await watch(windowOf('restarts', from(1)))).length, 1);
  const asked = { byMetric: { restarts: { absolute: 2 } } };
  assert.deepEqual(await watch(windowOf('restarts', from(1)), asked), []);
});

test('not where only rising is watched, nor where a change of one does not matter', async () => {
  const window = windowOf('replicas', (row) => (row < CHANGED ? 3 : 2));
  const { change } = defaultDetector('shop').threshold;
  assert.deepEqual(await watch(window, { change: { ...change, direction: 'above' } }), []);
  assert.deepEqual(await watch(window, { byMetric: { replicas: { absolute: 1.5 } } }), []);
});

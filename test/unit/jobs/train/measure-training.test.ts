/** How large a training is, told by a few requests. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { parseManifest } from '../../../../lib/config/manifest.ts';
import { measureTraining } from '../../../../lib/jobs/train/measure-training.ts';
import { type CountedStore, countStore } from '../../../../lib/store/count-requests.ts';
import { initialState } from '../../../../lib/store/detector-states.ts';
import { windowKey } from '../../../../lib/store/keys.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const DAY = 86_400_000;
const detector = parseManifest(
  `kind: AnomalyDetector
metadata: { name: shop }
spec:
  step: 1m
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }]
  training: { lookback: 2d }
`,
  { source: 'test' },
);

let store: CountedStore;
beforeEach(() => {
  store = countStore(createMemoryObjectStore());
});

const measure = (state = initialState('shop'), isSmall = (_: number) => false) =>
  measureTraining(
    detector,
    state,
    { store, telemetry: createMemoryTelemetry(), now: () => EPOCH + 10 * DAY },
    isSmall,
  );

/** Windows of `rows` minutes, one after the other. @returns their values */
async function exportWindows(first: number, count: number, rows: number): Promise<number> {
  let values = 0;
  for (let i = 0; i < count; i++) {
    const from = first + i * rows;
    const window = makeWindow({ from, rows });
    values += window.times.length * window.metrics.length;
    const range = { start: EPOCH + from * STEP, end: EPOCH + (from + rows) * STEP };
    await store.put(windowKey('shop', range), writeWindow(window, { manifestHash: '' }));
  }
  return values;
}

test('a state that knows enough asks for nothing', async () => {
  const entity = { decidedUntil: EPOCH, recent: [], open: undefined };
  const state = { ...initialState('shop'), entities: { a: entity, b: entity } };
  assert.deepEqual(await measure(state, (values) => values === 2 * 2 * 2 * 2880), {
    values: 2 * 2 * 2880,
    by: 'state',
  });
  assert.equal(store.counts.reads + store.counts.lists, 0);
});

test('a state that has forgotten pods is sure to less: there may have been many more of them', async () => {
  const entity = { decidedUntil: EPOCH, recent: [], open: undefined };
  const state = { ...initialState('shop'), entities: { a: entity }, endedPods: { 'shop/cart': EPOCH - DAY } };
  const told = 2 * 2880;
  assert.deepEqual(await measure(state, (values) => values === 10 * told), { values: told, by: 'state' });
  const values = await exportWindows(0, 2, 1440);
  assert.ok(values > 2 * told);
  const isSmall = (each: number): boolean => each < 10 * told;
  const asked = await measure({ ...state, exportedUntil: EPOCH + 2 * DAY }, isSmall);
  assert.deepEqual(asked, { values, by: 'footers' });
});

test('footers of a few tell of all: a backfill of days, and windows since', async () => {
  const days = await exportWindows(0, 1, 1440);
  const since = await exportWindows(1440, 96, 15);
  const before = store.counts.reads;
  const { values, by } = (await measure({
    ...initialState('shop'),
    exportedUntil: EPOCH + 2 * DAY,
  }))!;
  assert.equal(by, 'footers');
  assert.ok(Math.abs(values / (days + since) - 1) < 0.05, `${values} of ${days + since}`);
  assert.ok(store.counts.reads - before <= 8);
});

test('what lies before the lookback does not count', async () => {
  await exportWindows(0, 3, 1440);
  const newest = await exportWindows(3 * 1440, 2, 1440);
  const { values } = (await measure({ ...initialState('shop'), exportedUntil: EPOCH + 5 * DAY }))!;
  assert.equal(values, newest);
});

test('nothing tells where there is nothing, or no footer', async () => {
  assert.equal(await measure(), undefined);
  await store.put('windows/detector=shop/a.csv', new TextEncoder().encode('timestamp,cpu\n1,2\n'));
  assert.equal(await measure(), undefined);
});

test('a large CSV beside small windows is no guess by their bytes, and a file that is gone is no failure', async () => {
  const values = await exportWindows(0, 6, 240);
  const csv = 'windows/detector=shop/history.csv';
  await store.put(csv, new TextEncoder().encode(`timestamp,cpu\n${'1,2\n'.repeat(1_000_000)}`));
  const state = { ...initialState('shop'), exportedUntil: EPOCH + DAY };
  assert.equal((await measure(state))!.values, values);
  const { get } = store;
  const gone = windowKey('shop', { start: EPOCH, end: EPOCH + 240 * STEP });
  store.get = (key, options) => get(key === gone ? `${key}.gone` : key, options);
  const rest = (await measure(state))!.values;
  assert.ok(Math.abs(rest / values - 1) < 0.05, `${rest} of ${values}`);
});

test('rows closer than the step become one: no more is reckoned than the grid of the lookback has', async () => {
  const entity = { decidedUntil: EPOCH, recent: [], open: undefined };
  const state = { ...initialState('shop'), exportedUntil: EPOCH + DAY, entities: { a: entity } };
  const values = await exportWindows(0, 2, 1440);
  const most = 2 * 2 * 2880;
  assert.ok(values > most);
  assert.deepEqual(await measure(state), { values: most, by: 'footers' });
});

test('what a whole lookback would hold is no size of a history that nothing tells of', async () => {
  const entity = { decidedUntil: EPOCH, recent: [], open: undefined };
  assert.equal(await measure({ ...initialState('shop'), entities: { a: entity } }), undefined);
});

test('a file with hundreds of columns tells its size, too', async () => {
  const metrics = Array.from({ length: 700 }, (_, i) => `metric_with_a_long_name_${i}`);
  const window = makeWindow({ from: 0, rows: 15, metrics });
  await store.put(windowKey('shop', window.range), writeWindow(window, { manifestHash: '' }));
  const { values } = (await measure({ ...initialState('shop'), exportedUntil: EPOCH + DAY }))!;
  assert.equal(values, window.times.length * metrics.length);
});

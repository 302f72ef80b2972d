import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import { manifestHash } from '../../../../lib/config/manifest.ts';
import { readFindings } from '../../../../lib/jobs/shared/detector-findings.ts';
import { findConcerns } from '../../../../lib/jobs/shared/detector-health.ts';
import { updateState } from '../../../../lib/store/detector-states.ts';
import { exclusionKey, windowKey } from '../../../../lib/store/keys.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';

const DETECTOR = defaultDetector('shop');
const { every } = DETECTOR.training;
const HOUR = 3_600_000;
const TRAINED = Date.parse('2026-11-10T00:00:00Z');
/** Of the first window that a training is due for. */
const DUE = TRAINED + every;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Trained once, and exported since. */
async function createBucket(): Promise<MemoryObjectStore> {
  const store = createMemoryObjectStore({ now: () => DUE });
  await store.put(windowKey('shop', { start: DUE - HOUR, end: DUE }), bytes('a window'));
  await updateState(store, 'shop', (state) => ({
    ...state,
    phase: 'active',
    trainedUntil: TRAINED,
    exportedUntil: DUE,
  }));
  return store;
}

async function findStale(store: MemoryObjectStore, now: number) {
  const loaded = { detector: DETECTOR, manifestHash: manifestHash(DETECTOR) };
  const concerns = findConcerns(await readFindings({ store, now: () => now }, loaded), now);
  return concerns.find(({ code }) => code === 'stale-model');
}

const exclude = (store: MemoryObjectStore, name: string, matcher = '') =>
  store.put(exclusionKey(name), bytes(`${matcher}from: 2026-01-01\nuntil: 2027-01-01\n`));

test('a model that no other has followed is told of once its training is hours late', async () => {
  const store = await createBucket();
  assert.equal(await findStale(store, DUE + 3 * HOUR), undefined);
  const stale = await findStale(store, DUE + 4 * HOUR);
  assert.equal(stale?.since, new Date(DUE).toISOString());
  assert.match(stale.message, /knows data up to 2026-11-10T00:00:00\.000Z.*due for 4h.*its log says why/);
});

test('exclusions that take the data away are named, and those of other detectors are not', async () => {
  const store = await createBucket();
  await exclude(store, 'everything');
  await exclude(store, 'others', 'matchers: [detector = cart]\n');
  await store.put(exclusionKey('broken'), bytes('from: never'));
  const before = store.keys();
  const stale = await findStale(store, DUE + 4 * HOUR);
  assert.match(
    stale?.message ?? '',
    /exclusions leave it too little: everything; see tidewatch exclude list$/,
  );
  assert.deepEqual(store.keys(), before, 'nothing is written');
});

test('a history that was dropped once and ended long ago makes no model stale', async () => {
  const store = await createBucket();
  await store.put('windows/detector=shop/history.parquet', bytes('dropped'));
  await updateState(store, 'shop', (state) => ({ ...state, exportedUntil: TRAINED }));
  assert.equal(await findStale(store, DUE + 400 * HOUR), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArtifactError, RetryLaterError } from '../../../lib/base/errors.ts';
import type { DetectorState } from '../../../lib/store/detector-state.ts';
import { initialState, readState, updateState } from '../../../lib/store/detector-states.ts';
import { stateKey } from '../../../lib/store/keys.ts';
import { createAnomaly } from '../../helpers/alerts.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';

const FULL: DetectorState = {
  formatVersion: 1,
  detector: 'shop',
  phase: 'active',
  step: 60_000,
  exportedUntil: 1_700_000_000_000,
  exporting: { daysUntil: 1_699_920_000_000, dataSince: 1_699_000_000_000, gaps: [{ start: 1, end: 2 }] },
  learning: { 'windows/detector=shop/a.parquet': { etag: '"1"', rows: 12 } },
  watchFrom: 1_699_999_000_000,
  trainedUntil: 1_699_999_000_000,
  worst: { abc: { score: 0.9, reasons: [] } },
  decided: ['windows/detector=shop/a.parquet@"1"'],
  entities: {
    'shop/payment': {
      decidedUntil: 1_700_000_000_000,
      recent: [{ time: 1_699_999_940_000, score: 0.71 }],
      open: {
        id: 'abc',
        start: 1,
        lastAnomalous: 2,
        quietRows: 0,
        peakScore: 0.9,
        modelVersion: 'v1',
        toldScore: 0.8,
        sequence: 2,
      },
    },
    '': { decidedUntil: 5, recent: [], open: undefined },
  },
  outbox: [{ anomaly: createAnomaly(), sequence: 1 }],
};

async function put(store: ReturnType<typeof createMemoryObjectStore>, value: unknown): Promise<void> {
  await store.put(stateKey('shop'), new TextEncoder().encode(JSON.stringify(value)));
}

test('a detector without a state is learning and has no ETag', async () => {
  const store = createMemoryObjectStore();
  assert.deepEqual(await readState(store, 'shop'), { state: initialState('shop'), etag: undefined });
  assert.equal(initialState('shop').phase, 'learning');
});

test('what was stored is read back, member for member', async () => {
  const store = createMemoryObjectStore();
  assert.deepEqual(await updateState(store, 'shop', () => FULL), FULL);
  assert.deepEqual((await readState(store, 'shop')).state, FULL);
  await updateState(store, 'shop', () => initialState('shop'));
  assert.deepEqual((await readState(store, 'shop')).state, initialState('shop'));
});

test('an entity named like an object member is kept', async () => {
  const store = createMemoryObjectStore();
  const entities = Object.fromEntries(
    ['__proto__', 'constructor'].map((name) => [name, { decidedUntil: 1, recent: [], open: undefined }]),
  );
  await updateState(store, 'shop', (state) => ({ ...state, entities }));
  assert.deepEqual(Object.keys((await readState(store, 'shop')).state.entities), [
    '__proto__',
    'constructor',
  ]);
});

test('a change that finds nothing to do writes nothing', async () => {
  const store = createMemoryObjectStore();
  assert.deepEqual(await updateState(store, 'shop', () => undefined), initialState('shop'));
  assert.deepEqual(store.keys(), []);
});

test('no change is lost when many are made at once', async () => {
  const store = createMemoryObjectStore();
  const writers = Array.from({ length: 12 }, (_, i) =>
    updateState(store, 'shop', (state) => ({
      ...state,
      learning: { ...state.learning, [`w${i}`]: { etag: `"${i}"`, rows: i } },
    })),
  );
  await Promise.all(writers);
  assert.equal(Object.keys((await readState(store, 'shop')).state.learning).length, 12);
});

test('a writer that others beat every time gives up and says so', async () => {
  const store = createMemoryObjectStore();
  let n = 0;
  const contended = {
    ...store,
    async get(key: string) {
      const found = await store.get(key);
      await put(store, { ...initialState('shop'), exportedUntil: ++n });
      return found;
    },
  };
  await put(store, initialState('shop'));
  await assert.rejects(
    updateState(contended, 'shop', (state) => ({ ...state, phase: 'active' })),
    (error) => error instanceof RetryLaterError && error.message.includes(stateKey('shop')),
  );
  assert.equal((await readState(store, 'shop')).state.phase, 'learning');
});

for (const [what, stored, names] of [
  ['another format version', { ...initialState('shop'), formatVersion: 2 }, ['formatVersion']],
  ['the state of another detector', initialState('other'), ['detector']],
  [
    'a bad member inside an entity',
    { ...initialState('shop'), entities: { e1: { recent: [] } } },
    ['e1', 'decidedUntil'],
  ],
  ['a list in place of entities', { ...initialState('shop'), entities: [] }, ['entities']],
] as const) {
  test(`${what} is an error that names the key and the field`, async () => {
    const store = createMemoryObjectStore();
    await put(store, stored);
    await assert.rejects(
      readState(store, 'shop'),
      (error) =>
        error instanceof ArtifactError &&
        [stateKey('shop'), ...names].every((name) => error.message.includes(name)),
    );
  });
}

test('a state that JSON cannot carry is refused before it is written', async () => {
  const store = createMemoryObjectStore();
  await assert.rejects(
    updateState(store, 'shop', (state) => ({ ...state, exportedUntil: Number.NaN })),
    (error) => error instanceof ArtifactError && error.message.includes('exportedUntil'),
  );
  assert.deepEqual(store.keys(), []);
});

/** What a run reads before it knows what to do: requests that do not depend on each other do not wait for each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { encodeJson } from '../../../../lib/store/json.ts';
import {
  currentModelKey,
  manifestKey,
  modelPrefix,
  scoredKey,
  scoresPrefix,
  stateKey,
  windowsPrefix,
} from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';

/** Answers each request in a later turn than it was made in. */
function createSlowWorld(): { context: JobContext; store: ObjectStore; together: string[][] } {
  const store = createMemoryObjectStore({ now: () => EPOCH });
  const open = new Set<string>();
  const together: string[][] = [];
  const answer = async (key: string): Promise<void> => {
    open.add(key);
    together.push([...open]);
    await setImmediate();
    open.delete(key);
  };
  const slow: ObjectStore = {
    ...store,
    async get(key, ...rest) {
      await answer(key);
      return store.get(key, ...rest);
    },
    async *list(prefix, ...rest) {
      await answer(prefix);
      yield* store.list(prefix, ...rest);
    },
  };
  const none = async (): Promise<void> => {};
  const context: JobContext = {
    store: slow,
    queue: { requestTraining: none, requestScoring: none, requestNotifying: none },
    telemetry: createMemoryTelemetry(),
    now: () => EPOCH,
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
  };
  return { context, store, together };
}

function areTogether(together: readonly string[][], keys: readonly string[]): boolean {
  return together.some((open) => keys.every((key) => open.includes(key)));
}

test('state and manifest are read at once, as are windows, what is in quarantine and the version', async () => {
  const { context, store, together } = createSlowWorld();
  await dropWindow(store, { from: 0, rows: 10 });
  const loaded = await loadDetector(context, DETECTOR);
  assert.ok(areTogether(together, [stateKey(DETECTOR), manifestKey(DETECTOR)]), JSON.stringify(together));
  together.length = 0;
  await scoreWindows(loaded, context);
  const prefix = windowsPrefix(DETECTOR);
  assert.ok(areTogether(together, [prefix, `quarantine/${prefix}`]), JSON.stringify(together));
  assert.ok(areTogether(together, [prefix, currentModelKey(DETECTOR)]), JSON.stringify(together));
});

test('the version is loaded while it is looked for what has no scores, and what was noted of scores is read beside their list', async () => {
  const { context, store, together } = createSlowWorld();
  await dropWindow(store, { from: 0, rows: 10 });
  const version = '20260101T000000Z-0123456789ab';
  await store.put(currentModelKey(DETECTOR), encodeJson({ formatVersion: 1, version }));
  const loaded = await loadDetector(context, DETECTOR);
  // Nothing is there of the version but its name: how far it came tells what was asked for meanwhile.
  await assert.rejects(scoreWindows(loaded, context), { code: 'no-version' });
  const scores = scoresPrefix(DETECTOR);
  const manifest = `${modelPrefix(DETECTOR, version)}manifest.json`;
  assert.ok(areTogether(together, [scores, manifest]), JSON.stringify(together));
  assert.ok(areTogether(together, [scores, scoredKey(DETECTOR)]), JSON.stringify(together));
});

test('where neither the state nor the manifest can be read, the state is what is told of', async () => {
  const { context } = createSlowWorld();
  const failing: ObjectStore = { ...context.store, get: (key) => Promise.reject(new Error(`no ${key}`)) };
  await assert.rejects(loadDetector({ ...context, store: failing }, DETECTOR), {
    message: `no ${stateKey(DETECTOR)}`,
  });
});

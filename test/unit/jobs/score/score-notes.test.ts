import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTED_AT_ONCE, openScoreNotes } from '../../../../lib/jobs/score/score-notes.ts';
import type { PendingWindow, SelectedWindows } from '../../../../lib/jobs/shared/pending-windows.ts';
import { selectPending } from '../../../../lib/jobs/shared/pending-windows.ts';
import { initialState } from '../../../../lib/store/detector-states.ts';
import { scoredKey, scoresKey, windowKey } from '../../../../lib/store/keys.ts';
import { readScored, scoredEtags } from '../../../../lib/store/scored-windows.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { EPOCH } from '../../../helpers/synthetic-window.ts';

const HOUR = 3_600_000;
const keyOf = (nth: number): string =>
  windowKey('shop', { start: EPOCH + nth * HOUR, end: EPOCH + (nth + 1) * HOUR });

async function etagsIn(store: MemoryObjectStore): Promise<ReadonlyMap<string, string>> {
  return scoredEtags(await readScored(store, 'shop'));
}

function select(
  pending: readonly Partial<PendingWindow>[],
  unnoted: Record<string, string>,
): SelectedWindows {
  const plain = { key: keyOf(0), etag: '"1"', size: 1, lastModified: EPOCH };
  const all = pending.map((each) => ({ ...plain, isNew: true, isAgain: false, isCorrected: false, ...each }));
  return { pending: all, unnoted: new Map(Object.entries(unnoted)), noted: undefined };
}

test('what the state tells is noted for many windows at once', async () => {
  const store = createMemoryObjectStore();
  const unnoted: Record<string, string> = {};
  for (let nth = 0; nth < NOTED_AT_ONCE; nth++) {
    const notes = openScoreNotes(store, 'shop', select([{}], unnoted));
    await notes.beforeCorrections();
    notes.add({ key: keyOf(nth), etag: '"1"', lateRows: 0, at: EPOCH });
    await notes.leave();
    unnoted[keyOf(nth)] = '"1"';
    assert.equal(store.keys().includes(scoredKey('shop')), nth === NOTED_AT_ONCE - 1, `window ${nth}`);
  }
  assert.equal((await etagsIn(store)).size, NOTED_AT_ONCE);
});

test('late rows and corrections are noted at once', async () => {
  for (const [lateRows, given] of [
    [1, {}],
    [0, { isCorrected: true }],
    [0, { isNew: false }],
  ] as const) {
    const store = createMemoryObjectStore();
    const notes = openScoreNotes(store, 'shop', select([given], {}));
    notes.add({ key: keyOf(0), etag: '"1"', lateRows, at: EPOCH });
    await notes.leave();
    assert.equal((await etagsIn(store)).get(keyOf(0)), '"1"');
    assert.equal((await readScored(store, 'shop'))?.scored.late?.length ?? 0, lateRows);
  }
});

test('bytes that a run died at, within the second of the scores before, are scored all the same', async () => {
  const store = createMemoryObjectStore({ now: () => EPOCH });
  const key = keyOf(0);
  const { etag: before } = await store.put(key, new Uint8Array([1]));
  await store.put(scoresKey(key), new Uint8Array());
  const state = { ...initialState('shop'), decided: [`${key}@${before}`] };
  const { etag } = await store.put(key, new Uint8Array([2]));
  const look = async (decided: readonly string[]): Promise<SelectedWindows> => {
    const objects = [await store.head(key)];
    return selectPending(store, 'shop', {
      windows: { objects, scope: undefined },
      state: { ...state, decided },
    });
  };
  const selected = await look(state.decided);
  assert.ok(selected.pending[0]?.isCorrected);
  await openScoreNotes(store, 'shop', selected).beforeCorrections();
  // It decides on them, and dies before it writes their scores.
  const again = await look([...state.decided, `${key}@${etag}`]);
  assert.deepEqual(
    again.pending.map(({ isCorrected }) => isCorrected),
    [true],
  );
});

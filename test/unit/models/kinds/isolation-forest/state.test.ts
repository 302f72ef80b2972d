import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelState } from '../../../../../lib/models/framework/contract.ts';
import { fitForest } from '../../../../../lib/models/kinds/isolation-forest/fit.ts';
import { loadForest, saveForest } from '../../../../../lib/models/kinds/isolation-forest/state.ts';
import { NO_DEADLINE, normalRows, toMatrix } from '../../../../helpers/feature-matrices.ts';

const forest = fitForest(
  toMatrix(normalRows(60, 3, 1)),
  { trees: 4, sampleSize: 16, window: 1, extension: 0 },
  { seed: 1, deadline: NO_DEADLINE },
);

test('a saved forest comes back as it was, and shares no memory with it', () => {
  const state = saveForest(forest);
  const loaded = loadForest(state);
  assert.deepEqual(loaded, forest);
  state.arrays.thresholds!.fill(0);
  assert.deepEqual(loaded, forest);
});

test('what does not fit together is refused, and named', () => {
  const settings = { columns: ['m0', 'm1', 'm2'], trees: 4, sampleSize: 16, window: 1, extension: 0 };
  const cases: readonly [(state: ModelState) => ModelState, RegExp][] = [
    [(state) => ({ ...state, kind: 'lstm' as ModelState['kind'] }), /kind "lstm", not isolation-forest/],
    [(state) => ({ ...state, formatVersion: 3 }), /format version 3, this build reads 1, 2/],
    [(state) => ({ ...state, json: null }), /settings are null/],
    [(state) => ({ ...state, json: [] }), /settings are \[\]/],
    [(state) => ({ ...state, json: { ...settings, columns: [] } }), /columns are \[\]/],
    [(state) => ({ ...state, json: { ...settings, columns: ['a', 1] } }), /columns are \["a",1\]/],
    [(state) => ({ ...state, json: { columns: settings.columns, trees: 4 } }), /sampleSize is undefined/],
    [
      (state) => ({ ...state, json: { ...settings, trees: 1e9 } }),
      /trees is 1000000000, not a whole number from 1/,
    ],
    [(state) => ({ ...state, json: { ...settings, trees: 5 } }), /features has 60 elements, expected 75/],
    [
      (state) => ({ ...state, json: { ...settings, columns: ['a'] } }),
      /constants has 3 elements, expected 1/,
    ],
    [(state) => withArray(state, 'counts', undefined), /counts is missing or not a Uint16Array/],
    [
      (state) => withArray(state, 'thresholds', new Float64Array(60)),
      /thresholds is missing or not a Float32Array/,
    ],
    [(state) => changed(state, 'features', 0, 3), /tree 0, node 0 reads column 3 of 3/],
    [(state) => changed(state, 'thresholds', 15, NaN), /tree 1, node 0 has threshold NaN/],
    [(state) => changed(state, 'thresholds', 15, -Infinity), /tree 1, node 0 has threshold -Infinity/],
    [(state) => changed(state, 'thresholds', 15, Infinity), /tree 1, node 0 has 16 rows, its children/],
    [(state) => changed(state, 'counts', 0, 17), /tree 0 starts with 17 rows, expected 16/],
    [(state) => changed(state, 'counts', 1, 65535), /tree 0, node 0 has 16 rows, its children 65535/],
    [(state) => changed(state, 'counts', 30, 5), /tree 0, node 14/],
    [(state) => changed(state, 'constants', 1, Infinity), /constant of column m1 is Infinity/],
  ];
  for (const [change, message] of cases)
    assert.throws(() => loadForest(change(saveForest(forest))), { name: 'ArtifactError', message });
});

function withArray(state: ModelState, name: string, array: Float64Array | undefined): ModelState {
  const { [name]: _, ...others } = state.arrays;
  return { ...state, arrays: array === undefined ? others : { ...others, [name]: array } };
}

function changed(state: ModelState, name: string, at: number, value: number): ModelState {
  state.arrays[name]![at] = value;
  return state;
}

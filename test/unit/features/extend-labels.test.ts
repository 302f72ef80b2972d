import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extendLabels } from '../../../lib/features/extend-labels.ts';

const STEP = 60_000;

function rowsOf(entities: readonly number[]): { entityOf: Uint32Array; times: Float64Array } {
  const seen = new Map<number, number>();
  return {
    entityOf: Uint32Array.from(entities),
    times: Float64Array.from(entities, (entity) => {
      const at = seen.get(entity) ?? 0;
      seen.set(entity, at + 1);
      return at * STEP;
    }),
  };
}

test('rows that look back on a labelled one count as touched, and no further', () => {
  const labels = Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0);
  const touched = extendLabels(rowsOf(Array.from(labels, () => 0)), { labels, contextRows: 2, step: STEP });
  assert.deepEqual([...touched], [0, 1, 1, 1, 0, 0, 0, 0]);
  assert.deepEqual([...labels], [0, 1, 0, 0, 0, 0, 0, 0], 'the labels are left as they were');
});

test('an anomaly reaches its own entity alone, and a gap ends its reach by time', () => {
  const rows = rowsOf([0, 0, 1, 1, 0, 1, 1, 1]);
  rows.times[4] = 10 * STEP;
  const labels = Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0);
  const touched = extendLabels(rows, { labels, contextRows: 3, step: STEP });
  assert.deepEqual([...touched], [0, 1, 0, 0, 0, 0, 0, 0]);
});

test('without a look back the labels stand alone', () => {
  const labels = Uint8Array.of(0, 1, 0);
  assert.deepEqual([...extendLabels(rowsOf([0, 0, 0]), { labels, contextRows: 0, step: STEP })], [0, 1, 0]);
});

test('where anomalies reach most rows, only the labelled ones are left out', () => {
  const labels = Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0);
  const touched = extendLabels(rowsOf(Array.from(labels, () => 0)), { labels, contextRows: 2, step: STEP });
  assert.deepEqual([...touched], [...labels]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeChunks } from '../../../lib/source/merge-chunks.ts';

const part = (time: number, more: { readonly hasHistograms?: true } = {}) => ({
  labels: { pod: 'p' },
  times: Float64Array.of(time),
  values: Float64Array.of(1),
  ...more,
});

test('a series that has native histograms in one chunk has some in all', () => {
  const [merged] = mergeChunks([[part(0)], [part(1, { hasHistograms: true })]], 'query');
  assert.deepEqual([merged?.times.length, merged?.hasHistograms], [2, true]);
  const [plain] = mergeChunks([[part(0)], [part(1)]], 'query');
  assert.equal(plain?.hasHistograms, undefined);
});

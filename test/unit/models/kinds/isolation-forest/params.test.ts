import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseParams } from '../../../../../lib/models/kinds/isolation-forest/params.ts';

test('the defaults: the sample size of the paper, three times its trees', () => {
  assert.deepEqual(parseParams({}), { trees: 300, sampleSize: 256, window: 1, extension: 0 });
  assert.deepEqual(parseParams({ trees: 7 }), { trees: 7, sampleSize: 256, window: 1, extension: 0 });
});

test('a bad value is named with its limit', () => {
  for (const [given, message] of [
    [{ trees: 0 }, /trees is 0, not a whole number from 1 to 1000/],
    [{ trees: 1001 }, /trees is 1001/],
    [{ trees: '100' }, /trees is "100"/],
    [{ trees: null }, /trees is null/],
    [{ sampleSize: 1 }, /sampleSize is 1, not a whole number from 2 to 4096/],
    [{ sampleSize: 256.5 }, /sampleSize is 256.5/],
    [{ sampleSize: 5000 }, /sampleSize is 5000/],
    [{ sampleSize: NaN }, /sampleSize is NaN/],
    [{ contamination: 0.1 }, /no parameter contamination; it has trees, sampleSize, window, extension/],
  ] as const)
    assert.throws(() => parseParams(given), { name: 'ModelError', message });
});

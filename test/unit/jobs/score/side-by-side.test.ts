import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ArrivedWindow,
  groupSmall,
  MOST_BYTES_AT_ONCE,
} from '../../../../lib/jobs/score/side-by-side.ts';
import { windowKey } from '../../../../lib/store/keys.ts';

const KEY = windowKey('shop', { start: 0, end: 900_000 });
const UNITS: Readonly<Record<string, readonly ArrivedWindow[] | undefined>> = {
  a: [{ key: KEY, size: MOST_BYTES_AT_ONCE / 4 }],
  large: [{ key: KEY, size: MOST_BYTES_AT_ONCE + 1 }],
  b: [
    { key: KEY, size: MOST_BYTES_AT_ONCE / 4 },
    { key: KEY, size: MOST_BYTES_AT_ONCE / 4 },
  ],
  everything: undefined,
  c: [{ key: KEY, size: MOST_BYTES_AT_ONCE / 4 }],
  own: [{ key: 'windows/detector=shop/mine.parquet', size: 10 }],
  unknown: [{ key: KEY, size: undefined }],
  d: [{ key: KEY, size: 1 }],
  e: [{ key: KEY, size: 1 }],
};

test('small exported windows go side by side, up to so many bytes; everything else by itself', () => {
  assert.deepEqual(
    groupSmall(Object.keys(UNITS), (unit) => UNITS[unit]),
    [['a', 'b', 'c'], ['large'], ['everything'], ['own'], ['unknown'], ['d', 'e']],
  );
  assert.deepEqual(
    groupSmall([], () => undefined),
    [],
  );
});

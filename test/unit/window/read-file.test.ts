import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWindowFile } from '../../../lib/window/read-file.ts';
import { windowError } from './helpers.ts';

const CSV = new TextEncoder().encode('time,cpu\n2026-01-01T00:00:00Z,1\n2026-01-01T00:01:00Z,2\n');

test('what a reader did not think of is an error of the file', async () => {
  const options = {
    detector: 'shop',
    source: 'a.csv',
    // In place of what nobody has thought of yet.
    get step(): number {
      throw new RangeError('Invalid array length');
    },
  };
  await assert.rejects(
    () => readWindowFile(CSV, options),
    windowError('unreadable', 'a.csv cannot be read: RangeError: Invalid array length'),
  );
});

test('CSV is told by its name, Parquet by its first bytes', async () => {
  const { metrics } = await readWindowFile(CSV, { detector: 'shop', source: 'a.CSV' });
  assert.deepEqual(metrics, ['cpu']);
  await assert.rejects(
    () => readWindowFile(CSV, { detector: 'shop', source: 'a.txt' }),
    windowError('unreadable', 'CSV'),
  );
});

/** What is wrong with the times of one entity, or of one row, costs those and not the file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LeftOut } from '../../../lib/window/left-out.ts';
import { readCsvWindow } from '../../../lib/window/read-csv.ts';
import type { ReadWindowOptions } from '../../../lib/window/read-window.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { parquetOf, read, windowError } from './helpers.ts';

const KEY = 'windows/detector=shop/a.csv';

function readCsv(text: string, options: Partial<ReadWindowOptions> = {}): [MetricWindow, LeftOut[]] {
  const leftOut: LeftOut[] = [];
  const window = readCsvWindow(new TextEncoder().encode(text), {
    detector: 'shop',
    source: KEY,
    onLeftOut: (each) => leftOut.push(each),
    ...options,
  });
  return [window, leftOut];
}

const minute = (i: number): string => `2026-01-01T00:0${i}:00Z`;
const GOOD = [0, 1, 2].map((i) => `${minute(i)},good,${i}`).join('\n');

test('an entity whose times repeat or go backwards is left out and named, the others are used', () => {
  const [window, leftOut] = readCsv(
    `time,pod,cpu\n${GOOD}\n${minute(0)},twice,1\n${minute(0)},twice,2\n${minute(1)},twice,3\n${minute(1)},back,1\n${minute(0)},back,2\n`,
  );
  assert.deepEqual(window.entities, ['good']);
  assert.deepEqual([...window.columns[0]!], [0, 1, 2]);
  assert.deepEqual(leftOut, [
    {
      code: 'duplicate-row',
      count: 3,
      message:
        '3 rows of entities whose times repeat, such as entity "twice", row 5: a second row at 2026-01-01T00:00:00.000Z',
    },
    {
      code: 'unordered-rows',
      count: 2,
      message:
        '2 rows of entities whose times go backwards, such as entity "back", row 8: 2026-01-01T00:00:00.000Z comes after 2026-01-01T00:01:00.000Z',
    },
  ]);
});

test('where no entity is left, or nobody hears of it, the file is an error as before', () => {
  const text = `time,pod,cpu\n${minute(0)},a,1\n${minute(0)},a,2\n${minute(1)},a,2\n`;
  assert.throws(() => readCsv(text), windowError('duplicate-row', KEY, '"a", row 2'));
  assert.throws(
    () => readCsv(`${text}${GOOD}\n`, { onLeftOut: undefined }),
    windowError('duplicate-row', KEY, '"a", row 2'),
  );
});

test('rows without a time, or with one that is none, are left out and counted', () => {
  const [window, leftOut] = readCsv(`time,pod,cpu\n${GOOD}\nyesterday,good,9\n${minute(3)},good,3\n`);
  assert.deepEqual([...window.columns[0]!], [0, 1, 2, 3]);
  assert.deepEqual(leftOut, [
    {
      code: 'bad-time',
      count: 1,
      message:
        '1 of 5 rows have no time that can be read, such as column time, row 4: "yesterday" is no ISO 8601 date or time',
    },
  ]);
  const [epochs, nulls] = readCsv('time,cpu\n,1\n17,1\n1767225600,1\n1767225660,2\n');
  assert.deepEqual([...epochs.columns[0]!], [1, 2]);
  assert.deepEqual(
    nulls.map(({ code, count }) => [code, count]),
    [['null-time', 2]],
  );
});

test('so it is in Parquet, and with bounds of arrival beside', async () => {
  const leftOut: LeftOut[] = [];
  const bytes = await parquetOf(
    `SELECT CASE WHEN i = 3 THEN NULL WHEN i = 5 THEN TIMESTAMP '2099-01-01' ELSE TIMESTAMP '2026-01-01' + to_minutes(i) END AS ts, i AS v FROM range(10) t(i)`,
  );
  const window = read(bytes, {
    onLeftOut: (each) => leftOut.push(each),
    bounds: { latest: Date.UTC(2026, 0, 2), widestHole: 400 * 86_400_000 },
  });
  assert.deepEqual([...window.columns[0]!], [0, 1, 2, 4, 6, 7, 8, 9]);
  assert.deepEqual(
    leftOut.map(({ code, count }) => [code, count]),
    [
      ['null-time', 1],
      ['time-out-of-bounds', 1],
    ],
  );
});

test('a file of nothing but such rows is an error with the first of them', () => {
  assert.throws(
    () => readCsv('time,pod,cpu\nyesterday,a,1\ntomorrow,a,2\n'),
    windowError('bad-time', KEY, 'row 1: "yesterday"'),
  );
  assert.throws(() => readCsv('time,cpu\n17,1\n18,2\n'), windowError('bad-time', KEY, 'row 1: 17'));
});

test('a column that is left out for its label-like name is in the note', () => {
  const [window, leftOut] = readCsv(
    `time,cpu,label,is_anomaly\n${[0, 1, 2].map((i) => `${minute(i)},${i},0,${i % 2}`).join('\n')}\n`,
  );
  assert.deepEqual(window.metrics, ['cpu']);
  assert.deepEqual(
    leftOut.map(({ code, column }) => [code, column]),
    [['label-like-column', 'is_anomaly']],
  );
  assert.match(leftOut[0]!.message, /^column is_anomaly is left out: it holds 0 and 1 alone like a label/);
});

/** What is wrong with the times of one entity, or of one row, costs those and not the file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadWindowOptions } from '../../../lib/window/assemble-window.ts';
import type { LeftOut } from '../../../lib/window/left-out.ts';
import { readCsvWindow } from '../../../lib/window/read-csv.ts';
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

const minute = (i: number): string => `2026-01-01T00:${String(i).padStart(2, '0')}:00Z`;
const GOOD = [0, 1, 2].map((i) => `${minute(i)},good,${i}`).join('\n');

test('rows in any order are sorted, and nothing is to be told', () => {
  const back = [2, 1, 0].map((i) => `${minute(i)},back,${i}`).join('\n');
  const [window, leftOut] = readCsv(`time,pod,cpu\n${back}\n${GOOD}\n`);
  assert.deepEqual(window.entities, ['back', 'good']);
  assert.deepEqual([...window.columns[0]!], [0, 1, 2, 0, 1, 2]);
  assert.deepEqual([...window.times.slice(0, 3)], [...window.times.slice(3)]);
  assert.deepEqual(leftOut, []);
});

test('one epoch of another unit costs its row, also where it comes first', async () => {
  for (const [odd, shown] of [
    ['1767225600', '1767225600'],
    ['1767225600000000000', '1767225600000000000'],
    ['9223372036854775807', '9223372036854775807'],
  ]) {
    const leftOut: LeftOut[] = [];
    const time = `CASE WHEN i = 0 THEN ${odd} ELSE 1767225600000 + i * 60000 END`;
    const bytes = await parquetOf(`SELECT ${time} AS ts, i::DOUBLE AS cpu FROM range(5) t(i)`);
    const window = read(bytes, { onLeftOut: (each) => leftOut.push(each) });
    assert.deepEqual([...window.columns[0]!], [1, 2, 3, 4]);
    assert.deepEqual([leftOut[0]?.code, leftOut[0]?.count], ['bad-time', 1]);
    assert.match(
      leftOut[0]!.message,
      new RegExp(`row 1: ${shown} is outside .* of ms that most rows are in`),
    );
  }
});

test('the unit of times is told where few of many have any', async () => {
  const leftOut: LeftOut[] = [];
  const time = 'CASE WHEN i IN (1501, 1502) THEN 1767225600 + i * 60 ELSE 0 END';
  const bytes = await parquetOf(`SELECT ${time} AS ts, i::DOUBLE AS cpu FROM range(4000) t(i)`);
  const window = read(bytes, { onLeftOut: (each) => leftOut.push(each) });
  assert.deepEqual([...window.columns[0]!], [1501, 1502]);
  assert.equal(leftOut[0]!.count, 3_998);
});

test('rows that repeat one of their entity and time are one, and counted', () => {
  const [window, leftOut] = readCsv(`time,pod,cpu\n${GOOD}\n${GOOD}\n${minute(1)},good,1\n`);
  assert.deepEqual([...window.columns[0]!], [0, 1, 2]);
  assert.deepEqual(leftOut, [
    {
      code: 'repeated-row',
      count: 4,
      message:
        '4 rows repeat another one of their entity and time, such as entity "good", row 4: a second row at 2026-01-01T00:00:00.000Z',
    },
  ]);
});

test('a row for each metric is one row', () => {
  const [window] = readCsv(
    `time,pod,cpu,mem,label\n${minute(0)},a,1,,0\n${minute(1)},a,2,,0\n${minute(0)},a,,10,1\n${minute(1)},a,,20,0\n`,
  );
  assert.deepEqual(
    window.columns.map((column) => [...column]),
    [
      [1, 2],
      [10, 20],
    ],
  );
  assert.deepEqual([...window.labels!], [1, 0], 'what one of them says of the row holds');
});

test('what rows of one time differ in is left empty, and the rest of the entity is used', () => {
  const rows = [0, 1, 2].map((i) => `${minute(i)},a,${i},5`).join('\n');
  const [window, leftOut] = readCsv(
    `time,pod,cpu,mem\n${rows}\n${minute(1)},a,9,5\n${minute(1)},a,1,5\n${minute(0)},b,1,1\n`,
  );
  assert.deepEqual(
    window.columns.map((column) => [...column]),
    [
      [0, Number.NaN, 2, 1],
      [5, 5, 5, 1],
    ],
  );
  assert.deepEqual(leftOut, [
    {
      code: 'duplicate-row',
      count: 1,
      message:
        'values of rows at one time of their entity differ and are left empty, at 1 times, such as entity "a", row 4: a second row at 2026-01-01T00:01:00.000Z',
    },
  ]);
});

test('an entity whose rows differ at most times is left out and named, the others are used', () => {
  const twice = [0, 1, 2].flatMap((i) => [`${minute(i)},twice,1`, `${minute(i)},twice,2`]).join('\n');
  const [window, leftOut] = readCsv(`time,pod,cpu\n${GOOD}\n${twice}\n`);
  assert.deepEqual(window.entities, ['good']);
  assert.deepEqual([...window.columns[0]!], [0, 1, 2]);
  assert.deepEqual(leftOut, [
    {
      code: 'duplicate-row',
      count: 6,
      message:
        '6 rows of entities that have rows with other values at most of their times, such as entity "twice", row 5: a second row at 2026-01-01T00:00:00.000Z',
    },
  ]);
});

test('where no entity is left, or nobody hears of it, the file is an error as before', () => {
  const text = `time,pod,cpu\n${minute(0)},a,1\n${minute(0)},a,2\n`;
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
  const [named, times] = readCsv('time,cpu\nNA,1\n1767225600,1\n1767225660,2\n');
  assert.deepEqual([...named.columns[0]!], [1, 2]);
  assert.deepEqual(
    times.map(({ code, count }) => [code, count]),
    [
      ['bad-value', 1],
      ['null-time', 1],
    ],
  );
  const [epochs, nulls] = readCsv('time,cpu\n,1\n17,1\n1767225600,1\n1767225660,2\n');
  assert.deepEqual([...epochs.columns[0]!], [1, 2]);
  assert.deepEqual(
    nulls.map(({ code, count }) => [code, count]),
    [['null-time', 2]],
  );
});

test('a line with other cells than the header is left out, and the rest of the file is used', () => {
  const [window, leftOut] = readCsv(
    `time,pod,cpu\n${GOOD}\n${minute(3)},go\n${minute(3)},good,3,4\n${minute(4)},good,4\n${minute(5)}`,
  );
  assert.deepEqual([...window.columns[0]!], [0, 1, 2, 4]);
  assert.deepEqual(window.entities, ['good']);
  assert.deepEqual(leftOut, [
    {
      code: 'bad-row',
      count: 3,
      message: '3 of 7 lines do not fit the header, such as line 5: 2 cells, and the header has 3',
    },
  ]);
  assert.throws(
    () => readCsv(`time,pod,cpu\n${minute(0)},a,1,\n${minute(1)},a,2,\n`),
    windowError('bad-row', 'line 2: 4 cells'),
    'a separator at the end of every line',
  );
});

test('a line whose quotes do not fit costs itself: cut in a quoted cell, or with a quote within one', () => {
  const lines = (...more: readonly string[]): string => `time,pod,cpu\n${GOOD}\n${more.join('\n')}\n`;
  for (const bad of [`${minute(3)},"go`, `${minute(3)},a"x,3`, `${minute(3)},"a"x,3`]) {
    const [window, leftOut] = readCsv(lines(bad, `${minute(4)},"good",4`));
    assert.deepEqual([...window.columns[0]!], [0, 1, 2, 4], bad);
    assert.deepEqual(
      leftOut.map(({ code, count }) => [code, count]),
      [['bad-row', 1]],
    );
    assert.match(leftOut[0]!.message, /line 5: .*quote/);
  }
  const [cut] = readCsv(lines(`${minute(3)},"go`));
  assert.equal(cut.times.length, 3);
  assert.throws(
    () => readCsv(`time,pod,cpu\n${Array.from({ length: 40_000 }, () => `${minute(0)},"a`).join('\n')}`),
    { code: 'bad-quote' },
    'a quote at the end of every line is searched for its other one only so often',
  );
});

test('lines that do not fit the header are left out up to as many as do', () => {
  const bad = (count: number): string =>
    readCsv(`time,pod,cpu\n${GOOD}\n${`${minute(3)},x\n`.repeat(count)}`)[1][0]!.message;
  assert.match(bad(3), /^3 of 6 lines/);
  assert.throws(() => bad(4), { code: 'bad-row' });
});

test('every way to write that nothing was measured is known, and other words are put up with up to one in ten', () => {
  const of = (cells: readonly string[]): string =>
    `time,cpu\n${cells.map((cell, i) => `${minute(i)},${cell}`).join('\n')}\n`;
  for (const word of [
    'NA',
    'N/A',
    '#N/A',
    '<NA>',
    'null',
    'none',
    'nil',
    '-',
    '--',
    '?',
    '.',
    '\\N',
    '(null)',
    'unlimited',
    'No Limit',
    'infinite',
    'max',
    '∞',
  ])
    assert.deepEqual([...readCsv(of(['1', word, '3']))[0].columns[0]!], [1, Number.NaN, 3], word);
  const numbers = Array.from({ length: 20 }, (_, i) => String(i));
  assert.equal(readCsv(of([...numbers, 'off', 'off']))[1][0]!.count, 2);
  assert.throws(() => readCsv(of([...numbers, 'off', 'off', 'off'])), { code: 'bad-value' });
});

test('a word for no limit is a name where there are no numbers', () => {
  const [window, leftOut] = readCsv(
    `time,stat,cpu\n${[0, 1, 2].map((i) => `${minute(i)},max,${i}`).join('\n')}\n`,
  );
  assert.deepEqual([window.entities, window.metrics, leftOut], [['max'], ['cpu'], []]);
});

test('names of any length are cut in what is said of them', () => {
  const name = 'n'.repeat(1_500);
  const cells = Array.from({ length: 20 }, (_, i) => (i === 7 ? 'x' : String(i)));
  const [, leftOut] = readCsv(`time,${name}\n${cells.map((cell, i) => `${minute(i)},${cell}`).join('\n')}\n`);
  assert.ok(leftOut.length > 0);
  for (const { message } of leftOut) assert.ok(message.length < 1_000, `${message.length}`);
  assert.throws(
    () => readCsv(`time,${name.repeat(100)},${name.repeat(100)}\n`),
    (error: Error) => error.message.length < 1_000,
  );
});

test('cells that are no numbers among numbers count as missing, and are named', () => {
  const rows = (cells: readonly string[]): string =>
    `time,cpu\n${cells.map((cell, i) => `2026-01-01T00:${String(i).padStart(2, '0')}:00Z,${cell}`).join('\n')}\n`;
  const [window, leftOut] = readCsv(rows(['1', 'n/a', '\\N', 'NULL', '5', '-']));
  assert.deepEqual([...window.columns[0]!], [1, Number.NaN, Number.NaN, Number.NaN, 5, Number.NaN]);
  assert.deepEqual(leftOut, [
    {
      code: 'bad-value',
      count: 4,
      message:
        '4 of 6 cells of column cpu are no numbers and count as missing, such as row 2 (line 3): "n/a"',
    },
  ]);
  const many = Array.from({ length: 30 }, (_, i) => (i === 7 ? 'broken' : String(i)));
  assert.ok(Number.isNaN(readCsv(rows(many))[0].columns[0]![7]));
  assert.throws(
    () => readCsv(rows(['1', '2', 'broken'])),
    windowError('bad-value', 'row 3 (line 4): "broken"'),
    'too many to be a slip',
  );
  assert.throws(
    () => readCsv(rows(['"1,5"', ...many])),
    windowError('bad-value', '"1,5" is no number; decimals are written with a point'),
  );
});

test('a column of nothing but words for nothing names no entity', () => {
  const [window] = readCsv(`time,pod,cpu,mem\n${minute(0)},a,1,NA\n${minute(1)},a,2,NA\n`);
  assert.deepEqual([window.entities, window.metrics], [['a'], ['cpu', 'mem']]);
});

test('so it is in Parquet, and with bounds of arrival beside', async () => {
  const leftOut: LeftOut[] = [];
  const bytes = await parquetOf(
    `SELECT CASE WHEN i = 3 THEN NULL WHEN i = 5 THEN TIMESTAMP '2099-01-01' ELSE TIMESTAMP '2026-01-01' + to_minutes(i) END AS ts, i AS v FROM range(10) t(i)`,
  );
  const window = read(bytes, {
    onLeftOut: (each) => leftOut.push(each),
    bounds: { earliest: 0, latest: Date.UTC(2026, 0, 2), widestHole: 400 * 86_400_000 },
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

test('a text that differs in every row is told of where the step is known: nobody else would', () => {
  const rows = (count: number, time: (i: number) => string): string =>
    `time,pod,request,cpu\n${Array.from({ length: count }, (_, i) => `${time(i)},a,r-${i},1`).join('\n')}\n`;
  const [window, leftOut] = readCsv(
    rows(10, (i) => minute(i % 10)),
    { step: 60_000 },
  );
  assert.equal(window.entities.length, 10);
  assert.deepEqual(
    leftOut.map(({ code, count, column }) => [code, count, column]),
    [['rows-alone', 10, 'pod, request']],
  );
  assert.match(
    leftOut[0]!.message,
    /the text in columns pod, request together differs in every row: leave out/,
  );
  // Of one moment each pod has a row, and of a file of three rows nothing can be told.
  assert.deepEqual(
    readCsv(
      rows(20, () => minute(0)),
      { step: 60_000 },
    )[1],
    [],
  );
  assert.deepEqual(readCsv(rows(3, minute), { step: 60_000 })[1], []);
});

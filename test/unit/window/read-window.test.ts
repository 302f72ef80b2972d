import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  Float64,
  makeData,
  makeVector,
  Null,
  Table,
  TimestampMillisecond,
  vectorFromArray,
} from 'apache-arrow';
import type { LeftOut } from '../../../lib/window/left-out.ts';
import { readWindow, windowOfTable } from '../../../lib/window/read-window.ts';
import { type ColumnToWrite, writeColumns, writeWindow } from '../../../lib/window/write-window.ts';
import { FIXTURES, MINUTE, makeWindow, parquetOf, read, T0, windowError } from './helpers.ts';

/** Ten minutes of one metric; `extra` adds columns. */
const rowsSql = (extra = '', time = `TIMESTAMP '2026-01-01' + to_minutes(i) AS timestamp`): string =>
  `SELECT ${time}, i / 2.0::DOUBLE AS cpu ${extra && `, ${extra}`} FROM range(10) t(i)`;

const MINUTES: Float64Array = Float64Array.from({ length: 10 }, (_, minute) => T0 + minute * MINUTE);

test('without strings there is one entity without a name', async () => {
  const window = read(await parquetOf(rowsSql()));
  assert.deepEqual(window.entities, ['']);
  assert.deepEqual(window.times, MINUTES);
  assert.deepEqual(window.range, { start: T0, end: T0 + 10 * MINUTE });
  assert.equal(window.labels, undefined);
});

const TIME_COLUMNS: Readonly<Record<string, string>> = {
  'TIMESTAMP, microseconds': `TIMESTAMP '2026-01-01' + to_minutes(i) AS timestamp`,
  TIMESTAMP_S: `(TIMESTAMP '2026-01-01' + to_minutes(i))::TIMESTAMP_S AS time`,
  TIMESTAMP_MS: `(TIMESTAMP '2026-01-01' + to_minutes(i))::TIMESTAMP_MS AS ts`,
  TIMESTAMP_NS: `(TIMESTAMP '2026-01-01' + to_minutes(i))::TIMESTAMP_NS AS ds`,
  TIMESTAMPTZ: `TIMESTAMPTZ '2026-01-01 02:00:00+02' + to_minutes(i) AS "Timestamp"`,
  'epoch seconds, BIGINT': `1767225600 + 60 * i AS TS`,
  'epoch seconds, INTEGER': `(1767225600 + 60 * i)::INTEGER AS time`,
  'epoch seconds, UBIGINT': `(1767225600 + 60 * i)::UBIGINT AS time`,
  'epoch milliseconds': `1767225600000 + 60000 * i AS time`,
  'epoch microseconds': `1767225600000000 + 60000000 * i AS time`,
  'epoch nanoseconds': `1767225600000000000 + 60000000000 * i AS time`,
  'epoch seconds, DOUBLE': `(1767225600 + 60 * i)::DOUBLE AS time`,
  'ISO strings': `strftime(TIMESTAMP '2026-01-01' + to_minutes(i), '%Y-%m-%dT%H:%M:%S') AS ds`,
  'ISO strings with a zone': `strftime(TIMESTAMP '2026-01-01 01:00' + to_minutes(i), '%Y-%m-%d %H:%M:%S+01:00') AS ds`,
};
for (const [name, sql] of Object.entries(TIME_COLUMNS))
  test(`time as ${name}`, async () =>
    assert.deepEqual(read(await parquetOf(rowsSql('', sql))).times, MINUTES));

test('DATE is midnight UTC', async () => {
  const window = read(await parquetOf(rowsSql('', `DATE '2026-01-01' + i::INTEGER AS ds`)));
  assert.equal(window.step, 86_400_000);
  assert.equal(window.times[9], T0 + 9 * 86_400_000);
});

test('finer than a millisecond is cut, before 1970 too; a float is rounded', async () => {
  const cut = `(TIMESTAMP '1969-12-31 23:59:59.999001' + to_minutes(i)) AS time`;
  assert.equal(read(await parquetOf(rowsSql('', cut))).times[0], -1);
  const rounded = read(await parquetOf(rowsSql('', '1767225600.123 + 60 * i::DOUBLE AS time')));
  assert.equal(rounded.times[0], T0 + 123);
});

test('which column is the time: TIMESTAMP before numbers and strings, then the order of names, then lower case', async () => {
  const other = `i::BIGINT AS`;
  const timeSql = (name: string, hour: number): string =>
    `TIMESTAMP '2026-01-01 0${hour}:00' + to_minutes(i) AS ${name}`;
  const firstHour = async (sql: string): Promise<number> =>
    (read(await parquetOf(rowsSql('', sql))).times[0]! - T0) / (60 * MINUTE);
  assert.equal(await firstHour(`${other} timestamp, ${timeSql('ds', 3)}`), 3);
  assert.equal(await firstHour(`${timeSql('ds', 3)}, ${timeSql('ts', 2)}, ${timeSql('"TIMESTAMP"', 1)}`), 2);
  assert.equal(await firstHour(`${timeSql('"Ds"', 3)}, ${timeSql('"TIME"', 2)}`), 2);
  assert.deepEqual(read(await parquetOf(rowsSql('', `${timeSql('ds', 3)}, i / 4 AS time`))).metrics, ['cpu']);
});

test('bad times name the column, the row and the value', async () => {
  const bad = async (sql: string, ...said: [code: string, ...texts: string[]]): Promise<void> =>
    assert.throws(await readLater(rowsSql('', sql)), windowError(...said));
  await bad(
    'i AS time',
    'bad-time',
    'column time, row 1: 0 is not an epoch time',
    '100000000 to 10000000000 (s)',
  );
  await bad('50000000000 + i AS time', 'bad-time', 'row 1: 50000000000');
  await bad(
    '1767225600 * (1 + 999 * (i // 5)) AS time',
    'bad-time',
    'row 6: 1767225600000',
    'the range of s that most rows are in, such as row 1',
  );
  await bad(`'yesterday' AS ds`, 'bad-time', 'column ds, row 1: "yesterday" is no ISO 8601');
  await bad(`'NaN'::DOUBLE AS time`, 'bad-time', 'row 1: NaN');
  await bad(
    `(TIMESTAMP '2026-01-01' + to_years(CASE WHEN i = 7 THEN 9000 ELSE 0 END::INTEGER)) AS time`,
    'bad-time',
    'row 8',
  );
  await bad(
    `CASE WHEN i = 4 THEN NULL ELSE TIMESTAMP '2026-01-01' + to_minutes(i) END AS ts`,
    'null-time',
    'column ts, row 5',
  );
  await bad(`CASE WHEN i > 0 THEN '2026-01-01' END AS ts`, 'null-time', 'row 1');
  await bad(`CASE WHEN i <> 3 THEN 1767225600 + i END AS ts`, 'null-time', 'row 4');
});

test('every numeric type is a metric; nulls, NaN and infinities are NaN', async () => {
  const types = `(i - 5)::TINYINT AS a, i::USMALLINT AS b, (i * 1000)::HUGEINT::DECIMAL(38, 2) AS c, i::FLOAT AS d,
    -i::DECIMAL(9, 3) / 8 AS e, i % 2 = 0 AS f, CASE WHEN i < 5 THEN i END AS g, (i - 5)::DECIMAL(4, 1) AS k,
    CASE i WHEN 0 THEN 'inf' WHEN 1 THEN '-inf' WHEN 2 THEN 'nan' ELSE '3' END::DOUBLE AS h, 9007199254740991 AS j`;
  const window = read(await parquetOf(rowsSql(types)));
  assert.deepEqual(window.metrics, ['cpu', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'k', 'h', 'j']);
  const row = (index: number): number[] => window.columns.map((column) => column[index]!);
  assert.deepEqual(row(0), [0, -5, 0, 0, 0, 0, 1, 0, -5, Number.NaN, 2 ** 53 - 1]);
  assert.deepEqual(row(9), [4.5, 4, 9, 9000, 9, -1.125, 0, Number.NaN, 4, 3, 2 ** 53 - 1]);
  assert.ok(Number.isNaN(row(1)[9]) && Number.isNaN(row(2)[9]));
});

test('a column of nulls without a type, as pyarrow writes for pandas, is a metric without a value', () => {
  const table = new Table({
    ts: vectorFromArray([T0, T0 + MINUTE], new TimestampMillisecond()),
    cpu: vectorFromArray([1, 2], new Float64()),
    gone: makeVector(makeData({ type: new Null(), length: 2, nullCount: 2 })),
  });
  const window = windowOfTable(table, { detector: 'shop', source: 'a' });
  assert.deepEqual(window.metrics, ['cpu', 'gone']);
  assert.deepEqual(window.columns[1], Float64Array.of(Number.NaN, Number.NaN));
});

test('a name of a column that nobody would write is told of, and the rest is used', () => {
  const name = 'x'.repeat(5_000);
  const leftOut: LeftOut[] = [];
  const bytes = writeColumns({
    columns: [
      { name: 'ts', type: 'timestamp', values: MINUTES },
      { name: 'cpu', type: 'double', values: MINUTES.slice() },
      { name, type: 'double', values: MINUTES.slice() },
    ],
  });
  assert.deepEqual(read(bytes, { onLeftOut: (each) => leftOut.push(each) }).metrics, ['cpu']);
  assert.equal(leftOut[0]?.code, 'unused-column');
  assert.match(leftOut[0].message, /^column x{200}… has a name of 5000 characters, and the limit is 2048$/);
  assert.equal(leftOut[0].column, `${'x'.repeat(200)}…`);
});

test('an integer that no double holds is read as the nearest one, and said so once', async () => {
  const sql =
    'CASE WHEN i > 0 THEN 9223372036854771712 END AS limit_bytes, 18446744073709551615::UBIGINT AS fds';
  const leftOut: LeftOut[] = [];
  const window = read(await parquetOf(rowsSql(sql)), { onLeftOut: (each) => leftOut.push(each) });
  assert.deepEqual(
    [window.columns[1]![0], window.columns[1]![9]],
    [Number.NaN, Number(9223372036854771712n)],
  );
  assert.equal(window.columns[2]![0], 2 ** 64);
  assert.deepEqual(
    leftOut.map(({ code, column, count }) => [code, column, count]),
    [
      ['rounded', 'limit_bytes', 9],
      ['rounded', 'fds', 10],
    ],
  );
  assert.match(leftOut[0]!.message, /^column limit_bytes, row 2: 9223372036854771712 lies beyond/);
});

test('infinite values are missing ones, and said so by the first of them; nulls and NaN are not', async () => {
  const sql = `CASE WHEN i = 3 THEN '-inf'::DOUBLE WHEN i > 7 THEN 'inf'::DOUBLE WHEN i = 4 THEN 'nan'::DOUBLE
      WHEN i <> 5 THEN i END AS ratio,
    CASE WHEN i = 2 THEN 'inf'::FLOAT WHEN i <> 5 THEN i END AS narrow`;
  const leftOut: LeftOut[] = [];
  const window = read(await parquetOf(rowsSql(sql)), { onLeftOut: (each) => leftOut.push(each) });
  const none = Number.NaN;
  assert.deepEqual([...window.columns[1]!], [0, 1, 2, none, none, none, 6, 7, none, none]);
  assert.deepEqual([...window.columns[2]!], [0, 1, none, 3, 4, none, 6, 7, 8, 9]);
  assert.deepEqual(leftOut, [
    {
      code: 'infinite',
      count: 3,
      column: 'ratio',
      message: '3 of 10 values of column ratio are infinite and count as missing, such as row 4: -Infinity',
    },
    {
      code: 'infinite',
      count: 1,
      column: 'narrow',
      message: '1 of 10 values of column narrow are infinite and count as missing, such as row 3: Infinity',
    },
  ]);
});

test('strings name the entity, joined in column order; rows come sorted by entity', async () => {
  const sql = `SELECT TIMESTAMP '2026-01-01' + to_minutes(i // 4) AS time, i AS v,
    CASE WHEN i % 2 = 0 THEN 'b' ELSE 'a' END AS namespace, CASE WHEN i % 4 < 2 THEN 'x' END AS pod FROM range(8) t(i)`;
  const window = read(await parquetOf(sql));
  assert.deepEqual(window.entities, ['a/', 'a/x', 'b/', 'b/x']);
  assert.deepEqual(window.entityOf, Uint32Array.of(0, 0, 1, 1, 2, 2, 3, 3));
  assert.deepEqual(window.columns, [Float64Array.of(3, 7, 1, 5, 2, 6, 0, 4)]);
  assert.deepEqual(
    window.times,
    Float64Array.from([0, 1, 0, 1, 0, 1, 0, 1], (minute) => T0 + minute * MINUTE),
  );
});

test('entities that join to the same name are one', async () => {
  const sql = `SELECT TIMESTAMP '2026-01-01' + to_minutes(i) AS time, i AS v,
    CASE WHEN i = 0 THEN 'a/b' ELSE 'a' END AS x, CASE WHEN i = 0 THEN 'c' ELSE 'b/c' END AS y FROM range(2) t(i)`;
  assert.deepEqual(read(await parquetOf(sql)).entities, ['a/b/c']);
});

test('entities are in code unit order, whatever the locale says', () => {
  const names = ['é', 'z', 'Z', '10', '9', '\u{1F600}', '\uFF5E'];
  const window = read(
    writeColumns({
      columns: [
        { name: 'ts', type: 'timestamp', values: Float64Array.from(names, () => T0) },
        { name: 'pod', type: 'string', dictionary: names, codes: Uint32Array.from(names.keys()) },
        { name: 'v', type: 'double', values: Float64Array.from(names.keys()) },
      ],
    }),
    { step: MINUTE },
  );
  assert.deepEqual(window.entities, ['10', '9', 'Z', 'z', 'é', '\u{1F600}', '\uFF5E']);
  assert.deepEqual(window.columns[0], Float64Array.of(3, 4, 2, 1, 0, 5, 6));
});

test('text with units is an error in Parquet too, and a boolean is_anomaly is the label', async () => {
  assert.throws(
    await readLater(rowsSql("(i * 3) || ' MiB' AS memory")),
    windowError('bad-value', 'column memory, row 1: "0 MiB" is a number with a unit'),
  );
  assert.throws(
    await readLater(rowsSql("encode((i * 3) || ' MiB') AS memory")),
    windowError('bad-value', 'column memory, row 1: "0 MiB" is a number with a unit'),
    'as bytes that nobody called text',
  );
  const window = read(await parquetOf(rowsSql('i % 2 = 1 AS is_anomaly')));
  assert.deepEqual(window.labels, Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1, 0, 1));
});

test('label: 0, 1 or boolean, null as 0, and never a metric', async () => {
  for (const sql of [
    'i % 2 AS label',
    '(i % 2)::DOUBLE AS label',
    'i % 2 = 1 AS label',
    'CASE i % 2 WHEN 1 THEN 1 END AS label',
  ]) {
    const window = read(await parquetOf(rowsSql(sql)));
    assert.deepEqual(window.metrics, ['cpu']);
    assert.deepEqual(window.labels, Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1, 0, 1));
  }
  assert.throws(
    await readLater(rowsSql('i AS label')),
    windowError('bad-label', 'row 3: 2 is neither 0 nor 1'),
  );
  assert.throws(await readLater(rowsSql(`'yes' AS label`)), windowError('bad-label', 'is text'));
});

test('data_availability is computed anew, never taken as a metric', async () => {
  assert.deepEqual(read(await parquetOf(rowsSql('0.5 AS data_availability'))).metrics, ['cpu']);
});

test('columns that are no series are left out by name, and the rest is used', async () => {
  const unused = [
    '[i] AS odd',
    `{'a': i} AS odd`,
    'MAP {i: i} AS odd',
    "TIME '01:00' AS odd",
    'INTERVAL 1 DAY AS odd',
    'uuid() AS odd',
    `TIMESTAMP '2026-01-01' AS odd`,
    `DATE '2026-01-01' AS odd`,
    `'\\xFF'::BLOB AS odd`,
  ];
  for (const sql of unused) {
    const leftOut: LeftOut[] = [];
    const window = read(await parquetOf(rowsSql(sql)), { onLeftOut: (each) => leftOut.push(each) });
    assert.deepEqual([window.metrics, window.entities], [['cpu'], ['']], sql);
    assert.deepEqual(
      leftOut.map(({ code, column }) => [code, column]),
      [['unused-column', 'odd']],
      sql,
    );
    assert.match(leftOut[0]!.message, /^column odd is /);
  }
  const all = unused.map((sql, i) => sql.replace('odd', `odd${i}`)).join();
  assert.deepEqual(read(await parquetOf(rowsSql(all))).metrics, ['cpu']);
});

test('types of a writer that the decoder does not know cost their column, not the file', () => {
  const bytes = readFileSync(path.join(FIXTURES, 'polars/int128.parquet'));
  const before = bytes.toString('hex');
  const leftOut: LeftOut[] = [];
  const window = read(bytes, { onLeftOut: (each) => leftOut.push(each) });
  assert.deepEqual(window.metrics, ['cpu']);
  assert.deepEqual([...window.columns[0]!], [0.5, 0.25, 0.125]);
  assert.match(leftOut[0]?.message ?? '', /^column total is FixedSizeBinary\[16\]/);
  assert.equal(bytes.toString('hex'), before, 'the bytes are as they were');
});

test('a table that cannot be a window says what it has', async () => {
  const cases: readonly [sql: string, code: string, ...texts: string[]][] = [
    [
      'SELECT 1 AS cpu, 2 AS mem',
      'no-time-column',
      'cpu (numbers), mem (numbers)',
      'timestamp, time, ts, ds',
    ],
    ['SELECT 1.5::DECIMAL(18, 2) AS time, 2 AS mem', 'no-time-column', 'time (Decimal', 'mem (numbers)'],
    [`SELECT TIMESTAMP '2026-01-01' AS ts, 'a' AS pod`, 'no-metric-column', 'ts (Timestamp', 'pod (text)'],
    [rowsSql().replace('range(10)', 'range(0)'), 'no-rows', 'has no rows'],
    [
      `SELECT TIMESTAMP '2026-01-01' + to_minutes(i) AS ts, 'nan'::DOUBLE AS a, NULL::DOUBLE AS b FROM range(3) t(i)`,
      'no-values',
      '2 metrics',
    ],
    [rowsSql().replace('range(10)', 'range(1)'), 'no-step', 'declare it in the manifest'],
    [rowsSql('', `TIMESTAMP '2026-01-01' + to_milliseconds(i * 200) AS ts`), 'no-step', '200 ms apart'],
    [
      rowsSql('', `TIMESTAMP '2026-01-01' + to_minutes(i // 2) AS ts`),
      'duplicate-row',
      'row 2',
      '2026-01-01T00:00:00.000Z',
    ],
    [
      rowsSql(`'pay' AS pod`, `TIMESTAMP '2026-01-01' - to_minutes(i) AS ts`),
      'unordered-rows',
      '"pay", row 2',
      '2025-12-31T23:59:00.000Z comes after 2026-01-01T00:00:00.000Z',
    ],
    [
      `SELECT TIMESTAMP '2026-01-01' AS ts, 'pod' || i AS pod, 1 AS v FROM range(50001) t(i)`,
      'too-large',
      'more than 50000 entities',
    ],
  ];
  for (const [sql, code, ...texts] of cases)
    assert.throws(await readLater(sql), windowError(code, 'windows/detector=shop/a.parquet', ...texts));
});

test('one row is enough where the step is given', async () => {
  const window = read(await parquetOf(rowsSql().replace('range(10)', 'range(1)')), { step: 30_000 });
  assert.equal(window.step, 30_000);
  assert.deepEqual(window.range, { start: T0, end: T0 + 30_000 });
});

test('a range given by the key holds every row, or the file is refused', async () => {
  const bytes = await parquetOf(rowsSql());
  const options = { detector: 'shop', source: 'k' };
  const range = { start: T0 - 60 * MINUTE, end: T0 + 60 * MINUTE };
  assert.deepEqual(readWindow(bytes, { ...options, range }).range, range);
  assert.throws(
    () => readWindow(bytes, { ...options, range: { start: T0, end: T0 + 9 * MINUTE } }),
    windowError('outside-range', '2026-01-01T00:09:00.000Z'),
  );
});

test("Tidewatch's own range and step go before what is given or inferred", () => {
  const window = {
    ...makeWindow([
      { entity: 'a', time: T0, values: [1] },
      { entity: 'a', time: T0 + 5 * MINUTE, values: [2] },
    ]),
    range: { start: T0 - MINUTE, end: T0 + 60 * MINUTE },
  };
  const back = readWindow(writeWindow(window, { manifestHash: 'h' }), {
    detector: 'other',
    source: 'k',
    step: 1_000,
    range: { start: 0, end: 1 },
  });
  assert.deepEqual(back, { ...window, detector: 'other' });
});

test('metadata that cannot be right is refused', () => {
  const columns: readonly ColumnToWrite[] = [
    { name: 'timestamp', type: 'timestamp', values: Float64Array.of(T0) },
    { name: 'entity', type: 'string', dictionary: ['a'], codes: Uint32Array.of(0) },
    { name: 'v', type: 'double', values: Float64Array.of(1) },
  ];
  const good = {
    formatVersion: 1,
    detector: 'shop',
    start: new Date(T0).toISOString(),
    end: new Date(T0 + MINUTE).toISOString(),
    step: 60_000,
  };
  const load =
    (members: object, given: readonly ColumnToWrite[] = columns) =>
    () =>
      read(
        writeColumns({
          columns: given,
          metadata: { key: 'tidewatch', value: JSON.stringify({ ...good, ...members }) },
        }),
      );
  assert.equal(load({})().step, MINUTE);
  assert.equal(load({})().podOwners, undefined);
  assert.deepEqual(load({ podOwners: [] })().podOwners, new Map());
  // Of a later release: what is no owner is none.
  const owners = [['a', 'Engine', 'engine', 'more'], ['b'], 'c', [1, 2, 3]];
  const known = load({ podOwners: owners })().podOwners;
  assert.deepEqual(known, new Map([['a', { kind: 'Engine', name: 'engine' }]]));
  assert.equal(load({ podOwners: { a: 1 } })().podOwners, undefined);
  const revisions = [
    ['shop/db', 'StatefulSet', 'a', 1, 'more'],
    ['shop/x', 'Fleet', 'a', 1],
    ['shop/y'],
    'z',
  ];
  assert.deepEqual(load({ revisions })().revisions, [
    { workload: 'shop/db', kind: 'StatefulSet', revision: 'a', first: 1 },
  ]);
  assert.equal(load({ revisions: 'a' })().revisions, undefined);
  assert.throws(load({ formatVersion: 2 }), windowError('bad-metadata', 'version 2', 'reads 1'));
  assert.throws(load({ step: 0 }), windowError('bad-metadata', '"step":0'));
  assert.throws(load({ end: 'soon' }), windowError('bad-metadata', 'soon'));
  assert.throws(load({ start: new Date(T0 + 1).toISOString() }), windowError('outside-range'));
  assert.throws(load({}, columns.toSpliced(1, 1)), windowError('bad-metadata', 'lacks timestamp or entity'));
  const broken = writeColumns({ columns, metadata: { key: 'tidewatch', value: '{' } });
  assert.throws(() => read(broken), windowError('bad-metadata', 'no JSON object'));
});

/** Reads later, so that only the reading is under `throws`. */
async function readLater(sql: string): Promise<() => unknown> {
  const bytes = await parquetOf(sql);
  return () => read(bytes);
}

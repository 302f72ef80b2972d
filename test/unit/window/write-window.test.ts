import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TidewatchError } from '../../../lib/base/errors.ts';
import { writeColumns, writeWindow } from '../../../lib/window/write-window.ts';
import { MINUTE, makeWindow, queryParquet, read, T0 } from './helpers.ts';

const window = makeWindow(
  [
    { entity: 'cart', time: T0, values: [0.1, 1] },
    { entity: 'cart', time: T0 + MINUTE, values: [Number.NaN, 2] },
    { entity: 'payment', time: T0, values: [0.3, Number.NaN] },
  ],
  { metrics: ['cpu', 'ts'], labels: Uint8Array.of(0, 1, 0) },
);
const bytes: Uint8Array = writeWindow(window, { manifestHash: 'abc' });

test('DuckDB reads the values, in order, with NaN as null', async () => {
  const rows = await queryParquet(bytes, 'SELECT epoch_ms(timestamp) AS t, * EXCLUDE timestamp FROM FILE');
  assert.deepEqual(rows, [
    { t: BigInt(T0), entity: 'cart', cpu: 0.1, ts: 1, label: false },
    { t: BigInt(T0 + MINUTE), entity: 'cart', cpu: null, ts: 2, label: true },
    { t: BigInt(T0), entity: 'payment', cpu: 0.3, ts: null, label: false },
  ]);
});

test('DuckDB sees the types, zstd, and a dictionary for the entity', async () => {
  const types = await queryParquet(
    bytes,
    'SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM FILE)',
  );
  assert.deepEqual(
    types.map((row) => `${row.column_name} ${row.column_type}`),
    ['timestamp TIMESTAMP WITH TIME ZONE', 'entity VARCHAR', 'cpu DOUBLE', 'ts DOUBLE', 'label BOOLEAN'],
  );
  const chunks = await queryParquet(
    bytes,
    'SELECT path_in_schema AS name, compression, encodings FROM parquet_metadata(FILE)',
  );
  assert.deepEqual(new Set(chunks.map((chunk) => chunk.compression)), new Set(['ZSTD']));
  assert.match(String(chunks.find((chunk) => chunk.name === 'entity')!.encodings), /DICTIONARY/);
  const [unit] = await queryParquet(
    bytes,
    `SELECT logical_type AS t FROM parquet_schema(FILE) WHERE name = 'timestamp'`,
  );
  assert.match(String(unit!.t), /isAdjustedToUTC=1.*MILLIS/);
});

test('DuckDB finds the metadata', async () => {
  const rows = await queryParquet(
    bytes,
    `SELECT decode(value) AS v FROM parquet_kv_metadata(FILE) WHERE decode(key) = 'tidewatch'`,
  );
  assert.deepEqual(
    rows.map(({ v }) => JSON.parse(String(v))),
    [
      {
        formatVersion: 1,
        detector: 'shop',
        start: '2026-01-01T00:00:00.000Z',
        end: '2026-01-01T00:02:00.000Z',
        step: 60_000,
        manifestHash: 'abc',
      },
    ],
  );
});

test('the same window gives the same bytes, whatever was written before', () => {
  writeColumns({
    columns: [{ name: 'x', type: 'string', dictionary: ['a', 'b'], codes: Uint32Array.of(1) }],
  });
  assert.deepEqual(writeWindow(structuredClone(window), { manifestHash: 'abc' }), bytes);
  assert.notDeepEqual(writeWindow(window, { manifestHash: 'abd' }), bytes);
});

test('what is written reads back, a metric called ts included', () => {
  assert.deepEqual(read(bytes), window);
});

test('every kind of column, as a scores file needs them', async () => {
  const scores = writeColumns({
    columns: [
      { name: 'timestamp', type: 'timestamp', values: Float64Array.of(T0, T0 + MINUTE) },
      { name: 'entity', type: 'string', dictionary: ['a', 'b'], codes: Uint32Array.of(1, 0) },
      { name: 'score', type: 'double', values: Float64Array.of(0.5, Number.NaN) },
      { name: 'deviation', type: 'double', values: Float64Array.of(Number.POSITIVE_INFINITY, 1) },
      { name: 'anomalous', type: 'boolean', values: Uint8Array.of(1, 0) },
      { name: 'rank', type: 'integer', values: Int32Array.of(-1, 2) },
      { name: 'small', type: 'float', values: Float32Array.of(0.5, Number.NaN) },
    ],
    metadata: { key: 'a', value: 'b' },
  });
  assert.deepEqual(await queryParquet(scores, 'SELECT * EXCLUDE timestamp FROM FILE'), [
    { entity: 'b', score: 0.5, deviation: Number.POSITIVE_INFINITY, anomalous: true, rank: -1, small: 0.5 },
    { entity: 'a', score: null, deviation: 1, anomalous: false, rank: 2, small: null },
  ]);
});

test('columns that do not fit together are a bug of the caller', () => {
  const times = { name: 'timestamp', type: 'timestamp', values: Float64Array.of(T0) } as const;
  const refused = (columns: Parameters<typeof writeColumns>[0]['columns'], text: RegExp): void =>
    assert.throws(
      () => writeColumns({ columns }),
      (error) => error instanceof TidewatchError && error.code === 'bad-table' && text.test(error.message),
    );
  refused(
    [times, { name: 'v', type: 'double', values: Float64Array.of(1, 2) }],
    /v has 2 rows and timestamp has 1/,
  );
  refused([times, times], /share a name/);
  refused([{ ...times, values: Float64Array.of(0.5) }], /0\.5 is no whole millisecond/);
  refused([{ name: 'e', type: 'string', dictionary: ['a'], codes: Uint32Array.of(1) }], /code 1 of 1/);
  assert.throws(
    () => writeWindow({ ...window, metrics: ['cpu', 'entity'] }, { manifestHash: '' }),
    /share a name/,
  );
});

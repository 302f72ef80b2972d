/** The layout that Tidewatch writes, by readers that no one here wrote, and read back without parquet-wasm. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import { seedRandom } from '../../../lib/maths/random.ts';
import { makeTable } from '../../../lib/window/arrow.ts';
import type { ColumnToWrite } from '../../../lib/window/columns.ts';
import { decodeOwnParquet } from '../../../lib/window/decode-parquet.ts';
import {
  CREATED_BY,
  ENCODING,
  PAGE,
  ROWS_OF_GROUP,
  TYPE_OF,
  ZSTD,
} from '../../../lib/window/encode-parquet.ts';
import { readTable } from '../../../lib/window/parquet.ts';
import { readWindow } from '../../../lib/window/read-window.ts';
import { i32, i64, list, struct, text, writeThriftStruct } from '../../../lib/window/thrift-writer.ts';
import { writeColumns, writeWindow } from '../../../lib/window/write-window.ts';
import { compress } from '../../../lib/window/zstd.ts';
import { queryParquet } from './helpers.ts';

const METADATA = { key: 'tidewatch', value: 'ü{}' };

/** Of `rows` rows: missing values, runs and no runs of texts, zeros of both signs, times before 1970. */
function draw(rows: number, texts: number): readonly ColumnToWrite[] {
  const each = <T>(valueAt: (row: number) => T): T[] =>
    Array.from({ length: rows }, (_, row) => valueAt(row));
  const dictionary = Array.from({ length: texts }, (_, i) => `pod-ä${i}`);
  return [
    { name: 'timestamp', type: 'timestamp', values: Float64Array.from(each((row) => (row - 5) * 1e10 - 1)) },
    {
      name: 'sorted',
      type: 'string',
      dictionary,
      codes: Uint32Array.from(each((row) => Math.floor((row * texts) / rows))),
    },
    {
      name: 'mixed',
      type: 'string',
      dictionary,
      codes: Uint32Array.from(each((row) => (row * 7919) % texts)),
    },
    { name: 'whole', type: 'double', values: Float64Array.from(each((row) => Math.sin(row) * 1e300)) },
    {
      name: 'holes',
      type: 'double',
      values: Float64Array.from(each((row) => (row % 3 === 1 ? Number.NaN : -0))),
    },
    { name: 'nothing', type: 'double', values: new Float64Array(rows).fill(Number.NaN) },
    {
      name: 'edge',
      type: 'double',
      values: Float64Array.from(each((row) => (row % 2 === 0 ? Infinity : -Infinity))),
    },
    {
      name: 'small',
      type: 'float',
      values: Float32Array.from(each((row) => (row === 0 ? Number.NaN : row / 8))),
    },
    { name: 'flag', type: 'boolean', values: Uint8Array.from(each((row) => Number(row % 5 === 0))) },
    {
      name: 'count',
      type: 'integer',
      values: Int32Array.from(each((row) => (row % 2 === 0 ? -row : 2 ** 31 - 1))),
    },
  ];
}

/** As its readers have it. */
function readOwn(bytes: Uint8Array): Table | undefined {
  const own = decodeOwnParquet(bytes);
  return own && makeTable(own.columns, own.metadata);
}

function toRows(table: Table): unknown[] {
  return table.toArray().map((row) => row?.toJSON());
}

/** As parquet-wasm reads it: under another writer's name. */
function readAsForeign(bytes: Uint8Array): Table {
  const copy = Buffer.from(bytes);
  const at = copy.lastIndexOf(CREATED_BY);
  copy.write('tidewatch version X', at, 'latin1');
  assert.equal(decodeOwnParquet(copy), undefined);
  return readTable(copy);
}

for (const [rows, texts] of [
  [1, 1],
  [2, 2],
  [7, 3],
  [8, 8],
  [9, 9],
  [1_000, 1],
  [1_000, 17],
  [3_000, 700],
] as const)
  test(`${rows} rows of ${texts} texts come back, here and by parquet-wasm`, () => {
    const columns = draw(rows, texts);
    const bytes = writeColumns({ columns, metadata: METADATA });
    const own = readOwn(bytes);
    assert.ok(own);
    const given = toRows(makeTable(columns));
    assert.deepEqual(toRows(own), given);
    const foreign = readAsForeign(bytes);
    assert.deepEqual(toRows(foreign), given);
    assert.deepEqual([...own.schema.metadata], [...foreign.schema.metadata]);
    assert.deepEqual(
      own.schema.fields.map(({ name, nullable }) => [name, nullable]),
      foreign.schema.fields.map(({ name, nullable }) => [name, nullable]),
    );
  });

test('more rows than a group holds, and more texts than two bytes number', () => {
  const rows = ROWS_OF_GROUP + 70_001;
  const columns = draw(rows, 70_000);
  const bytes = writeColumns({ columns });
  const own = readOwn(bytes);
  assert.ok(own);
  const given = makeTable(columns);
  const foreign = readAsForeign(bytes);
  for (const row of [0, 1, ROWS_OF_GROUP - 1, ROWS_OF_GROUP, ROWS_OF_GROUP + 1, rows - 1]) {
    assert.deepEqual(own.get(row)?.toJSON(), given.get(row)?.toJSON());
    assert.deepEqual(foreign.get(row)?.toJSON(), given.get(row)?.toJSON());
  }
});

test('texts that alternate take the bits of their codes, and no run each', () => {
  const random = seedRandom(1);
  const codes = Uint32Array.from({ length: 80_000 }, () => Math.floor(16 * random.nextFloat()));
  const dictionary = Array.from({ length: 16 }, (_, code) => `pod-${code}`);
  const sizeOf = (order: Uint32Array): number =>
    writeColumns({ columns: [{ name: 'pod', type: 'string', dictionary, codes: order }] }).length;
  assert.ok(sizeOf(codes) < 80_000 / 2 + 1_000, `${sizeOf(codes)} bytes`);
  assert.ok(sizeOf(codes.toSorted()) < 1_000, `${sizeOf(codes.toSorted())} bytes`);
});

test('a time beyond the year 9999 is refused, before and behind those that can be', () => {
  for (const bad of [253_402_300_800_000, -62_135_596_800_001]) {
    const bytes = writeColumns({
      columns: [
        { name: 'timestamp', type: 'timestamp', values: Float64Array.of(60_000, bad) },
        { name: 'cpu', type: 'double', values: Float64Array.of(1, 2) },
      ],
    });
    assert.throws(() => readWindow(bytes, { detector: 'shop', source: 'far' }), { code: 'bad-time' });
  }
});

test('no row, and no column', () => {
  for (const columns of [draw(0, 1), []]) {
    const own = readOwn(writeColumns({ columns }));
    assert.deepEqual([own?.numRows, own?.numCols], [0, columns.length]);
  }
});

test('DuckDB reads it, and finds the statistics of each chunk', async () => {
  const bytes = writeColumns({ columns: draw(1_000, 17) });
  const [sums] = await queryParquet(
    bytes,
    `SELECT count(*)::INT AS n, count(holes)::INT AS holes, count(nothing)::INT AS nothing, sum(flag::INT)::INT AS flags,
      count(DISTINCT mixed)::INT AS texts, min(count) AS least, sum(small)::DOUBLE AS small,
      epoch_ms(min(timestamp))::BIGINT AS first FROM FILE`,
  );
  assert.deepEqual(sums, {
    n: 1000,
    holes: 667,
    nothing: 0,
    flags: 200,
    texts: 17,
    least: -998,
    small: (999 * 1000) / 2 / 8,
    first: -50_000_000_001n,
  });
  const chunks = await queryParquet(
    bytes,
    'SELECT path_in_schema AS name, stats_null_count::INT AS nulls, stats_min_value AS least, stats_max_value AS most FROM parquet_metadata(FILE)',
  );
  const of = (name: string) => chunks.find((chunk) => chunk.name === name);
  assert.deepEqual(of('holes'), { name: 'holes', nulls: 333, least: '-0.0', most: '0.0' });
  assert.deepEqual(of('nothing'), { name: 'nothing', nulls: 1000, least: null, most: null });
  assert.deepEqual(of('sorted'), { name: 'sorted', nulls: 0, least: 'pod-ä0', most: 'pod-ä9' });
  assert.deepEqual(of('count'), { name: 'count', nulls: 0, least: '-998', most: String(2 ** 31 - 1) });
  // What DuckDB prunes by.
  const later = await queryParquet(
    bytes,
    `SELECT count(*)::INT AS n FROM FILE WHERE epoch_ms(timestamp) > 9e12`,
  );
  assert.deepEqual(later, [{ n: 94 }]);
});

test('a file of before, which parquet-wasm wrote, reads as it did', () => {
  const before = readFileSync(
    'test/fixtures/buckets/2026-11-27/windows/detector=shop/date=2026-11-02/20261102T031500Z_20261102T033000Z.parquet',
  );
  assert.equal(decodeOwnParquet(before), undefined);
  const window = readWindow(before, { detector: 'shop', source: 'before' });
  const again = writeWindow(window, { manifestHash: 'x' });
  assert.ok(decodeOwnParquet(again));
  assert.deepEqual(readWindow(again, { detector: 'shop', source: 'again' }), window);
});

test('a damaged file is never an error of the decoder, nor read beyond itself', () => {
  const bytes = writeColumns({ columns: draw(40, 5), metadata: METADATA });
  let undamaged = 0;
  for (let at = 4; at < bytes.length - 8; at++)
    for (const flip of [1, 128, 255]) {
      const damaged = bytes.slice();
      damaged[at] = damaged[at]! ^ flip;
      const table = readOwn(damaged);
      if (table === undefined) continue;
      undamaged++;
      // Whatever it says, it says for as many rows and columns as it claims.
      for (const row of table) row?.toJSON();
    }
  assert.ok(undamaged < (3 * bytes.length) / 2, `${undamaged} of ${3 * bytes.length}`);
});

/** One row of one text, "a" by itself, in pages of any bytes. */
function fileOfText(given: {
  readonly dictionary?: Uint8Array;
  readonly codes?: Uint8Array;
  /** What the footer claims of both pages; undefined: what they take. */
  readonly claims?: number;
}): Uint8Array {
  const { dictionary = Buffer.from('\x01\0\0\0a'), codes = Uint8Array.of(0, 2), claims } = given;
  const header = (kind: keyof typeof PAGE, bytes: number, body: number): Uint8Array =>
    writeThriftStruct([
      [1, i32(PAGE[kind])],
      [2, i32(bytes)],
      [3, i32(body)],
      [5, kind === 'data' ? struct([1, i32(1)], [2, i32(ENCODING.dictionary)]) : undefined],
      [7, kind === 'dictionary' ? struct([1, i32(1)], [2, i32(ENCODING.plain)]) : undefined],
    ]);
  const [texts, numbers] = [compress(dictionary), compress(codes)];
  const ofTexts = header('dictionary', dictionary.length, texts.length);
  const magic = Buffer.from('PAR1');
  const metadata = struct(
    [1, i32(TYPE_OF.string.physical)],
    [4, i32(ZSTD)],
    [5, i64(1)],
    [6, i64(claims ?? dictionary.length + codes.length)],
    [9, i64(magic.length + ofTexts.length + texts.length)],
    [11, i64(magic.length)],
  );
  const column = struct([1, i32(TYPE_OF.string.physical)], [3, i32(0)], [4, text('pod')], [6, i32(0)]);
  const footer = writeThriftStruct([
    [2, list('struct', [struct([4, text('schema')], [5, i32(1)]), column])],
    [3, i64(1)],
    [4, list('struct', [struct([1, list('struct', [struct([3, metadata])])], [3, i64(1)])])],
    [6, text(CREATED_BY)],
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  const ofNumbers = header('data', codes.length, numbers.length);
  return Buffer.concat([magic, ofTexts, texts, ofNumbers, numbers, footer, length, magic]);
}

test('pages larger than what the footer claims of both, or than their rows can take, are not unpacked', () => {
  assert.deepEqual(toRows(readOwn(fileOfText({}))!), [{ pod: 'a' }]);
  assert.equal(decodeOwnParquet(fileOfText({ claims: 5 })), undefined);
  const padded = Uint8Array.of(0, 2, ...new Uint8Array(1_000));
  assert.equal(decodeOwnParquet(fileOfText({ codes: padded })), undefined);
  const huge = new Uint8Array(257 * 2 ** 20);
  new DataView(huge.buffer).setUint32(0, huge.length - 4, true);
  assert.equal(decodeOwnParquet(fileOfText({ dictionary: huge })), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkFooter, readFooterSize } from '../../../lib/window/footer.ts';
import { MAX_COLUMNS, MAX_FOOTER_BYTES, windowLimits } from '../../../lib/window/limits.ts';
import { readThriftStruct, ThriftSyntaxError } from '../../../lib/window/thrift.ts';
import { parquetOf, windowError } from './helpers.ts';

const { fileBytes: MAX_FILE_BYTES, rows: MAX_ROWS, values: MAX_VALUES } = windowLimits();
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test('what is no Parquet at all is told apart', () => {
  assert.throws(() => checkFooter(new Uint8Array(0), 'k'), windowError('empty-file', 'k', '0 bytes'));
  assert.throws(() => checkFooter(text('PAR1'), 'k'), windowError('unreadable', 'k', '4 bytes', 'truncated'));
  assert.throws(
    () => checkFooter(text('a,b\n1,2\n'), 'k'),
    windowError('unreadable', 'neither start nor end'),
  );
  assert.throws(
    () => checkFooter(text('PAR1....................'), 'k'),
    windowError('unreadable', 'truncated'),
  );
  assert.throws(() => checkFooter(text('PARE____PARE'), 'k'), windowError('unreadable', 'encrypted'));
  assert.throws(
    () => checkFooter(text('PAR1\xff\xff\xff\x7fPAR1'), 'k'),
    windowError('unreadable', 'claims'),
  );
});

test('sizes beyond the limits are refused before decoding', async () => {
  const huge = { length: MAX_FILE_BYTES + 1 } as unknown as Uint8Array;
  assert.throws(() => checkFooter(huge, 'k'), windowError('too-large', `${MAX_FILE_BYTES + 1} bytes`));
  const rows = await parquetOf(`SELECT 1 AS v FROM range(${MAX_ROWS + 1})`);
  assert.ok(rows.length < 100_000);
  assert.throws(
    () => checkFooter(rows, 'k'),
    windowError('too-large', `${MAX_ROWS + 1} rows`, `${MAX_ROWS}`),
  );
  const columns = Array.from({ length: MAX_COLUMNS + 1 }, (_, index) => `1 AS c${index}`);
  const wide = await parquetOf(`SELECT ${columns}`);
  assert.throws(() => checkFooter(wide, 'k'), windowError('too-large', `${MAX_COLUMNS + 1} columns`));
  const values = await parquetOf(`SELECT ${columns.slice(0, 100)} FROM range(${MAX_VALUES / 100 + 1})`);
  assert.throws(() => checkFooter(values, 'k'), windowError('too-large', `${MAX_VALUES + 100} values`));
});

test('a file within the limits passes', async () => {
  checkFooter(await parquetOf('SELECT 1 AS v FROM range(10)'), 'k');
});

test('Thrift: deep nesting, endless numbers and short input end as syntax errors', () => {
  assert.throws(() => readThriftStruct(new Uint8Array(10_000).fill(0x1c), {}), /nested deeper than 32/);
  assert.throws(() => readThriftStruct(new Uint8Array(10_000).fill(0x19), {}), /nested deeper than 32/);
  assert.throws(
    () => readThriftStruct(Uint8Array.of(0x16, ...new Uint8Array(20).fill(255)), {}),
    /longer than 10/,
  );
  assert.throws(() => readThriftStruct(Uint8Array.of(0x18, 100), {}), /100 bytes/);
  assert.throws(() => readThriftStruct(Uint8Array.of(0x16), {}), /ends after 1/);
});

const WANTED = { 1: {}, 2: { 1: {}, 3: { 1: {} } }, 4: { 1: {} } };

test('Thrift: fields that nobody named are passed, and those that somebody did are kept', () => {
  // 1: i32 7; 2: struct { 1: true, 2: list<i32> [1, 2] }; 5: binary "a"; 6: false.
  const bytes = Uint8Array.of(0x15, 14, 0x1c, 0x11, 0x19, 0x25, 2, 4, 0, 0x38, 1, 97, 0x12, 0);
  assert.deepEqual(readThriftStruct(bytes, {}), new Map());
  assert.deepEqual(
    readThriftStruct(bytes, { 1: {}, 2: { 2: {} }, 6: {} }),
    new Map<number, unknown>([
      [1, 7n],
      [2, new Map([[2, [1n, 2n]]])],
      [6, false],
    ]),
  );
});

/** A footer whose list of row groups (field 4) has `count` elements of one byte each. */
function footerOf(count: number, type: number): Uint8Array {
  const size: number[] = [];
  for (let rest = count; ; rest = Math.floor(rest / 128)) {
    size.push((rest % 128) | (rest > 127 ? 128 : 0));
    if (rest < 128) break;
  }
  const footer = Buffer.concat([
    Buffer.from([0x49, 0xf0 | type, ...size]),
    Buffer.alloc(count, 0),
    Buffer.of(0),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([text('PAR1'), footer, length, text('PAR1')]);
}

test('a footer that costs more than it can tell is refused before it does', () => {
  const [struct, i64] = [12, 6];
  assert.throws(
    () => checkFooter(footerOf(300_000, struct), 'k'),
    windowError('unreadable', 'more than 200000'),
  );
  assert.throws(
    () => checkFooter(footerOf(3_000_000, i64), 'k'),
    windowError('unreadable', 'more than 2000000'),
  );
  const long = footerOf(MAX_FOOTER_BYTES, i64);
  assert.throws(() => checkFooter(long, 'k'), windowError('too-large', 'bytes in its footer'));
});

test('Thrift: whatever the bytes, a struct or a ThriftSyntaxError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        assert.ok(readThriftStruct(bytes, WANTED) instanceof Map);
      } catch (error) {
        assert.ok(error instanceof ThriftSyntaxError, String(error));
      }
    }),
    { numRuns: 2_000, seed: 7 },
  );
});

test('CSV in place of Parquet is called that, by its header', () => {
  const csv = 'Timestamp,pod,cpu\n2026-01-01T00:00:00Z,a,1\n';
  assert.throws(
    () => checkFooter(text(csv), 'windows/detector=shop/today'),
    windowError('unreadable', 'windows/detector=shop/today', 'it is CSV: call it .csv'),
  );
  assert.throws(() => checkFooter(text('PAR1 cut short'), 'x.csv'), windowError('unreadable', 'truncated'));
  assert.throws(
    () => checkFooter(text('Dear all, time is short'), 'x'),
    windowError('unreadable', 'neither start'),
  );
});

test('the end of a file tells its rows and its columns of numbers', async () => {
  const bytes = await parquetOf(
    `SELECT epoch_ms(i * 60000) AS timestamp, 'a' || i AS entity, i::DOUBLE AS cpu, i::FLOAT AS memory, i::INT AS pods, i AS bytes
     FROM range(3000) t(i)`,
  );
  const size = { rows: 3000, numberColumns: 4 };
  assert.deepEqual(readFooterSize(bytes), size);
  assert.deepEqual(readFooterSize(bytes.subarray(-8000)), size);
  assert.equal(readFooterSize(bytes.subarray(-20)), undefined);
  assert.equal(readFooterSize(text('timestamp,cpu\n1,2\n')), undefined);
});

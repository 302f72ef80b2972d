import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkFooter } from '../../../lib/window/footer.ts';
import { MAX_COLUMNS, MAX_FILE_BYTES, MAX_ROWS, MAX_VALUES } from '../../../lib/window/limits.ts';
import { readThriftStruct, ThriftSyntaxError } from '../../../lib/window/thrift.ts';
import { parquetOf, windowError } from './helpers.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test('what is no Parquet at all is told apart', () => {
  assert.throws(() => checkFooter(new Uint8Array(0), 'k'), windowError('empty-file', 'k', '0 bytes'));
  assert.throws(() => checkFooter(text('PAR1'), 'k'), windowError('unreadable', 'k', '4 bytes', 'truncated'));
  assert.throws(
    () => checkFooter(text('a,b\n1,2\n'), 'k'),
    windowError('unreadable', 'does not start or end'),
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
  assert.throws(() => readThriftStruct(new Uint8Array(10_000).fill(0x1c)), /nested deeper than 32/);
  assert.throws(() => readThriftStruct(new Uint8Array(10_000).fill(0x19)), /nested deeper than 32/);
  assert.throws(
    () => readThriftStruct(Uint8Array.of(0x16, ...new Uint8Array(20).fill(255))),
    /longer than 10/,
  );
  assert.throws(() => readThriftStruct(Uint8Array.of(0x18, 100)), /100 bytes/);
  assert.throws(() => readThriftStruct(Uint8Array.of(0x16)), /ends after 1/);
});

test('Thrift: whatever the bytes, a struct or a ThriftSyntaxError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        assert.ok(readThriftStruct(bytes) instanceof Map);
      } catch (error) {
        assert.ok(error instanceof ThriftSyntaxError, String(error));
      }
    }),
    { numRuns: 2_000, seed: 7 },
  );
});

test('CSV in place of Parquet is called that, by its name or its header', () => {
  const csv = 'Timestamp,pod,cpu\n2026-01-01T00:00:00Z,a,1\n';
  assert.throws(
    () => checkFooter(text(csv), 'windows/detector=shop/today'),
    windowError('unreadable', 'windows/detector=shop/today', 'it is CSV: a bucket takes Parquet'),
  );
  assert.throws(() => checkFooter(text('a\n1\n'), 'x.csv'), windowError('unreadable', 'it is CSV'));
  assert.throws(
    () => checkFooter(text('Dear all, time is short'), 'x'),
    windowError('unreadable', 'does not start'),
  );
});

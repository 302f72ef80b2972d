/** Files of github.com/apache/parquet-testing at 1a2a75127be0; licence beside them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readTable } from '../../../lib/window/parquet.ts';
import { FIXTURES, read, windowError } from './helpers.ts';

const FOLDER: string = path.join(FIXTURES, 'parquet-testing');

/** File → code of the WindowError that reading it as a window must give. */
const REFUSED: Readonly<Record<string, string>> = {
  // Their bad_data folder; GH-43605 is bad to other readers only, and lacks a time column.
  'ARROW-GH-43605.parquet': 'no-time-column',
  'ARROW-GH-45185.parquet': 'unreadable',
  'ARROW-GH-47662.parquet': 'unreadable',
  'ARROW-RS-GH-6229-DICTHEADER.parquet': 'unreadable',
  'ARROW-RS-GH-6229-LEVELS.parquet': 'unreadable',
  'PARQUET-1481.parquet': 'unreadable',
  'nation.dict-malformed.parquet': 'unreadable',
  'dict-page-offset-zero.parquet': 'unreadable',
  'large_string_map.brotli.parquet': 'too-large',
  'uniform_encryption.parquet': 'unreadable',
  'nested_lists.snappy.parquet': 'no-time-column',
  'int96_from_spark.parquet': 'no-time-column',
  'int64_decimal.parquet': 'no-time-column',
  'alltypes_plain.parquet': 'no-time-column',
};

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.parquet'))) {
  test(`${file}: one clear error`, () => {
    const code = REFUSED[file];
    assert.ok(code, `${file} has no expected code`);
    assert.throws(
      () => read(readFileSync(path.join(FOLDER, file))),
      windowError(code, 'windows/detector=shop/a.parquet'),
    );
  });
}

test('Impala and Spark values come through', () => {
  const table = readTable(readFileSync(path.join(FOLDER, 'alltypes_plain.parquet')));
  assert.deepEqual(table.getChild('id')!.toArray(), Int32Array.of(4, 5, 6, 7, 2, 3, 0, 1));
  const spark = readTable(readFileSync(path.join(FOLDER, 'int96_from_spark.parquet')));
  assert.equal(spark.getChild('a')!.get(0), Date.UTC(2024, 0, 1, 20, 34, 56, 123) + 0.456);
});

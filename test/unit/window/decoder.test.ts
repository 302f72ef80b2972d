import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { withDecoder } from '../../../lib/window/decoder.ts';
import { windowLimits } from '../../../lib/window/limits.ts';
import { readTable } from '../../../lib/window/parquet.ts';
import { FIXTURES, parquetOf, windowError } from './helpers.ts';

const good: Uint8Array = readFileSync(path.join(FIXTURES, 'parquet-testing/alltypes_plain.parquet'));
const panicking: Uint8Array = readFileSync(
  path.join(FIXTURES, 'parquet-testing/large_string_map.brotli.parquet'),
);

test('a panic is one failed read: the next one has an instance of its own', () => {
  assert.equal(readTable(good).numRows, 8);
  const before = memory();
  for (let round = 0; round < 3; round++) {
    assert.throws(
      () => withDecoder((parquet) => parquet.readParquet(panicking)),
      (error) => error instanceof WebAssembly.RuntimeError,
    );
    assert.notEqual(memory(), before);
    assert.equal(readTable(good).toArray()[7]!.id, 1);
  }
});

test('an instance is kept while nothing goes wrong', () => {
  readTable(good);
  const before = memory();
  readTable(good);
  assert.equal(memory(), before);
});

test('a table that unfolds into gigabytes ends at the memory limit, and reading goes on', async () => {
  // One string of 4 MiB in the dictionary, 1,000 rows: its footer says 4 MiB, its decoded column holds 4 GiB.
  const bomb = await parquetOf(
    `SELECT range::BIGINT AS ts, repeat('x', 4194304) AS name, 1.0 AS v FROM range(1000)`,
    `COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 10000, STRING_DICTIONARY_PAGE_SIZE_LIMIT 8000000`,
  );
  assert.ok(bomb.length < 1_000_000, `${bomb.length} bytes`);
  assert.throws(() => readTable(bomb, 'bomb'), windowError('unreadable', 'bomb', 'the decoder gave up'));
  assert.equal(readTable(good).numRows, 8);
  assert.ok(windowLimits().decoderPages * 65_536 <= 2 ** 30);
});

function memory(): unknown {
  return withDecoder((parquet) => parquet.wasmMemory());
}

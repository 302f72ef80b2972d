import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { WindowError } from '../../../lib/base/errors.ts';
import { writeWindow } from '../../../lib/window/write-window.ts';
import { FIXTURES, MINUTE, makeWindow, parquetOf, read, T0 } from './helpers.ts';

const own: Uint8Array = writeWindow(
  makeWindow(
    Array.from({ length: 60 }, (_, row) => ({
      entity: row < 30 ? 'a' : 'b',
      time: T0 + (row % 30) * MINUTE,
      values: [Math.sin(row), row % 3],
    })),
  ),
  { manifestHash: 'h' },
);
const files: Readonly<Record<string, Uint8Array>> = {
  'a window of our own': own,
  'pandas with brotli': new Uint8Array(readFileSync(path.join(FIXTURES, 'python/pandas-nullable.parquet'))),
  'arrow with delta encodings': new Uint8Array(
    readFileSync(path.join(FIXTURES, 'python/arrow-split.parquet')),
  ),
  'DuckDB with gzip': await parquetOf(
    `SELECT TIMESTAMP '2026-01-01' + to_minutes(i) AS ts, i AS v, 'p' AS pod FROM range(100) t(i)`,
    'COMPRESSION gzip',
  ),
};

for (const [name, bytes] of Object.entries(files)) {
  test(`${name}: any bytes changed or cut off give a window or a WindowError`, () => {
    // Half of the changes fall into the footer: elsewhere most of them only change a value.
    const at = fc.oneof(
      fc.nat(bytes.length - 1),
      fc.integer({ min: Math.floor(bytes.length / 2), max: bytes.length - 1 }),
    );
    const change = fc.tuple(at, fc.nat(255));
    const end = fc.oneof(
      { weight: 9, arbitrary: fc.constant(bytes.length) },
      { weight: 1, arbitrary: fc.nat(bytes.length) },
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), end, (changes, length) => {
        const damaged = bytes.slice(0, length);
        for (const [index, value] of changes) if (index < length) damaged[index] = value;
        assertWindowOrError(damaged);
      }),
      { numRuns: 400, seed: 11 },
    );
  });
}

function assertWindowOrError(bytes: Uint8Array): void {
  try {
    const window = read(bytes);
    assert.equal(window.columns.length, window.metrics.length);
    for (const column of window.columns) assert.equal(column.length, window.times.length);
    for (const entity of window.entityOf) assert.ok(entity < window.entities.length);
  } catch (error) {
    assert.ok(error instanceof WindowError, error instanceof Error ? error.stack : String(error));
    assert.ok(error.message.includes('windows/detector=shop/a.parquet'), error.message);
  }
}

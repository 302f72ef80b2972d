/** Texts of a file cost what the file is large, however many there are of them and however long they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStringCoder } from '../../../lib/window/coded-strings.ts';
import { MAX_ENTITIES } from '../../../lib/window/limits.ts';
import { readCsvWindow } from '../../../lib/window/read-csv.ts';
import { parquetOf, read, windowError } from './helpers.ts';

const KEY = 'a.csv';

test('texts have numbers by first appearance, long ones as well', () => {
  const { values, codeFor } = createStringCoder();
  const long = 'A'.repeat(100_000);
  assert.deepEqual(
    ['b', `${long}1`, 'a', `${long}2`, `${long}1`, 'b'].map((text) => codeFor(text)),
    [0, 1, 2, 3, 1, 0],
  );
  assert.deepEqual(values, ['b', `${long}1`, 'a', `${long}2`]);
});

test('long texts that differ at their end are told apart in time', () => {
  const { values, codeFor } = createStringCoder();
  const start = 'p'.repeat(40_000);
  const began = performance.now();
  for (let i = 0; i < 3_000; i++) codeFor(`${start}${i}`);
  assert.equal(values.length, 3_000);
  // Each was compared with every other: a minute and more.
  assert.ok(performance.now() - began < 10_000);
});

test('more entities than a window may have are refused at the first that is too many', async () => {
  const lines = Array.from({ length: MAX_ENTITIES + 2 }, (_, i) => `2026-01-01T00:00:00Z,p${i},1`);
  const csv = (count: number): string => ['ts,pod,v', ...lines.slice(0, count)].join('\n');
  const readCsv = (text: string): unknown =>
    readCsvWindow(new TextEncoder().encode(text), { detector: 'shop', source: KEY, step: 60_000 });
  readCsv(csv(MAX_ENTITIES));
  const tooMany = windowError('too-large', 'more than 50000 entities in pod, and the limit is 50000');
  assert.throws(() => readCsv(csv(MAX_ENTITIES + 1)), tooMany);
  // Whatever stands in the lines behind it.
  assert.throws(() => readCsv(`${csv(MAX_ENTITIES + 2)}\nno time,last,1`), tooMany);
  const sql = `SELECT TIMESTAMP '2026-01-01' AS ts, 'p' || i AS pod, 1.0 AS v FROM range(60000) t(i)`;
  const [file, dictionary] = [await parquetOf(sql), await parquetOf(sql, 'DICTIONARY_SIZE_LIMIT 100000')];
  for (const bytes of [file, dictionary]) assert.throws(() => read(bytes), tooMany);
  const joined = await parquetOf(
    `SELECT TIMESTAMP '2026-01-01' AS ts, 'n' || i // 300 AS ns, 'p' || i % 300 AS pod, 1.0 AS v FROM range(60000) t(i)`,
  );
  assert.throws(() => read(joined), windowError('too-large', 'more than 50000 entities in ns, pod'));
});

test('a file may have more times than entities', () => {
  const at = (i: number): string => new Date(Date.UTC(2026, 0, 1) + i * 1_000).toISOString();
  const lines = Array.from({ length: MAX_ENTITIES + 10 }, (_, i) => `${at(i)},a,${i}`);
  for (const name of ['ts', 'Time', '']) {
    const bytes = new TextEncoder().encode([`${name},pod,v`, ...lines].join('\n'));
    assert.equal(readCsvWindow(bytes, { detector: 'shop', source: KEY }).times.length, lines.length);
  }
});

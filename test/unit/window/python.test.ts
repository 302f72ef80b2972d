/** What pandas, pyarrow and fastparquet write: fixtures by test/fixtures/parquet/python/make.py. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { FIXTURES, MINUTE, read, T0 } from './helpers.ts';

const FOLDER: string = path.join(FIXTURES, 'python');
const files: string[] = readdirSync(FOLDER).filter((name) => name.endsWith('.parquet'));

test('every fixture of the script is here', () => assert.equal(files.length, 16));

for (const file of files) {
  test(`${file} holds the same window as all others`, () => {
    const minutes = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4].map((minute) => T0 + minute * MINUTE);
    assert.deepEqual(read(readFileSync(path.join(FOLDER, file))), {
      detector: 'shop',
      range: { start: T0, end: T0 + 5 * MINUTE },
      step: MINUTE,
      metrics: ['cpu', 'restarts', 'ready'],
      entities: ['cart', 'payment'],
      entityOf: Uint32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1),
      times: Float64Array.from(minutes),
      columns: [
        Float64Array.of(0.5, 0.25, Number.NaN, 0.125, 0.5, 1.5, 1.25, 1, 1.125, 1.5),
        Float64Array.of(0, 0, 1, 1, 1, 2, 2, 2, 2, 3),
        Float64Array.of(1, 1, 0, 1, 1, 1, 1, 1, 1, 0),
      ],
      labels: undefined,
    });
  });
}

/** One window of every format version ever written is kept in test/fixtures/parquet/own, and has to stay readable. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { WINDOW_FORMAT_VERSION } from '../../../lib/window/metadata.ts';
import { FIXTURES, MINUTE, read, T0 } from './helpers.ts';

const FOLDER: string = path.join(FIXTURES, 'own');
const files: string[] = readdirSync(FOLDER);

test('the current format has its fixture', () => {
  assert.ok(files.includes(`format-${WINDOW_FORMAT_VERSION}.parquet`));
});

for (const file of files)
  test(`${file} reads as the window that it was`, () => {
    assert.deepEqual(read(readFileSync(path.join(FOLDER, file))), {
      detector: 'shop',
      range: { start: T0 - MINUTE, end: T0 + 4 * MINUTE },
      step: MINUTE,
      metrics: ['cpu', 'mem'],
      entities: ['cart', 'payment'],
      entityOf: Uint32Array.of(0, 0, 1),
      times: Float64Array.of(T0, T0 + MINUTE, T0 + 2 * MINUTE),
      columns: [Float64Array.of(0.1, Number.NaN, 3), Float64Array.of(-1, 2 ** 40, Number.NaN)],
      labels: Uint8Array.of(0, 1, 0),
    });
  });

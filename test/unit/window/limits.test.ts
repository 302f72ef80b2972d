/** What is read at most, by the memory of the function that reads it. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { mostBatchSamples } from '../../../lib/jobs/export/export-batch.ts';
import { FUNCTION_NAMES, PLANNED_FUNCTIONS } from '../../../lib/jobs/plan/functions.ts';
import { mostBodyBytes } from '../../../lib/source/read-body.ts';
import { checkFooter } from '../../../lib/window/footer.ts';
import { checkGrid } from '../../../lib/window/grid.ts';
import { limitsOfFunction, windowLimits } from '../../../lib/window/limits.ts';
import { readCsvWindow } from '../../../lib/window/read-csv.ts';
import { makeWindow } from '../../helpers/synthetic-window.ts';
import { parquetOf, windowError } from './helpers.ts';

const MIB = 2 ** 20;
const VARIABLES = [
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'TIDEWATCH_MEMORY',
] as const;

/** As Lambda, or a container's definition, sets them. */
function setMemory(values: Partial<Record<(typeof VARIABLES)[number], string>>): void {
  for (const name of VARIABLES) delete process.env[name];
  Object.assign(process.env, values);
}

describe('limits of what is read', () => {
  afterEach(() => setMemory({}));

  it('are those of a deployment as it is, on a terminal too', () => {
    const expected = {
      fileBytes: 256 * MIB,
      uncompressedBytes: 768 * MIB,
      textBytes: 512 * MIB,
      rows: 5_000_000,
      values: 40_000_000,
      gridRows: 20_000_000,
      decoderPages: 16_384,
      keptDecoderPages: 4_096,
    };
    assert.deepEqual(windowLimits({}), expected);
    assert.deepEqual(limitsOfFunction(PLANNED_FUNCTIONS.score.memoryMb), expected);
    const asked = [{}, { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(PLANNED_FUNCTIONS.export.memoryMb) }];
    for (const env of asked)
      assert.deepEqual([mostBodyBytes(env), mostBatchSamples(env)], [128 * MIB, 4_000_000]);
  });

  it('let the training read whatever was scored', () => {
    const [score, train] = [PLANNED_FUNCTIONS.score, PLANNED_FUNCTIONS.train].map(({ memoryMb }) =>
      limitsOfFunction(memoryMb),
    );
    for (const [name, limit] of Object.entries(score!))
      assert.ok(train![name as keyof typeof train] >= limit);
  });

  it('grow with the memory that a process of nothing leaves, up to what V8 and WebAssembly hold', () => {
    // (3,388 - 150) / (1,769 - 150)
    assert.equal(limitsOfFunction(3_388).values, 80_000_000);
    assert.equal(limitsOfFunction(3_388).fileBytes, 512 * MIB);
    const largest = limitsOfFunction(10_240);
    assert.deepEqual(
      [largest.fileBytes, largest.uncompressedBytes, largest.decoderPages, largest.rows],
      [1024 * MIB, 3072 * MIB, 65_536, 16_000_000],
    );
    assert.ok(largest.values > 240_000_000 && largest.values * 8 < 10_240 * MIB);
    const memories = [256, ...FUNCTION_NAMES.map((name) => PLANNED_FUNCTIONS[name].memoryMb), 10_240];
    for (const mb of memories) {
      const { fileBytes, uncompressedBytes, decoderPages, values } = limitsOfFunction(mb);
      // A file and what it becomes lie in the decoder, and its doubles in the process.
      assert.ok(fileBytes + uncompressedBytes <= decoderPages * 65_536, `${mb} MB`);
      assert.ok(values * 8 < mb * MIB, `${mb} MB`);
    }
  });

  it('name the function whose memory raises them', async () => {
    setMemory({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512', AWS_LAMBDA_FUNCTION_NAME: 'tidewatch-prod-score' });
    const { rows } = windowLimits();
    assert.equal(rows, 1_117_000);
    const says = `${rows} at the 512 MB of tidewatch-prod-score: a larger memorySize in serverless.yml raises it`;
    const file = await parquetOf(`SELECT 1 AS v FROM range(${rows + 1})`);
    assert.throws(() => checkFooter(file, 'k'), windowError('too-large', `k has ${rows + 1} rows`, says));
    setMemory({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769' });
    checkFooter(file, 'k');
  });

  it('hold for CSV and grids', () => {
    setMemory({ TIDEWATCH_MEMORY: '256' });
    const { rows, gridRows } = windowLimits();
    const csv = `time,v\n${'2026-01-01,1\n'.repeat(rows + 1)}`;
    const more = `${rows} at 256 MB: a larger TIDEWATCH_MEMORY raises it`;
    assert.throws(
      () => readCsvWindow(Buffer.from(csv), { detector: 'd', source: 'k' }),
      windowError('too-large', `more than ${rows} rows`, more, 'batchMemory'),
    );
    const window = makeWindow({ detector: 'd', from: 0, rows: 2, entities: ['a'], metrics: ['v'] });
    const far = { ...window, times: Float64Array.of(0, gridRows * 60_000) };
    assert.throws(
      () => checkGrid(far, { step: 60_000, source: 'k' }),
      windowError(
        'too-large',
        `${gridRows + 1} rows on its grid, cells of 60000 ms`,
        `the limit is ${gridRows} at 256 MB`,
      ),
    );
    setMemory({});
    checkGrid(far, { step: 60_000, source: 'k' });
  });

  it('say on a terminal what raises them, and what nothing does', () => {
    const bytes = { length: 257 * MIB } as unknown as Uint8Array;
    assert.throws(
      () => checkFooter(bytes, 'k'),
      windowError('too-large', `${256 * MIB}: TIDEWATCH_MEMORY, in MB, raises it`),
    );
    setMemory({ TIDEWATCH_MEMORY: '30720' });
    const larger = { length: 1025 * MIB } as unknown as Uint8Array;
    assert.throws(
      () => checkFooter(larger, 'k'),
      windowError('too-large', `${1024 * MIB}, whatever the memory`),
    );
  });

  it('refuse a memory that is none', () => {
    for (const text of ['much', '255', '1769.5', '-1'])
      assert.throws(() => windowLimits({ TIDEWATCH_MEMORY: text }), {
        code: 'bad-memory',
        message: `TIDEWATCH_MEMORY is ${JSON.stringify(text)}: MB, a whole number from 256 on`,
      });
    assert.throws(() => limitsOfFunction(128), /AWS_LAMBDA_FUNCTION_MEMORY_SIZE is "128"/);
    assert.deepEqual(windowLimits({ TIDEWATCH_MEMORY: '' }), windowLimits({}));
  });
});

/** Files as DuckDB and parquetjs-lite write them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import parquetjs from 'parquetjs-lite';
import { inFolder, MINUTE, parquetOf, read, T0 } from './helpers.ts';

const SQL = `SELECT TIMESTAMP '2026-01-01' + to_minutes(i // 2) AS ts, 'pod' || i % 2 AS pod,
  CASE WHEN i <> 4 THEN i / 3.0 END::DOUBLE AS cpu, (i * 100000)::BIGINT AS bytes FROM range(2000) t(i)`;

test('DuckDB: every compression, page version and row group size gives the same window', async () => {
  const expected = read(await parquetOf(SQL, 'COMPRESSION uncompressed'));
  assert.equal(expected.times.length, 2_000);
  assert.deepEqual(expected.entities, ['pod0', 'pod1']);
  assert.equal(expected.columns[0]![3], 2);
  assert.ok(Number.isNaN(expected.columns[0]![2]));
  const options = ['snappy', 'gzip', 'zstd', 'lz4_raw', 'brotli'].map((codec) => `COMPRESSION ${codec}`);
  for (const option of [...options, 'PARQUET_VERSION v2', 'ROW_GROUP_SIZE 256', 'DICTIONARY_SIZE_LIMIT 1'])
    assert.deepEqual(read(await parquetOf(SQL, option)), expected, option);
});

for (const compression of ['UNCOMPRESSED', 'GZIP', 'SNAPPY'] as const) {
  test(`parquetjs-lite, ${compression}: timestamps, integers, strings and optional columns`, async () => {
    const bytes = await writeWithParquetJs(
      {
        time: { type: 'TIMESTAMP_MILLIS', compression },
        service: { type: 'UTF8', compression },
        requests: { type: 'INT64', compression },
        cpu: { type: 'DOUBLE', optional: true, compression },
        errors: { type: 'UINT_32', compression },
        ready: { type: 'BOOLEAN' },
      },
      [0, 1, 2].map((minute) => ({
        time: new Date(T0 + minute * MINUTE),
        service: 'pay',
        requests: minute * 10,
        ...(minute === 1 ? {} : { cpu: minute / 4 }),
        errors: minute,
        ready: minute > 0,
      })),
    );
    assert.deepEqual(read(bytes), {
      detector: 'shop',
      range: { start: T0, end: T0 + 3 * MINUTE },
      step: MINUTE,
      metrics: ['requests', 'cpu', 'errors', 'ready'],
      entities: ['pay'],
      entityOf: Uint32Array.of(0, 0, 0),
      times: Float64Array.of(T0, T0 + MINUTE, T0 + 2 * MINUTE),
      columns: [
        Float64Array.of(0, 10, 20),
        Float64Array.of(0, Number.NaN, 0.5),
        Float64Array.of(0, 1, 2),
        Float64Array.of(0, 1, 1),
      ],
      labels: undefined,
    });
  });
}

test('parquetjs-lite: epoch numbers, and byte arrays that say nothing of being text', async () => {
  const bytes = await writeWithParquetJs(
    { ts: { type: 'INT64' }, pod: { type: 'BYTE_ARRAY' }, v: { type: 'FLOAT' } },
    [0, 1].map((minute) => ({ ts: (T0 + minute * MINUTE) / 1_000, pod: Buffer.from('pod-ü'), v: minute })),
  );
  const window = read(bytes);
  assert.deepEqual(window.entities, ['pod-ü']);
  assert.deepEqual(window.times, Float64Array.of(T0, T0 + MINUTE));
});

async function writeWithParquetJs(
  schema: ConstructorParameters<typeof parquetjs.ParquetSchema>[0],
  rows: readonly Record<string, unknown>[],
): Promise<Uint8Array> {
  return await inFolder(async (folder) => {
    const file = path.join(folder, 'peer.parquet');
    const writer = await parquetjs.ParquetWriter.openFile(new parquetjs.ParquetSchema(schema), file);
    for (const row of rows) await writer.appendRow(row);
    await writer.close();
    return new Uint8Array(readFileSync(file));
  });
}

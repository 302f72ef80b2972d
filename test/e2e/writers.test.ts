/** Files of other writers, dropped as they wrote them: DuckDB, parquetjs-lite, pandas, pyarrow, fastparquet. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import parquetjs from 'parquetjs-lite';
import { subscribeQueue } from '../helpers/alert-queue.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import {
  HISTORY,
  MINUTE,
  queryParquet,
  runSql,
  shopParquet,
  shopQuery,
  T0,
  writeParquet,
} from '../helpers/shop-parquet.ts';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/parquet/python');
const FAULT = { pod: 'cart', from: 725, to: 735 };

let stack: LocalStack;

before(async () => {
  stack = await startLocalStack();
});
after(() => stack?.close());

test('parquetjs-lite: its rows on a history by DuckDB raise the alert', async () => {
  const queue = await subscribeQueue(stack, { detector: ['shop'] });
  await stack.put('windows/detector=shop/history.parquet', await shopParquet(HISTORY));
  await stack.idle();
  const rows = await runSql(shopQuery({ from: 720, to: 735, fault: FAULT }));
  await stack.put('windows/detector=shop/new.parquet', await writeWithParquetJs(rows));
  const [alert] = await queue.waitFor(1);
  // Of three of four rows, the first.
  assert.deepEqual(
    [alert?.entity, alert?.state, alert?.start],
    ['cart', 'opened', new Date(T0 + FAULT.from * MINUTE).toISOString()],
  );
});

test('Python: every fixture is scored, and all of them score alike', async () => {
  // The fixtures' ten rows start at T0, with these metrics and entities.
  const history = `SELECT TIMESTAMP '2026-01-01' - to_minutes(720 - i) AS timestamp, entity,
    1 + 0.2 * sin(i / 30.0) + (hash(entity || i) % 100) / 500.0 AS cpu, i // 200 AS restarts,
    (hash(i) % 10 > 0)::INT AS ready
    FROM range(720) rows(i), (VALUES ('cart'), ('payment')) pods(entity) ORDER BY entity, timestamp`;
  await stack.put('windows/detector=python/history.parquet', await writeParquet(history));
  await stack.idle();
  const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.parquet'));
  assert.equal(files.length, 16);
  for (const file of files)
    await stack.put(`windows/detector=python/${file}`, readFileSync(path.join(FIXTURES, file)));
  await stack.idle();
  assert.deepEqual(await stack.keys('quarantine/'), []);
  const all = await Promise.all(
    files.map(async (file) => {
      const scores = await stack.get(`scores/detector=python/${file}`);
      assert.ok(scores, file);
      return queryParquet(scores, 'SELECT entity, timestamp, score FROM FILE ORDER BY ALL');
    }),
  );
  assert.equal(all[0]?.length, 10);
  for (const [index, rows] of all.entries()) assert.deepEqual(rows, all[0], files[index]);
});

async function writeWithParquetJs(rows: readonly Record<string, unknown>[]): Promise<Uint8Array> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-writers-'));
  try {
    const file = path.join(folder, 'rows.parquet');
    const schema = new parquetjs.ParquetSchema({
      ts: { type: 'TIMESTAMP_MILLIS', compression: 'SNAPPY' },
      pod: { type: 'UTF8', compression: 'SNAPPY' },
      cpu: { type: 'DOUBLE' },
      memory: { type: 'DOUBLE' },
      requests: { type: 'DOUBLE' },
    });
    const writer = await parquetjs.ParquetWriter.openFile(schema, file);
    for (const row of rows) await writer.appendRow(row);
    await writer.close();
    return new Uint8Array(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What people drop: CSV beside Parquet, and columns that cannot be used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readDetectorStatus } from '../../../../lib/cli/detector-status.ts';
import { openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { scoresKey } from '../../../../lib/store/keys.ts';
import { loadQuickDetector } from '../../../helpers/load-quick-detector.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import {
  dropWindow,
  EPOCH,
  makeWindow,
  STEP,
  type SyntheticOptions,
} from '../../../helpers/synthetic-window.ts';
import { parquetOf } from '../../window/helpers.ts';

const PREFIX = 'windows/detector=shop/';

function csvOf(options: SyntheticOptions): Uint8Array {
  const { times, entities, entityOf, metrics, columns } = makeWindow(options);
  const lines = Array.from(times, (time, row) =>
    [new Date(time).toISOString(), entities[entityOf[row]!], ...columns.map((column) => column[row])].join(),
  );
  return new TextEncoder().encode(`ts,pod,${metrics.join()}\n${lines.join('\n')}\n`);
}

async function createTrained() {
  const telemetry = createMemoryTelemetry();
  const clock = EPOCH + 1600 * STEP;
  const bucket = openLocalBucket({ telemetry, now: () => clock });
  const context = { ...bucket.context, telemetry, withoutReports: true as const };
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
  const loaded = await loadQuickDetector(context, 'shop');
  await trainModel(loaded, context);
  await scoreWindows(loaded, context);
  return { bucket, context, telemetry, score: () => scoreWindows(loaded, context) };
}

test('a dropped CSV is scored and alerted on as Parquet is', async () => {
  const fault = { entity: 'payment', from: 1450, to: 1460 };
  const parquet = await createTrained();
  await dropWindow(parquet.bucket.store, { from: 1440, rows: 90, fault });
  await parquet.score();
  for (const [name, pack] of [
    ['rows.csv', (bytes: Uint8Array) => bytes],
    ['rows.CSV.gz', (bytes: Uint8Array) => gzipSync(bytes)],
  ] as const) {
    const { bucket, context, score } = await createTrained();
    await bucket.store.put(`${PREFIX}${name}`, pack(csvOf({ from: 1440, rows: 90, fault })));
    const { scored } = await score();
    assert.equal(scored[0]?.rows, 180);
    const told = (all: typeof bucket.found): string[] =>
      all.map(({ anomaly }) => `${anomaly.state} ${anomaly.summary}`);
    assert.deepEqual(told(bucket.found), told(parquet.bucket.found));
    assert.equal(bucket.found.length, 2);
    assert.ok((await bucket.store.get(scoresKey(`${PREFIX}${name}`))).body.length > 0);
    assert.deepEqual((await readDetectorStatus(context, 'shop')).quarantined, []);
  }
});

test('columns that cannot be used cost no row, and are told of once for all files that have them', async () => {
  const { bucket, context, telemetry, score } = await createTrained();
  for (const [i, name] of ['a.parquet', 'b.parquet'].entries())
    await bucket.store.put(
      `${PREFIX}${name}`,
      await parquetOf(`SELECT TIMESTAMP '2026-11-02' + to_minutes(i + ${15 * i}) AS ts, 'cart' AS pod,
        100 + i::DOUBLE AS cpu, 100 + i::DOUBLE AS memory, 9223372036854771712 AS requests,
        uuid() AS id, [i] AS list, {'a': i} AS struct, DATE '2026-11-02' AS day FROM range(15) t(i)`),
    );
  const { scored } = await score();
  assert.deepEqual(
    scored.map(({ rows }) => rows),
    [15, 15],
  );
  const { leftOut, quarantined } = await readDetectorStatus(context, 'shop');
  assert.deepEqual(quarantined, []);
  assert.deepEqual(
    leftOut.flatMap((note) => note.leftOut.map(({ code, column }) => `${code} ${column}`)).sort(),
    [
      'rounded requests',
      'unused-column day',
      'unused-column id',
      'unused-column list',
      'unused-column struct',
    ],
  );
  assert.match(leftOut[0]!.leftOut[0]!.message, /\(first in windows\/detector=shop\/a\.parquet\)$/);
  assert.equal(telemetry.total('LeftOut'), 5);
});

test('columns that the model does not know are named in a line of the log, however many they are', async () => {
  const { bucket, telemetry, score } = await createTrained();
  const [head, ...rows] = new TextDecoder()
    .decode(csvOf({ from: 1440, rows: 15 }))
    .trim()
    .split('\n');
  const names = Array.from({ length: 500 }, (_, i) => `"extra ${i}\u001b[2J"`).join();
  const text = [`${head},${names}`, ...rows.map((row) => `${row}${',1'.repeat(500)}`)].join('\n');
  await bucket.store.put(`${PREFIX}wide.csv`, new TextEncoder().encode(text));
  assert.equal((await score()).scored.length, 1);
  const told = telemetry.lines.find(({ message }) =>
    message.startsWith('metrics that the model does not know'),
  );
  const metrics = String(told?.fields?.['metrics']);
  assert.match(metrics, /^"extra 0 \[2J", .*, and 480 more$/);
});

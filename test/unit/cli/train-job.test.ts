/** The command of a training's container. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writePlace } from '../../../lib/store/training-place.ts';
import { runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { declareQuick, dropWindow, EPOCH, STEP } from '../../helpers/synthetic-window.ts';

test('what it logs ends with what it took, and goes by the window that it was asked for after', async () => {
  const now = EPOCH + 1_500 * STEP;
  const store = createMemoryObjectStore({ now: () => now });
  await declareQuick(store);
  await dropWindow(store, { from: 0, rows: 1_440 });
  const job = { name: 'train-shop-1', askedAt: now, until: now + 1, correlationId: 'shop@20261101T000000Z' };
  const sizes = { values: 1, memoryMb: 1, seconds: 1 };
  await writePlace(
    store,
    { formatVersion: 1, detector: 'shop', identity: '', at: now, asked: 1, failures: 0, job, ...sizes },
    undefined,
  );
  const args = ['train-job', 'shop', '--job', job.name, '--json', '--verbose'];
  const { lines, stderr, code } = await runTestCli(args, store, {
    now: () => now,
    env: {
      TIDEWATCH_BUCKET: 'test-bucket',
      TIDEWATCH_MEMORY: '30720',
      TIDEWATCH_SCORE_QUEUE_URL: 'https://queue.test/score',
    },
  });
  assert.equal(code, 0, `${stderr} ${JSON.stringify(lines)}`);
  const run = lines.find(({ message }) => message === 'run') ?? {};
  assert.equal(run['memoryLimitMb'], 30_720);
  for (const name of ['reads', 'lists', 'writes', 'durationMs', 'maxMemoryMb'])
    assert.ok(Number(run[name]) > 0, `${name}: ${run[name]}`);
  const said = lines.filter(({ correlationId }) => correlationId !== undefined);
  assert.ok(
    said.some(({ correlationId }) => correlationId === job.correlationId),
    JSON.stringify(lines),
  );
});

/** Commands on a detector in two shards: cart is in the first, payment in the second. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreWindows } from '../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../lib/jobs/shared/load-detectors.ts';
import { updateState } from '../../../lib/store/detector-states.ts';
import { manifestKey, unitOfWindowKey, windowKey } from '../../../lib/store/keys.ts';
import { readCurrent } from '../../../lib/store/model-repository.ts';
import { writeWindow } from '../../../lib/window/write-window.ts';
import { type CliRun, runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../helpers/memory-telemetry.ts';
import { EPOCH, makeWindow, STEP } from '../../helpers/synthetic-window.ts';

const UNITS = ['shop/shard=1-of-2', 'shop/shard=2-of-2'];
const NOW = EPOCH + 1_441 * STEP;

/** As an export leaves it. */
async function createBucket(shards = 2): Promise<MemoryObjectStore> {
  const store = createMemoryObjectStore({ now: () => NOW });
  const manifest = `kind: AnomalyDetector
metadata: { name: shop }
spec:
  metrics: [{ name: cpu, query: a }, { name: memory, query: b }, { name: requests, query: c }]
  shards: ${shards}
  model: { kind: robust-z }
  training: { warmup: 1000 }
`;
  await store.put(manifestKey('shop'), new TextEncoder().encode(manifest));
  await updateState(store, 'shop', (state) => ({
    ...state,
    exportedUntil: EPOCH + 1_440 * STEP,
    exporting: { daysUntil: 0, dataSince: EPOCH, gaps: [] },
    shards: 2,
  }));
  for (const [i, entity] of ['cart', 'payment'].entries()) {
    const window = makeWindow({ from: 0, rows: 1_440, entities: [entity] });
    await store.put(windowKey(UNITS[i]!, window.range), writeWindow(window, { manifestHash: 'x' }));
  }
  return store;
}

function run(store: MemoryObjectStore, ...args: readonly string[]): Promise<CliRun> {
  return runTestCli(args, store, { now: () => NOW });
}

test('the name of a detector trains and scores its shards, and that of a shard only this one', async () => {
  const store = await createBucket();
  const trained = await run(store, 'train', UNITS[0]!, '--json');
  assert.deepEqual(
    trained.lines
      .filter(({ type }) => type === 'trained')
      .map(({ detector, outcome }) => [detector, outcome]),
    [[UNITS[0], 'trained']],
  );
  assert.equal(await readCurrent(store, UNITS[1]!), undefined);
  const all = await run(store, 'train', 'shop', '--json');
  assert.deepEqual(
    all.lines.filter(({ type }) => type === 'trained').map(({ detector, outcome }) => [detector, outcome]),
    [
      [UNITS[0], 'unchanged'],
      [UNITS[1], 'trained'],
    ],
  );
  const scored = await run(store, 'score', 'shop', '--print-only');
  assert.equal(scored.code, 0, scored.stderr);
  for (const unit of UNITS)
    assert.match(scored.stdout, new RegExp(`${unit}: 1 windows with 1440 rows scored`));
  assert.equal(store.keys().filter((key) => key.startsWith('scores/')).length, 2);
  assert.equal((await run(store, 'score', UNITS[1]!, '--print-only')).code, 0);

  const again = await run(
    store,
    'replay',
    'range',
    'shop',
    '--from',
    new Date(EPOCH).toISOString(),
    '--json',
  );
  const replayed = again.lines.filter(({ type }) => type === 'replayed').map(({ detector }) => detector);
  assert.deepEqual(replayed, UNITS);
});

test('status has a line for each shard, and what is of all of them with the first', async () => {
  const store = await createBucket(4);
  await run(store, 'score', 'shop', '--print-only');
  const { lines } = await run(store, 'status', '--json');
  const told = lines.filter(({ type }) => type === 'detector');
  assert.deepEqual(
    told.map(({ detector, shard, phase, rows }) => [detector, shard, phase, rows]),
    [
      ['shop', '1-of-2', 'learning', 1_440],
      ['shop', '2-of-2', 'learning', 1_440],
    ],
  );
  assert.match(String(told[0]!['shardsKept']), /^spec\.shards is 4, and shop stays in 2 shards/);
  assert.equal(told[1]!['shardsKept'], undefined);
  const text = (await run(store, 'status', UNITS[1]!)).stdout;
  assert.match(text, /^shop\/shard=2-of-2 /m);
  assert.doesNotMatch(text, /shard=1-of-2/);
});

test('a stray file is set aside, and told of with the first shard', async () => {
  const store = await createBucket();
  const key = 'windows/detector=shop/stray.csv';
  await store.put(key, new TextEncoder().encode('x'));
  const queue = {
    requestScoring: async () => {},
    requestTraining: async () => {},
    requestNotifying: async () => {},
  };
  const context = {
    store,
    queue,
    telemetry: createMemoryTelemetry(),
    now: () => NOW,
    deadline: { remaining: () => Infinity },
  };
  await scoreWindows(await loadDetector(context, 'shop'), context, { arrived: [key] });
  const { lines } = await run(store, 'status', '--json');
  assert.deepEqual(
    lines
      .filter(({ type }) => type === 'detector')
      .map(({ quarantined }) => (quarantined as unknown[]).length),
    [1, 0],
  );
});

test('an export, and what is in quarantine, is of whole detectors', async () => {
  const store = await createBucket();
  for (const args of [
    ['export', UNITS[0]!, '--prometheus', 'http://localhost:1'],
    ['replay', 'quarantine', UNITS[0]!],
  ]) {
    const { code, stderr } = await run(store, ...args);
    assert.notEqual(code, 0);
    assert.match(stderr, /shop\/shard=1-of-2 is a shard: .* is of all of shop; name that/);
  }
  const { stderr } = await run(store, 'train', 'other/shard=1-of-2');
  assert.match(stderr, /no detector "other", neither/);
});

test('the plan of a bucket has the shards that hold somebody', async () => {
  const store = await createBucket();
  const { lines } = await run(store, 'plan', '--bucket', 'mine', '--json');
  const planned = lines.filter(({ type }) => type === 'plan').map(({ detector }) => detector);
  assert.deepEqual(planned, UNITS);
  assert.ok(
    store
      .keys()
      .filter((key) => key.startsWith('windows/'))
      .every((key) => unitOfWindowKey(key) !== 'shop'),
  );
});

/** A detector in shards: pod "a" is in shard 4 of 4, and "b" in shard 3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readState } from '../../../../lib/store/detector-states.ts';
import { reasonKey, windowKey } from '../../../../lib/store/keys.ts';
import { createMortalStore, KilledError } from '../../../helpers/memory-object-store.ts';
import {
  at,
  createWorld,
  DAY,
  MINUTE,
  NOW,
  type RunOptions,
  rangesIn,
  run,
  runDay,
  type World,
  windowAt,
} from './export-world.ts';

const IN_SHARDS: RunOptions = { detector: { shards: 4 } };
const RANGE = { start: at('09:15:00'), end: at('09:30:00') };

function keyOf(index: number, range: { readonly start: number; readonly end: number } = RANGE): string {
  return windowKey(`shop/shard=${index}-of-4`, range);
}

function windowsIn({ store }: World): readonly string[] {
  return store.keys().filter((key) => key.startsWith('windows/'));
}

async function entitiesIn(world: World): Promise<Readonly<Record<string, readonly string[]>>> {
  const entities: Record<string, readonly string[]> = {};
  for (const key of windowsIn(world)) entities[key] = (await windowAt(world.store, key)).entities;
  return entities;
}

test('one query for all, and of each window a file for each shard that has somebody', async () => {
  const world = createWorld();
  const { exported } = await run(world, { ...IN_SHARDS, maxWindows: 2 });
  const second = { start: at('09:30:00'), end: at('09:45:00') };
  assert.deepEqual(exported, [keyOf(3), keyOf(4), keyOf(3, second), keyOf(4, second)]);
  assert.deepEqual(await entitiesIn(world), {
    [keyOf(3)]: ['b'],
    [keyOf(3, second)]: ['b'],
    [keyOf(4)]: ['a'],
    [keyOf(4, second)]: ['a'],
  });
  assert.equal(world.queries.length, 4);
  const { state } = await readState(world.store, 'shop');
  assert.deepEqual([state.shards, state.exportedUntil], [4, second.end]);
});

test('killed at any write, the next run leaves what an undisturbed one does', async () => {
  const undisturbed = createWorld();
  await run(undisturbed, IN_SHARDS);
  const expected = undisturbed.store.keys();
  for (const stage of ['before', 'after'] as const)
    for (let atWrite = 0; atWrite < 9; atWrite++) {
      const world = createWorld();
      const store = createMortalStore(world.store, { atWrite, stage });
      await assert.rejects(run(world, { ...IN_SHARDS, store }), KilledError);
      await run(world, IN_SHARDS);
      assert.deepEqual(world.store.keys(), expected, `${stage} ${atWrite}`);
      for (const key of windowsIn(undisturbed))
        assert.deepEqual(await windowAt(world.store, key), await windowAt(undisturbed.store, key));
    }
});

test('the number stays what it was: neither the manifest nor a lost state changes it', async () => {
  const world = createWorld();
  await run(world, { ...IN_SHARDS, maxWindows: 1 });
  await run(world, { detector: { shards: 2 }, maxWindows: 1 });
  assert.equal(windowsIn(world).filter((key) => key.includes('-of-4/')).length, 4);
  for (const shards of [2, 1]) {
    await world.store.delete('state/detector=shop.json');
    await run(world, { detector: { shards } });
  }
  assert.deepEqual(
    windowsIn(world).filter((key) => !key.includes('-of-4/')),
    [],
  );
});

test('a stray file that was set aside does not make it one unit when its state is lost', async () => {
  const world = createWorld();
  await run(world, { ...IN_SHARDS, maxWindows: 1 });
  const stray = 'windows/detector=shop/old.csv';
  for (const key of [stray, reasonKey(stray)]) await world.store.put(key, new Uint8Array(1));
  await world.store.delete('state/detector=shop.json');
  const { exported } = await run(world, IN_SHARDS);
  assert.ok(exported.length > 0 && exported.every((key) => key.includes('-of-4/')));
});

test('what was exported as one unit stays one', async () => {
  const world = createWorld();
  await run(world, { maxWindows: 1 });
  const { exported } = await run(world, IN_SHARDS);
  assert.ok(exported.length > 0 && exported.every((key) => !key.includes('shard=')));
  assert.equal((await readState(world.store, 'shop')).state.shards, undefined);
});

test('a detector with dropped files stays one unit, and its log says so', async () => {
  const world = createWorld();
  await world.store.put('windows/detector=shop/old.csv', new Uint8Array(1));
  const { exported } = await run(world, IN_SHARDS);
  assert.ok(exported.every((key) => !key.includes('shard=')));
  assert.ok(world.telemetry.lines.some(({ message }) => message.startsWith('the detector stays one unit')));
});

test('by itself it is in as many shards as it takes to train them, and in none where one is enough', async () => {
  const lookbackOf = (days: number): RunOptions['detector'] => ({
    training: { warmup: 10, lookback: days * DAY, every: DAY, incidents: 'settled' },
    step: 1_000,
    detectionWindow: MINUTE,
    backfill: 5 * MINUTE,
  });
  // Two pods, two metrics, a row a second.
  const [small, large] = [createWorld(), createWorld()];
  await run(small, { detector: lookbackOf(100) });
  assert.equal((await readState(small.store, 'shop')).state.shards, undefined);
  await run(large, { detector: lookbackOf(200) });
  assert.equal((await readState(large.store, 'shop')).state.shards, 3);
  // Its state is lost, and by now one would be enough.
  await large.store.delete('state/detector=shop.json');
  await run(large, { detector: lookbackOf(100) });
  assert.equal((await readState(large.store, 'shop')).state.shards, 3);
});

test('days of a backfill are in the shards of the detector, and one that was cut short is completed', async () => {
  const undisturbed = createWorld();
  await runDay(undisturbed, '2026-11-20', IN_SHARDS);
  const day = { start: at('00:00:00') - 2 * DAY, end: at('00:00:00') - DAY };
  assert.deepEqual(windowsIn(undisturbed), [keyOf(3, day), keyOf(4, day)]);
  for (let atWrite = 1; atWrite < 4; atWrite++) {
    const world = createWorld();
    const store = createMortalStore(world.store, { atWrite, stage: 'before' });
    const cut = await runDay(world, '2026-11-20', { ...IN_SHARDS, store }).catch((error: unknown) => error);
    assert.equal(cut instanceof KilledError, atWrite < 3);
    await runDay(world, '2026-11-20', IN_SHARDS);
    assert.deepEqual(world.store.keys(), undisturbed.store.keys());
  }
  // The schedule goes on with that number.
  await run(undisturbed, { maxWindows: 1 });
  assert.deepEqual(
    new Set(windowsIn(undisturbed).map((key) => key.split('/')[2])),
    new Set(['shard=3-of-4', 'shard=4-of-4']),
  );
  assert.equal(rangesIn(undisturbed.store).at(-1)!.end <= NOW, true);
});

/** A window that kills the function which scores it is set aside after two deaths; the others are scored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LocalBucket, openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { listQuarantine } from '../../../../lib/jobs/shared/quarantine.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { attemptKey, reasonKey } from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createMortalStore, KilledError } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const LETHAL = 'windows/detector=shop/lethal.parquet';
const RUN = 120_000;

interface World {
  clock: number;
  readonly bucket: LocalBucket;
  readonly context: JobContext;
}

async function createWorld(): Promise<World> {
  const clock = EPOCH + 1500 * STEP;
  const bucket = openLocalBucket({ telemetry: createMemoryTelemetry(), now: () => world.clock });
  const deadline = { remaining: () => RUN };
  const world: World = { clock, bucket, context: { ...bucket.context, deadline, withoutReports: true } };
  return world;
}

async function score(world: World, store: ObjectStore = world.bucket.store): Promise<string[]> {
  const context = { ...world.context, store };
  const { scored } = await scoreWindows(await loadDetector(context, 'shop'), context);
  return scored.map(({ key }) => key.slice(key.lastIndexOf('/') + 1));
}

/** A process that does not outlive the reading of the lethal window. */
async function scoreAndDie(world: World): Promise<void> {
  const mortal = createMortalStore(world.bucket.store);
  const store: ObjectStore = {
    ...mortal,
    get(key, options) {
      if (key === LETHAL) mortal.kill();
      return mortal.get(key, options);
    },
  };
  await assert.rejects(score(world, store), KilledError);
}

async function dropLethal(world: World): Promise<void> {
  await world.bucket.store.put(
    LETHAL,
    writeWindow(makeWindow({ from: 1440, rows: 15 }), { manifestHash: 'test' }),
  );
}

for (const phase of ['learning', 'active'] as const)
  test(`${phase}: the third run sets aside what ended two, says why, and does the rest`, async () => {
    const world = await createWorld();
    await dropWindow(world.bucket.store, { from: 0, rows: 1440 });
    if (phase === 'active') await trainModel(await loadDetector(world.context, 'shop'), world.context);
    await dropLethal(world);
    await dropWindow(world.bucket.store, { from: 1455, rows: 15 });
    await scoreAndDie(world);
    // As the first one may be alive still, the second does not count it.
    world.clock += RUN / 2;
    await scoreAndDie(world);
    world.clock += RUN + 1;
    await scoreAndDie(world);
    assert.deepEqual(await listQuarantine(world.bucket.store), []);
    world.clock += RUN + 1;
    const scored = await score(world);
    assert.equal(scored.length, phase === 'active' ? 2 : 0);
    const [entry] = await listQuarantine(world.bucket.store);
    assert.deepEqual([entry?.key, entry?.code], [LETHAL, 'killed-function']);
    assert.match(
      entry!.message,
      /^windows\/detector=shop\/lethal\.parquet: 2 runs .* out of memory or of time/,
    );
  });

test('what was set aside is tried again once its reason is deleted', async () => {
  const world = await createWorld();
  await dropLethal(world);
  for (let deaths = 0; deaths < 2; deaths++) {
    await scoreAndDie(world);
    world.clock += RUN + 1;
  }
  await score(world);
  assert.equal((await listQuarantine(world.bucket.store)).length, 1);
  await world.bucket.store.delete(reasonKey(LETHAL));
  await score(world);
  assert.deepEqual(await listQuarantine(world.bucket.store), []);
  assert.equal((await readState(world.bucket.store, 'shop')).state.learning[LETHAL]?.rows, 30);
});

test('a run that ends by itself is no death, whatever it ends with', async () => {
  const world = await createWorld();
  await dropLethal(world);
  const failing: ObjectStore = {
    ...world.bucket.store,
    async get(key, options) {
      if (key === LETHAL) throw new Error('503 Slow Down');
      return world.bucket.store.get(key, options);
    },
  };
  for (let i = 0; i < 4; i++) {
    await assert.rejects(score(world, failing), /503/);
    world.clock += RUN + 1;
  }
  await score(world);
  assert.deepEqual(await listQuarantine(world.bucket.store), []);
});

test('a mark is for files that people drop; what the exporter writes costs no request more', async () => {
  const world = await createWorld();
  await dropWindow(world.bucket.store, { from: 0, rows: 1440 });
  await dropWindow(world.bucket.store, { from: 1440, rows: 15 });
  await score(world);
  await assert.rejects(world.bucket.store.head(attemptKey('shop')), { code: 'not-found' });
  await dropLethal(world);
  await score(world);
  const mark = new TextDecoder().decode((await world.bucket.store.get(attemptKey('shop'))).body);
  assert.match(mark, /lethal/);
  assert.doesNotMatch(mark, /until/);
});

test('a mark that is cut in its middle is no mark', async () => {
  const world = await createWorld();
  await world.bucket.store.put(attemptKey('shop'), new TextEncoder().encode('{"formatV'));
  await dropLethal(world);
  await score(world);
  assert.deepEqual(await listQuarantine(world.bucket.store), []);
});

/** A version goes once it was out of use for as long as scores are kept, and never one that is in use or named. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type LocalBucket, openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import type { TrainContext } from '../../../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { KEEP_RETIRED, removeOldVersions } from '../../../../lib/jobs/train/remove-old-versions.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readCurrent } from '../../../../lib/store/model-repository.ts';
import { listVersions, readRetired } from '../../../../lib/store/retired-versions.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, STEP } from '../../../helpers/synthetic-window.ts';

const DAY = 86_400_000;

let clock: number;
let bucket: LocalBucket;
let context: TrainContext;
let telemetry: MemoryTelemetry;

beforeEach(() => {
  clock = EPOCH;
  telemetry = createMemoryTelemetry();
  bucket = openLocalBucket({ telemetry, now: () => clock });
  context = { ...bucket.context, telemetry, deadline: { remaining: () => 900_000 }, withoutReports: true };
});

const put = (key: string, text = '{}') => bucket.store.put(key, new TextEncoder().encode(text));
const declare = (spec: string, name = 'shop') =>
  put(`detectors/${name}.yml`, `kind: AnomalyDetector\nmetadata: { name: ${name} }\nspec: ${spec}\n`);
const versions = () => listVersions(bucket.store, 'shop');
const look = async () => removeOldVersions((await loadDetector(context, 'shop')).detector, context);

async function keys(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { key } of bucket.store.list('models/')) found.push(key);
  return found;
}

/** Keys that a look reads. */
async function readsOf(changed: Partial<TrainContext> = {}): Promise<readonly string[]> {
  const { detector } = await loadDetector(context, 'shop');
  const reads: string[] = [];
  const store: typeof bucket.store = {
    ...bucket.store,
    get(key, options) {
      reads.push(key);
      return bucket.store.get(key, options);
    },
  };
  await removeOldVersions(detector, { ...context, ...changed, store });
  return reads;
}

async function make(version: string): Promise<void> {
  for (const name of ['evidence.json', 'manifest.json', 'model.json', 'report.html'])
    await put(`models/detector=shop/version=${version}/${name}`);
}

const use = (version: string, previous?: string) =>
  put('models/detector=shop/current.json', JSON.stringify({ formatVersion: 1, version, previous }));

test('what was in use last is kept for as long as its scores, from when it was seen out of use', async () => {
  for (const version of ['a', 'b', 'c']) await make(version);
  await use('c', 'b');
  await look();
  assert.deepEqual([...(await readRetired(bucket.store, 'shop')).versions], [['a', EPOCH]]);
  clock += KEEP_RETIRED - 1;
  await look();
  assert.deepEqual(await versions(), ['a', 'b', 'c']);
  clock++;
  await look();
  assert.deepEqual(await versions(), ['b', 'c']);
  assert.equal((await readRetired(bucket.store, 'shop')).versions.size, 0);
  // Whatever their age: one is in use, and one is what is gone back to.
  clock += 10 * KEEP_RETIRED;
  await look();
  assert.deepEqual(await versions(), ['b', 'c']);
});

test('what is gone back to counts from when it is left again', async () => {
  for (const version of ['a', 'b', 'c']) await make(version);
  await use('c', 'b');
  await look();
  clock += KEEP_RETIRED - DAY;
  await use('a', 'c');
  await look();
  clock += DAY;
  await use('c', 'b');
  await look();
  clock += KEEP_RETIRED - 1;
  await look();
  assert.deepEqual(await versions(), ['a', 'b', 'c']);
});

test('what a manifest pins or starts from stays, and so does everything while one cannot be read', async () => {
  for (const version of ['a', 'b', 'c', 'd', 'e', 'f']) await make(version);
  await use('f', 'e');
  await look();
  clock += KEEP_RETIRED;
  await declare('{ model_version: a }');
  await declare('{ model: { kind: lstm, fine_tune: { detector: shop, version: b } } }', 'other');
  await put('detectors/broken.yml', 'kind: [');
  await look();
  assert.deepEqual(await versions(), ['a', 'b', 'c', 'd', 'e', 'f']);
  assert.match(JSON.stringify(telemetry.lines), /old versions of the model stay.*broken/);
  await bucket.store.delete('detectors/broken.yml');
  await look();
  assert.deepEqual(await versions(), ['a', 'b', 'e', 'f']);
  // It is named, so that nobody has to look again for as long.
  assert.ok(!(await readsOf()).includes('detectors/other.yml'));
  // What was taken off: named until now.
  await declare('{}');
  await declare('{}', 'other');
  await look();
  clock += KEEP_RETIRED - 1;
  await look();
  assert.deepEqual(await versions(), ['a', 'b', 'e', 'f']);
});

test('a deletion that was cut short goes on, and what is left of the version is none', async () => {
  for (const version of ['a', 'b', 'c']) await make(version);
  await use('c', 'b');
  await look();
  clock += KEEP_RETIRED;
  const failing = {
    ...bucket.store,
    delete: async (key: string) => {
      if (!key.endsWith('manifest.json')) throw new Error(`cannot delete ${key}`);
      await bucket.store.delete(key);
    },
  };
  const { detector } = await loadDetector(context, 'shop');
  await removeOldVersions(detector, { ...context, store: failing });
  assert.match(JSON.stringify(telemetry.lines.at(-1)), /cannot delete .*evidence\.json/);
  assert.deepEqual(await versions(), ['a', 'b', 'c']);
  assert.ok(!(await keys()).includes('models/detector=shop/version=a/manifest.json'));
  await look();
  assert.match(JSON.stringify(telemetry.lines.at(-1)), /old version of the model deleted.*"a"/);
  assert.deepEqual(await versions(), ['b', 'c']);
});

test('a list that is no list deletes nothing, and a time that has not come counts from now', async () => {
  for (const version of ['a', 'b', 'c']) await make(version);
  await use('c', 'b');
  await put('models/detector=shop/retired.json', '{');
  clock += KEEP_RETIRED;
  await look();
  assert.match(JSON.stringify(telemetry.lines.at(-1)), /old versions of the model stay/);
  const ahead = { formatVersion: 1, versions: { a: clock + 100 * KEEP_RETIRED } };
  await put('models/detector=shop/retired.json', JSON.stringify(ahead));
  await look();
  assert.deepEqual([...(await readRetired(bucket.store, 'shop')).versions], [['a', clock]]);
});

test('a training removes what is due, and uses its own', async () => {
  await declare('{ model: { kind: robust-z } }');
  await make('20200101T000000Z-old');
  await put(
    'models/detector=shop/retired.json',
    JSON.stringify({ formatVersion: 1, versions: { '20200101T000000Z-old': EPOCH - KEEP_RETIRED } }),
  );
  clock = EPOCH + 1500 * STEP;
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
  const { outcome, version } = await trainModel(await loadDetector(context, 'shop'), context);
  assert.equal(outcome, 'trained');
  assert.equal((await readCurrent(bucket.store, 'shop'))?.version, version);
  assert.deepEqual(await versions(), [version]);
  // One that made no version looks at none.
  await make('20200101T000000Z-old');
  clock += KEEP_RETIRED;
  await put(
    'models/detector=shop/retired.json',
    JSON.stringify({ formatVersion: 1, versions: { '20200101T000000Z-old': EPOCH } }),
  );
  assert.equal((await trainModel(await loadDetector(context, 'shop'), context)).outcome, 'unchanged');
  assert.deepEqual(await versions(), ['20200101T000000Z-old', version]);
});

test('what is gone back to while nothing else is there counts from when it is left again', async () => {
  for (const version of ['a', 'b']) await make(version);
  await use('b');
  await look();
  clock += KEEP_RETIRED;
  await use('b', 'a');
  await look();
  await make('c');
  await use('c', 'b');
  await look();
  assert.deepEqual(await versions(), ['a', 'b', 'c']);
});

test('without time left no manifest is read, nothing is deleted, and since when is kept', async () => {
  for (const version of ['a', 'b', 'c']) await make(version);
  await declare('{}');
  await use('c', 'b');
  await look();
  clock += KEEP_RETIRED;
  await make('d');
  await use('d', 'c');
  const reads = await readsOf({ deadline: { remaining: () => 5_000 } });
  assert.deepEqual(
    reads.filter((key) => key.startsWith('detectors/')),
    [],
  );
  assert.deepEqual(await versions(), ['a', 'b', 'c', 'd']);
  assert.deepEqual(
    [...(await readRetired(bucket.store, 'shop')).versions],
    [
      ['a', EPOCH],
      ['b', clock],
    ],
  );
});

test('what was pinned counts from when the pin is taken off', async () => {
  for (const version of ['a', 'b', 'c']) await make(version);
  await use('c', 'b');
  await look();
  await declare('{ model_version: a }');
  clock += KEEP_RETIRED - DAY;
  await look();
  await declare('{}');
  clock += DAY;
  await look();
  assert.deepEqual(await versions(), ['a', 'b', 'c']);
  assert.deepEqual([...(await readRetired(bucket.store, 'shop')).versions], [['a', clock]]);
});

test('a pin that was set while the training ran counts', async () => {
  for (const version of ['a', 'b', 'c']) await make(version);
  await use('c', 'b');
  await look();
  clock += KEEP_RETIRED;
  const { detector } = await loadDetector(context, 'shop');
  await declare('{ model_version: a }');
  await removeOldVersions(detector, context);
  assert.deepEqual(await versions(), ['a', 'b', 'c']);
});

test('once there is no time for another version, the rest waits for the next training', async () => {
  for (const version of ['a', 'b', 'c', 'd']) await make(version);
  await declare('{}');
  await use('d', 'c');
  await look();
  clock += KEEP_RETIRED;
  const { detector } = await loadDetector(context, 'shop');
  let left = 60_000;
  const store: typeof bucket.store = {
    ...bucket.store,
    async delete(key) {
      left = 5_000;
      await bucket.store.delete(key);
    },
  };
  await removeOldVersions(detector, { ...context, store, deadline: { remaining: () => left } });
  assert.deepEqual(await versions(), ['b', 'c', 'd']);
  assert.deepEqual([...(await readRetired(bucket.store, 'shop')).versions], [['b', EPOCH]]);
});

test('another training that looks at the same time is nothing to tell of, and keeps what it wrote', async () => {
  for (const version of ['a', 'b', 'c']) await make(version);
  await use('c', 'b');
  const { detector } = await loadDetector(context, 'shop');
  const list = '{ "formatVersion": 1, "versions": { "z": 5 } }';
  for (const there of [undefined, '{ "formatVersion": 1, "versions": {} }']) {
    await bucket.store.delete('models/detector=shop/retired.json');
    if (there !== undefined) await put('models/detector=shop/retired.json', there);
    const store: typeof bucket.store = {
      ...bucket.store,
      async put(key, body, options) {
        await put('models/detector=shop/retired.json', list);
        return bucket.store.put(key, body, options);
      },
    };
    await removeOldVersions(detector, { ...context, store });
    assert.deepEqual(telemetry.lines, []);
    assert.deepEqual([...(await readRetired(bucket.store, 'shop')).versions], [['z', 5]]);
  }
});

test('a look that finds nothing new writes nothing, and one that does keeps what a later release added', async () => {
  await make('a');
  await use('a');
  await look();
  assert.ok(!(await keys()).includes('models/detector=shop/retired.json'));
  for (const version of ['b', 'c']) await make(version);
  await use('c', 'b');
  await put('models/detector=shop/retired.json', '{ "formatVersion": 1, "versions": {}, "more": 1 }');
  await look();
  const { etag, body } = await bucket.store.get('models/detector=shop/retired.json');
  assert.deepEqual(JSON.parse(new TextDecoder().decode(body)), {
    formatVersion: 1,
    versions: { a: EPOCH },
    more: 1,
  });
  let puts = 0;
  const { detector } = await loadDetector(context, 'shop');
  const store: typeof bucket.store = {
    ...bucket.store,
    put(key, written, options) {
      puts++;
      return bucket.store.put(key, written, options);
    },
  };
  clock += DAY;
  await removeOldVersions(detector, { ...context, store });
  assert.equal(puts, 0);
  assert.equal((await bucket.store.get('models/detector=shop/retired.json')).etag, etag);
});

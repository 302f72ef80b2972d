/** A training beyond the function is asked for as a job once, told of, tried again within bounds, and trained by whoever was asked. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { correlated } from '../../../../lib/base/correlation.ts';
import { readDetectorStatus } from '../../../../lib/cli/detector-status.ts';
import { type LocalBucket, openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import type { TrainContext } from '../../../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { watchDetectors } from '../../../../lib/jobs/shared/watch-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { beginJob, endJob } from '../../../../lib/jobs/train/training-job.ts';
import { movePlace, readPlace, type TrainingPlace } from '../../../../lib/store/training-place.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, STEP } from '../../../helpers/synthetic-window.ts';

const DAY = 86_400_000;
/** 1,440 rows of one entity need 400 MB, and a little more. */
const TOO_SMALL = { memoryMb: 100, processors: 1, seconds: 900 };
const JOB_ROOM = { memoryMb: 30_720, processors: 4, seconds: 43_200 };

let clock: number;
let bucket: LocalBucket;
let telemetry: MemoryTelemetry;
let asked: { name: string; detector: string }[];
let context: TrainContext;

beforeEach(async () => {
  clock = EPOCH + 1500 * STEP;
  bucket = openLocalBucket({ telemetry: createMemoryTelemetry(), now: () => clock });
  telemetry = createMemoryTelemetry();
  asked = [];
  context = {
    ...bucket.context,
    telemetry,
    withoutReports: true,
    room: TOO_SMALL,
    jobs: {
      room: JOB_ROOM,
      async submit(job) {
        asked.push(job);
        return { id: `id-${asked.length}` };
      },
    },
  };
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
});

const train = async (given: Partial<TrainContext> = {}) =>
  (await trainModel(await loadDetector(context, 'shop'), { ...context, ...given })).outcome;
const placeOf = async (): Promise<TrainingPlace> => {
  const { place } = await readPlace(bucket.store, 'shop');
  assert.ok(place !== undefined);
  return place;
};
const fail = (name: string, reason: string): Promise<boolean> =>
  endJob(bucket.store, { detector: 'shop', name }, { at: clock, reason });
const findConcern = async () =>
  (await readDetectorStatus(bucket.context, 'shop')).concerns.find(({ code }) => code === 'training-beyond');

test('what fits is trained at once, with its figures in the log and nothing left in the bucket', async () => {
  assert.equal(await train({ room: { ...TOO_SMALL, memoryMb: 3008 } }), 'trained');
  const placed = telemetry.lines.find(({ message }) => message === 'training placed');
  assert.deepEqual(
    [placed?.fields['place'], placed?.fields['by'], placed?.fields['roomMb'], placed?.fields['memoryMb']],
    ['function', 'footers', 3008, 400],
  );
  assert.equal((await readPlace(bucket.store, 'shop')).place, undefined);
  assert.deepEqual(asked, []);
});

test('without jobs it is refused, hour after hour, with figures and the parameter to set; nothing is trained', async () => {
  assert.equal(await train({ jobs: undefined }), 'beyond');
  const line = telemetry.lines.find(({ message }) => message === 'training is beyond the function');
  assert.match(
    String(line?.fields['reason']),
    /^a training of shop takes about \d+ thousand values, 400 MB and 20 s, and the function has 100 MB and 900 s: deploy with --param=batch=on/,
  );
  assert.equal(telemetry.total('DetectorsFailed', 'shop'), 1);
  assert.match((await findConcern())?.message ?? '', /--param=batch=on/);
  await watchDetectors({ ...context, telemetry });
  assert.equal(telemetry.total('DetectorsUntrained', 'shop'), 1);
  const status = await readDetectorStatus(bucket.context, 'shop');
  assert.deepEqual([status.isHealthy, status.trainingPlace?.needs.memoryMb], [false, 400]);
  // With more memory, what was told of it is over.
  assert.equal(await train({ jobs: undefined, room: { ...TOO_SMALL, memoryMb: 3008 } }), 'trained');
  assert.equal(await findConcern(), undefined);
  assert.equal((await readDetectorStatus(bucket.context, 'shop')).trainingPlace, null);
});

test('a job is asked for once, under a name that tells what of, and the detector is well meanwhile', async () => {
  assert.equal(await train(), 'submitted');
  assert.match(asked[0]?.name ?? '', /^train-shop-\d{8}T\d{6}Z-[0-9a-f]{8}-1$/);
  clock += 3_600_000;
  assert.equal(await train(), 'under-way');
  assert.equal(asked.length, 1);
  const { job, values } = await placeOf();
  assert.equal(job?.id, 'id-1');
  assert.ok(values > 0);
  const status = await readDetectorStatus(bucket.context, 'shop');
  assert.equal(await findConcern(), undefined);
  assert.deepEqual(status.trainingPlace?.isUnderWay, true);
});

test('of two runs that want to ask at the same moment, one does', async () => {
  const outcomes = await Promise.all([train(), train()]);
  assert.deepEqual(outcomes.sort(), ['submitted', 'under-way']);
  assert.equal(asked.length, 1);
});

test('where AWS Batch refuses, the next run asks again', async () => {
  const submit = async () => assert.fail('no such queue');
  await assert.rejects(train({ jobs: { room: JOB_ROOM, submit } }), /no such queue/);
  assert.equal((await placeOf()).job, undefined);
  assert.equal(await train(), 'submitted');
  // What the first may have started all the same has another name.
  assert.match(asked[0]?.name ?? '', /-2$/);
});

test('the job trains, and a double of it or one that nobody waits for does not', async () => {
  await train();
  const job = { detector: 'shop', name: asked[0]!.name };
  assert.equal(await beginJob(bucket.store, { ...job, name: 'train-shop-older', id: 'id-0' }), undefined);
  assert.ok(await beginJob(bucket.store, { ...job, id: 'id-1' }));
  assert.equal(await beginJob(bucket.store, { ...job, id: 'id-double' }), undefined);
  // The platform took it away, and AWS Batch starts it again.
  assert.ok(await beginJob(bucket.store, { ...job, id: 'id-1' }));
  assert.equal(await endJob(bucket.store, job, { at: clock, reason: undefined }), true);
  assert.equal(await beginJob(bucket.store, { ...job, id: 'id-1' }), undefined);
  const { job: ended, failures } = await placeOf();
  assert.deepEqual([ended?.endedAt, failures], [clock, 0]);
});

test('one that failed is told and asked for again; after the second, not for a day', async () => {
  await train();
  assert.equal(await fail(asked[0]!.name, 'exit code 137'), true);
  // The job itself and AWS Batch both tell.
  assert.equal(await fail(asked[0]!.name, 'exit code 137'), false);
  assert.match(
    (await findConcern())?.message ?? '',
    /its job failed: exit code 137; it is tried again within/,
  );
  assert.equal(await train(), 'submitted');
  await fail(asked[1]!.name, 'exit code 1');
  assert.equal(await train(), 'set-aside');
  const line = telemetry.lines.find(({ message }) => message === 'training set aside');
  assert.match(String(line?.fields['reason']), /2 jobs failed: exit code 1; it is tried again after 2/);
  clock += DAY;
  assert.equal(await train(), 'submitted');
  assert.equal(new Set(asked.map(({ name }) => name)).size, 3);
  assert.equal((await placeOf()).failures, 0);
});

test('other settings are tried at once', async () => {
  for (let i = 0; i < 2; i++) {
    await train();
    await fail(asked[i]!.name, 'exit code 1');
  }
  assert.equal(await train(), 'set-aside');
  const manifest = 'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { training: { lookback: 2d } }\n';
  await bucket.store.put('detectors/shop.yml', new TextEncoder().encode(manifest));
  assert.equal(await train(), 'submitted');
});

test('a job that ends without a word is no longer waited for once it cannot be there any more', async () => {
  await train();
  const { until, askedAt } = (await placeOf()).job!;
  assert.equal(until - askedAt, 3 * 43_200_000 + DAY);
  clock = until;
  assert.match((await findConcern())?.message ?? '', /ended without a word/);
  assert.equal(await train(), 'submitted');
  assert.equal((await placeOf()).failures, 1);
});

test('a job of which nobody heard that there is one is waited for an hour', async () => {
  await train();
  const { job } = await placeOf();
  // As the place stands where the function ended between asking and hearing.
  await movePlace(bucket.store, 'shop', (place) => ({
    ...place,
    job: { name: job!.name, askedAt: job!.askedAt, until: job!.until },
  }));
  clock += 3_599_000;
  assert.equal(await train(), 'under-way');
  clock += 1_000;
  assert.equal(await train(), 'submitted');
});

test('a job that began while its answer was lost is not withdrawn', async () => {
  const jobs = {
    room: JOB_ROOM,
    async submit({ name }: { name: string }): Promise<{ id: string }> {
      await beginJob(bucket.store, { detector: 'shop', name, id: 'id-1' });
      throw new Error('the answer was lost');
    },
  };
  await assert.rejects(train({ jobs }), /the answer was lost/);
  assert.equal((await placeOf()).job?.startedBy, 'id-1');
  assert.equal(await train(), 'under-way');
});

test('the job logs under what asked for it, and keeps no more of a reason than people read', async () => {
  await correlated('shop@20261101T000000Z', () => train());
  const { job } = await placeOf();
  const begun = await beginJob(bucket.store, { detector: 'shop', name: job!.name, id: 'id-1' });
  assert.equal(begun?.correlationId, 'shop@20261101T000000Z');
  await fail(job!.name, 'x'.repeat(1_000_000));
  assert.ok((await placeOf()).failure!.reason.length < 2_000);
});

/** A training that was left in its middle, as the job takes it up: what it learns from does not change on the way. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { type TrainResult, trainIfDue, trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readCurrent, readManifest } from '../../../../lib/store/model-repository.ts';
import {
  readProgress,
  type TrainingProgress,
  writeProgress,
} from '../../../../lib/store/training-progress.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, STEP } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
const HOUR = 3_600_000;

let telemetry: MemoryTelemetry;
let context: JobContext;
let clock: number;

beforeEach(() => {
  clock = EPOCH + 1441 * STEP;
  telemetry = createMemoryTelemetry();
  context = { ...openLocalBucket({ telemetry, now: () => clock }).context, withoutReports: true };
});

async function declare(spec = ''): Promise<void> {
  const yaml = `kind: AnomalyDetector\nmetadata: { name: ${DETECTOR} }\nspec: { ${spec} }\n`;
  await context.store.put(`detectors/${DETECTOR}.yml`, new TextEncoder().encode(yaml));
}

async function train(): Promise<TrainResult> {
  return trainModel(await loadDetector(context, DETECTOR), context);
}

/** Leaves the bucket as a run does that loaded everything there is and was cut short. */
async function leaveOpen(changes: Partial<TrainingProgress> = {}): Promise<string> {
  const twin = { ...openLocalBucket({ telemetry: createMemoryTelemetry(), now: () => clock }).context };
  for (const prefix of ['windows/', 'exclusions/'])
    for await (const { key } of context.store.list(prefix))
      await twin.store.put(key, (await context.store.get(key)).body);
  const { version } = await trainModel(await loadDetector(context, DETECTOR), {
    ...twin,
    withoutReports: true,
  });
  assert.ok(version !== undefined);
  const { inputs } = await readManifest(twin.store, DETECTOR, version);
  const found = await readProgress(context.store, DETECTOR);
  await writeProgress(
    context.store,
    { formatVersion: 1, detector: DETECTOR, version, phase: 'open', inputs, pauses: 1, ...changes },
    found?.etag,
  );
  return version;
}

function told(): string[] {
  return telemetry.lines.map(({ message }) => message);
}

test('goes on with the windows of its first run; the next training takes what arrived since', async () => {
  await dropWindow(context.store, { from: 0, rows: 1440 });
  const version = await leaveOpen();
  await dropWindow(context.store, { from: 1440, rows: 15 });
  const first = await train();
  assert.deepEqual(first, { outcome: 'trained', version, rows: 2880, span: 24 * HOUR, entities: 2 });
  assert.equal((await readProgress(context.store, DETECTOR))?.progress?.phase, 'closed');
  const second = await train();
  assert.equal(second.rows, 2910);
  assert.notEqual(second.version, version);
  assert.equal((await readCurrent(context.store, DETECTOR))?.version, second.version);
});

test('leaves out what its first run left out, whatever is said meanwhile; the next training what is said then', async () => {
  await dropWindow(context.store, { from: 0, rows: 1440 });
  const exclude = (name: string, from: number): Promise<unknown> => {
    const [start, end] = [from, from + 10].map((at) => new Date(EPOCH + at * STEP).toISOString());
    const text = `matchers: [entity = cart]\nfrom: ${start}\nuntil: ${end}\n`;
    return context.store.put(`exclusions/${name}.yml`, new TextEncoder().encode(text));
  };
  const holeOf = (of: string, from: number) => ({
    reason: 'excluded' as const,
    of,
    matchers: ['entity = "cart"'],
    start: EPOCH + from * STEP,
    end: EPOCH + (from + 10) * STEP,
  });
  await exclude('first', 100);
  const version = await leaveOpen({ holes: { holes: [holeOf('first', 100)], unread: 0 } });
  await exclude('second', 200);
  await context.store.delete('exclusions/first.yml');
  await exclude('third', 300);
  const first = await train();
  assert.deepEqual([first.outcome, first.version, first.leftOut], ['trained', version, 10]);
  const manifest = await readManifest(context.store, DETECTOR, version);
  assert.deepEqual(
    manifest.leftOut?.ranges.map(({ of }) => of),
    ['first'],
  );
  const second = await train();
  assert.deepEqual([second.outcome, second.leftOut], ['trained', 20]);
  assert.notEqual(second.version, version);
});

test('keeps what is left out from its first run on', async () => {
  await dropWindow(context.store, { from: 0, rows: 1440 });
  await declare('model: { kind: lstm-autoencoder, params: { layers: 1, epochs: 3 } }');
  const range = `from: ${new Date(EPOCH).toISOString()}\nuntil: ${new Date(EPOCH + 5 * STEP).toISOString()}\n`;
  await context.store.put('exclusions/x.yml', new TextEncoder().encode(range));
  // Its time is up once the fit has begun.
  let asked = 0;
  const deadline = { remaining: () => (asked++ < 8 ? 60_000 : 0) };
  const loaded = await loadDetector(context, DETECTOR);
  const { outcome } = await trainModel(loaded, { ...context, deadline });
  assert.equal(outcome, 'paused');
  const { holes } = (await readProgress(context.store, DETECTOR))!.progress!;
  assert.deepEqual(
    holes?.holes.map(({ reason, of }) => [reason, of]),
    [['excluded', 'x']],
  );
});

test('starts anew where the settings changed, or a window that it learned from', async () => {
  await dropWindow(context.store, { from: 0, rows: 1440 });
  const version = await leaveOpen();
  await declare('model: { seed: 2 }');
  const changed = await train();
  assert.notEqual(changed.version, version);
  assert.ok(told().includes('settings or windows of the training under way have changed; it starts anew'));
  assert.equal((await readProgress(context.store, DETECTOR))?.progress?.phase, 'closed');

  const before = await leaveOpen();
  await dropWindow(context.store, { from: 0, rows: 1440, metrics: ['cpu', 'requests'] });
  assert.notEqual((await train()).version, before);
});

test('gives way to a run that is at it, until its claim lapses', async () => {
  await dropWindow(context.store, { from: 0, rows: 1440 });
  const version = await leaveOpen({ claimedUntil: clock + 1000 });
  assert.deepEqual(await train(), {
    outcome: 'under-way',
    version,
    rows: 2880,
    span: 24 * HOUR,
    entities: 2,
  });
  assert.equal(await readCurrent(context.store, DETECTOR), undefined);
  clock += 1000;
  assert.equal((await train()).outcome, 'trained');
});

test('the schedule takes up what nobody went on with for an hour, and nothing before', async () => {
  await dropWindow(context.store, { from: 0, rows: 1440 });
  const version = await leaveOpen();
  const loaded = await loadDetector(context, DETECTOR);
  clock += HOUR - 1;
  assert.equal(await trainIfDue(loaded, context), undefined);
  clock += 1;
  assert.equal((await trainIfDue(loaded, context))?.version, version);
});

test('a version that stands and was not made current is made so', async () => {
  await dropWindow(context.store, { from: 0, rows: 1440 });
  const { version } = await train();
  await context.store.delete(`models/detector=${DETECTOR}/current.json`);
  await leaveOpen();
  await dropWindow(context.store, { from: 1440, rows: 15 });
  assert.equal((await train()).outcome, 'unchanged');
  assert.equal((await readCurrent(context.store, DETECTOR))?.version, version);
  assert.equal((await readProgress(context.store, DETECTOR))?.progress?.phase, 'closed');
});

test('a fit that fails leaves the version in use', async () => {
  await dropWindow(context.store, { from: 0, rows: 1440 });
  const { version } = await train();
  await declare('model: { params: { trees: -1 } }');
  await dropWindow(context.store, { from: 1440, rows: 15 });
  await assert.rejects(train(), { name: 'ModelError' });
  assert.equal((await readCurrent(context.store, DETECTOR))?.version, version);
});

/** A fault of 70 minutes lies in a history that nobody watched: the first training leaves it out, and the next ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../../lib/alert/alert.ts';
import type { IncidentRule } from '../../../../lib/config/detector.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { type TrainResult, trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { windowKey } from '../../../../lib/store/keys.ts';
import type { ModelManifest } from '../../../../lib/store/model-manifest.ts';
import { readCurrent, readManifest } from '../../../../lib/store/model-repository.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';
import { createToldWorld, type ToldWorld } from '../../../helpers/told-world.ts';

const DETECTOR = 'shop';
const DAY = 1440;
const FAULT = { entity: 'payment', from: 2 * DAY + 60, to: 2 * DAY + 130, factor: 2 };

async function createWorld(rule: IncidentRule): Promise<ToldWorld> {
  const world = createToldWorld(EPOCH + 4 * DAY * STEP);
  const spec = `{ model: { kind: robust-z }, training: { incidents: ${rule} }, silence: { source: off } }`;
  const yaml = `kind: AnomalyDetector\nmetadata: { name: ${DETECTOR} }\nspec: ${spec}\n`;
  await world.store.put(`detectors/${DETECTOR}.yml`, new TextEncoder().encode(yaml));
  return world;
}

async function train({ context }: ToldWorld): Promise<TrainResult> {
  return trainModel(await loadDetector(context, DETECTOR), context);
}

async function readVersion({ store }: ToldWorld): Promise<ModelManifest> {
  return readManifest(store, DETECTOR, (await readCurrent(store, DETECTOR))!.version);
}

/** The first message of the same fault, in the hours after the history. @param at its first row */
async function liveOn(world: ToldWorld, at = 4 * DAY + 200): Promise<Alert | undefined> {
  const fault = { ...FAULT, from: at, to: at + 70 };
  for (const from of [0, 120, 240].map((row) => 4 * DAY + row)) {
    world.clock = EPOCH + (from + 120) * STEP;
    await dropWindow(world.store, { detector: DETECTOR, from, rows: 120, fault });
    await scoreWindows(await loadDetector(world.context, DETECTOR), world.context);
  }
  return world.published[0];
}

test('a fault in a history that nobody watched is left out, said, and found when it comes again', async () => {
  const world = await createWorld('settled');
  await dropWindow(world.store, { detector: DETECTOR, from: 0, rows: 4 * DAY, fault: FAULT });
  const { outcome, rows, leftOut } = await train(world);
  assert.equal(outcome, 'trained');
  const manifest = await readVersion(world);
  assert.deepEqual(manifest.leftOut?.rows, { unwatched: leftOut });
  assert.equal(rows + leftOut!, 2 * 4 * DAY);
  const [range, ...more] = manifest.leftOut!.ranges;
  assert.deepEqual([range?.of, range?.entity, more], ['cpu', 'payment', []]);
  const [start, end] = [range!.start, range!.end].map((time) => (Date.parse(time) - EPOCH) / STEP);
  assert.ok(start! <= FAULT.from && start! > FAULT.from - 15, `${start}`);
  assert.ok(end! >= FAULT.to && end! < FAULT.to + 15, `${end}`);
  assert.ok(range!.value! > 1.7 * range!.usual!, `${range!.value} of ${range!.usual}`);
  const told = await liveOn(world);
  assert.deepEqual([told?.state, told?.entity], ['opened', 'payment']);

  // The next one still has it in its lookback, and by then the detector has been watched for hours.
  const again = await train(world);
  assert.equal(again.outcome, 'trained');
  const next = await readVersion(world);
  const still = next.leftOut!.ranges.filter(({ reason }) => reason === 'unwatched');
  assert.equal(still.length, 1);
  assert.ok(Math.abs(still[0]!.rows - leftOut!) <= 3, `${still[0]?.rows} and ${leftOut}`);

  // Learned, it is half as much of a surprise, and told later.
  const learned = await createWorld('include');
  await dropWindow(learned.store, { detector: DETECTOR, from: 0, rows: 4 * DAY, fault: FAULT });
  assert.equal((await train(learned)).leftOut, undefined);
  const second = await liveOn(learned);
  assert.ok(second!.score < 0.7 * told!.score, `${second?.score} and ${told?.score}`);
  assert.ok(second!.start > told!.start, `${second?.start} and ${told?.start}`);
});

test('a job that the history showed once is learned once it came again at its hour, answered or not', async () => {
  const world = await createWorld('settled');
  await dropWindow(world.store, { detector: DETECTOR, from: 0, rows: 4 * DAY, fault: FAULT });
  assert.ok((await train(world)).leftOut! > 70, 'nobody can tell it from a fault yet');
  const told = await liveOn(world, FAULT.from + 2 * DAY);
  assert.equal(told?.entity, 'payment', 'it is told once');
  await train(world);
  const { leftOut } = await readVersion(world);
  assert.deepEqual(Object.keys(leftOut!.rows), ['unanswered']);
});

test('a history in which nothing is unlike the rest keeps each row', async () => {
  const world = await createWorld('settled');
  await dropWindow(world.store, { detector: DETECTOR, from: 0, rows: 4 * DAY });
  assert.deepEqual((await train(world)).rows, 2 * 4 * DAY);
  assert.equal((await readVersion(world)).leftOut, undefined);
});

test('where too much is unlike the rest, all of it is learned from, and said', async () => {
  const world = await createWorld('settled');
  const fault = { ...FAULT, to: FAULT.from + 200 };
  const window = makeWindow({ detector: DETECTOR, from: 0, rows: 4 * DAY, fault });
  const memory = window.columns[1]!;
  for (const [row, time] of window.times.entries()) {
    const at = (time - EPOCH) / STEP;
    if (window.entities[window.entityOf[row]!] === 'cart' && at >= 1500 && at < 1700) memory[row]! *= 2;
  }
  await world.store.put(windowKey(DETECTOR, window.range), writeWindow(window, { manifestHash: 'test' }));
  assert.equal((await train(world)).leftOut, undefined);
  const { rows, leftOut } = await readVersion(world);
  assert.equal(rows, 2 * 4 * DAY);
  assert.deepEqual(leftOut?.rows, {});
  assert.ok(leftOut!.tooUnlike! > 350, `${leftOut?.tooUnlike}`);
});

test('rows of a file that says itself what is anomalous in it stay', async () => {
  const world = await createWorld('settled');
  const window = makeWindow({ detector: DETECTOR, from: 0, rows: 4 * DAY, fault: FAULT });
  const labels = new Uint8Array(window.times.length);
  const labelled = { ...window, labels };
  await world.store.put(windowKey(DETECTOR, window.range), writeWindow(labelled, { manifestHash: 'test' }));
  assert.deepEqual((await train(world)).rows, 2 * 4 * DAY);
});

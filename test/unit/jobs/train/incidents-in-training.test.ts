/** A fault of 70 minutes that was told of lies in the history of the next training: what people say of it decides. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Alert } from '../../../../lib/alert/alert.ts';
import type { Verdict } from '../../../../lib/answers/verdict.ts';
import { formatCompactTime } from '../../../../lib/base/compact-time.ts';
import type { IncidentRule } from '../../../../lib/config/detector.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { type TrainResult, trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { encodeJson } from '../../../../lib/store/json.ts';
import { anomalyKey, feedbackKey } from '../../../../lib/store/keys.ts';
import type { ModelManifest } from '../../../../lib/store/model-manifest.ts';
import { readCurrent, readManifest } from '../../../../lib/store/model-repository.ts';
import { dropWindow, EPOCH, STEP } from '../../../helpers/synthetic-window.ts';
import { createToldWorld, type ToldWorld } from '../../../helpers/told-world.ts';

const DETECTOR = 'shop';
const DAY = 1440;
/** Steps after EPOCH; what is a third above usual is clear to a model that does not know it. */
const FAULT = { entity: 'payment', from: DAY + 60, to: DAY + 130, factor: 1.3 };
const AGAIN = { ...FAULT, from: 2 * DAY + 60, to: 2 * DAY + 130 };

/** Two days, the fault in the second one told of. */
let lived: ToldWorld;

/** The lived bucket, to go on from. */
async function comeTo(rule: IncidentRule): Promise<ToldWorld> {
  const world = createToldWorld(EPOCH);
  world.clock = lived.clock;
  for (const key of lived.store.keys()) await world.store.put(key, (await lived.store.get(key)).body);
  await declare(world, rule);
  return world;
}

async function declare({ store }: ToldWorld, rule: IncidentRule): Promise<void> {
  // Windows of hours: nobody is missed while they are not there yet.
  const spec = `{ training: { lookback: 2d, incidents: ${rule} }, silence: { source: off } }`;
  const yaml = `kind: AnomalyDetector\nmetadata: { name: ${DETECTOR} }\nspec: ${spec}\n`;
  await store.put(`detectors/${DETECTOR}.yml`, new TextEncoder().encode(yaml));
}

async function live(world: ToldWorld, cuts: readonly number[], fault: typeof FAULT): Promise<string[]> {
  const earlier = world.published.length;
  for (const [i, to] of cuts.slice(1).entries()) {
    const from = cuts[i]!;
    world.clock = EPOCH + to * STEP;
    await dropWindow(world.store, { detector: DETECTOR, from, rows: to - from, fault });
    await scoreWindows(await loadDetector(world.context, DETECTOR), world.context);
  }
  return world.published.slice(earlier).map(({ state, entity }) => `${state} ${entity}`);
}

async function train({ context }: ToldWorld): Promise<TrainResult> {
  return trainModel(await loadDetector(context, DETECTOR), context);
}

async function readCurrentManifest({ store }: ToldWorld): Promise<ModelManifest> {
  return readManifest(store, DETECTOR, (await readCurrent(store, DETECTOR))!.version);
}

async function say({ store, published }: ToldWorld, verdict: Verdict['verdict']): Promise<string> {
  const [{ incidentId: id }] = lived.published as [Alert];
  assert.deepEqual(published, []);
  const answer: Verdict = { formatVersion: 1, id, verdict, at: '2026-11-02T08:00:00Z' };
  await store.put(feedbackKey(id), encodeJson(answer));
  return id;
}

before(async () => {
  lived = createToldWorld(EPOCH);
  await declare(lived, 'settled');
  await dropWindow(lived.store, { detector: DETECTOR, from: 0, rows: DAY });
  lived.clock = EPOCH + DAY * STEP;
  await train(lived);
  const cuts = [DAY, DAY + 90, DAY + 120, DAY + 300, 2 * DAY];
  const told = await live(lived, cuts, FAULT);
  assert.deepEqual([told[0], told.at(-1)], ['opened payment', 'resolved payment']);
});

test('what was told and confirmed is left out, and found again when it comes again', async () => {
  const world = await comeTo('include');
  const id = await say(world, 'true');
  const { rows, leftOut } = await train(world);
  const manifest = await readCurrentManifest(world);
  assert.deepEqual(manifest.leftOut?.rows, { confirmed: leftOut });
  assert.equal(manifest.rows, rows);
  assert.equal(rows + leftOut!, 2 * 2 * DAY);
  const [range, ...more] = manifest.leftOut!.ranges;
  assert.deepEqual([range?.of, range?.entity, more], [id, 'payment', []]);
  assert.ok(Date.parse(range!.start) <= EPOCH + FAULT.from * STEP, range?.start);
  assert.ok(Date.parse(range!.end) >= EPOCH + FAULT.to * STEP, range?.end);
  const told = await live(world, [2 * DAY, 2 * DAY + 120, 2 * DAY + 270], AGAIN);
  assert.equal(told[0], 'opened payment');
});

test('what is included is learned, and not told of again', async () => {
  const world = await comeTo('include');
  assert.equal((await train(world)).leftOut, undefined);
  assert.equal((await readCurrentManifest(world)).leftOut, undefined);
  assert.deepEqual(await live(world, [2 * DAY, 2 * DAY + 120, 2 * DAY + 270], AGAIN), []);
});

test('what nobody answered is left out; a verdict makes another version of the same windows', async () => {
  const world = await comeTo('settled');
  const unanswered = await train(world);
  assert.deepEqual((await readCurrentManifest(world)).leftOut?.rows, { unanswered: unanswered.leftOut });
  assert.equal((await train(world)).outcome, 'unchanged');

  await say(world, 'true');
  const confirmed = await train(world);
  assert.deepEqual([confirmed.outcome, confirmed.rows], ['trained', unanswered.rows]);
  assert.notEqual(confirmed.version, unanswered.version);

  await say(world, 'false');
  const taken = await train(world);
  assert.deepEqual([taken.outcome, taken.rows, taken.leftOut], ['trained', 4 * DAY, undefined]);
  assert.equal((await readCurrent(world.store, DETECTOR))?.version, taken.version);

  const id = await say(world, 'expected');
  assert.equal((await train(world)).outcome, 'unchanged', 'what is taken in is taken in');

  await world.store.delete(feedbackKey(id));
  const again = await train(world);
  assert.deepEqual([again.outcome, again.version], ['unchanged', unanswered.version]);
  assert.equal((await readCurrent(world.store, DETECTOR))?.version, unanswered.version);
});

test('of a history that was confirmed as anomalous for the most part no model is made, and the one in use stays', async () => {
  const world = await comeTo('settled');
  const [key = ''] = world.store.keys().filter((each) => each.startsWith('anomalies/'));
  const told = JSON.parse(world.store.text(key)!) as object;
  for (const [entity, hash] of [
    ['payment', 'aaaaaaaaaaaa'],
    ['cart', 'bbbbbbbbbbbb'],
  ]) {
    const anomalyId = `${formatCompactTime(EPOCH)}-${hash}`;
    const [start, end] = [EPOCH, EPOCH + 1.9 * DAY * STEP].map((time) => new Date(time).toISOString());
    await world.store.put(
      anomalyKey(DETECTOR, anomalyId),
      encodeJson({ ...told, anomalyId, entity, state: 'resolved', start, end }),
    );
    const answer: Verdict = { formatVersion: 1, id: anomalyId, verdict: 'true', at: end! };
    await world.store.put(feedbackKey(anomalyId), encodeJson(answer));
  }
  const before = await readCurrent(world.store, DETECTOR);
  assert.equal((await train(world)).outcome, 'learning');
  assert.deepEqual(await readCurrent(world.store, DETECTOR), before);
});

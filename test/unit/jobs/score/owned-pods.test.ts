/** Pods of a controller of one's own, whose names tell nothing: trained, replaced and told as one workload. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadFittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { windowKey } from '../../../../lib/store/keys.ts';
import { readCurrent } from '../../../../lib/store/model-repository.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { EPOCH, makeWindow, STEP, type SyntheticOptions } from '../../../helpers/synthetic-window.ts';
import { createToldWorld, type ToldWorld } from '../../../helpers/told-world.ts';

const DETECTOR = 'shop';
const MANIFEST = `kind: AnomalyDetector
metadata: { name: shop }
spec:
  step: 1m
  entity: [namespace, pod]
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }, { name: requests, query: requests }]
  model: { kind: robust-z }
`;
const TRAINED = 1440;
const OLD = ['shop/engine-amber', 'shop/engine-blue'];
const NEW = ['shop/engine-amber', 'shop/engine-coral'];

/** As the export writes it. */
async function put(world: ToldWorld, options: SyntheticOptions, isOwned = true): Promise<void> {
  const window = makeWindow({ detector: DETECTOR, ...options });
  const owner = { kind: 'Engine', name: 'engine' };
  const podOwners = new Map(window.entities.map((entity) => [entity, owner]));
  const body = writeWindow(isOwned ? { ...window, podOwners } : window, { manifestHash: 'test' });
  await world.store.put(windowKey(DETECTOR, window.range), body);
}

async function score(world: ToldWorld): Promise<void> {
  await scoreWindows(await loadDetector(world.context, DETECTOR), world.context);
}

async function liveOn(isOwned: boolean): Promise<ToldWorld> {
  const world = createToldWorld(EPOCH + TRAINED * STEP);
  await world.store.put(`detectors/${DETECTOR}.yml`, new TextEncoder().encode(MANIFEST));
  await put(world, { from: 0, rows: TRAINED, entities: OLD }, isOwned);
  await trainModel(await loadDetector(world.context, DETECTOR), world.context);
  await score(world);
  const fault = { entity: 'shop/engine-coral', from: TRAINED + 200, to: TRAINED + 230 };
  for (let from = TRAINED; from < TRAINED + 300; from += 60) {
    world.clock = EPOCH + (from + 60) * STEP;
    await put(world, { from, rows: 60, entities: NEW, fault }, isOwned);
    await score(world);
  }
  return world;
}

test('a pod that is replaced is missed by nobody, and its successor is one of its workload', async () => {
  const world = await liveOn(true);
  const { version } = (await readCurrent(world.store, DETECTOR))!;
  const { usual } = await loadFittedDetector(world.store, DETECTOR, version);
  assert.deepEqual([...usual!.units.keys()], ['shop/engine']);
  const { podOwners } = (await readState(world.store, DETECTOR)).state;
  assert.deepEqual(Object.keys(podOwners!).sort(), [...NEW, 'shop/engine-blue'].sort());
  const opened = world.published.filter(({ state }) => state === 'opened');
  assert.deepEqual(
    opened.map(({ by, entity, members }) => [by, entity, members?.[0]?.workload]),
    [['evidence', 'shop/engine-coral', 'engine']],
  );
});

test('without owners each pod stands for itself, as before', async () => {
  const world = await liveOn(false);
  const silent = world.published.find(({ by }) => by === 'silence');
  assert.equal(silent?.entity, 'shop/engine-blue');
  assert.equal((await readState(world.store, DETECTOR)).state.podOwners, undefined);
});

test('what is told last of a pod before it is forgotten goes by its owner', async () => {
  const world = await liveOn(true);
  const pod = 'shop/engine-x7k2p-b7b8c';
  const born = TRAINED + 300;
  const fault = { entity: pod, from: born + 210, to: born + 240 };
  for (const hour of [0, 1, 2, 3, 29]) {
    const from = born + hour * 60;
    world.clock = EPOCH + (from + 60) * STEP;
    await put(world, { from, rows: 60, entities: hour < 4 ? [OLD[0]!, pod] : [OLD[0]!], fault });
    await score(world);
  }
  const { entities, podOwners } = (await readState(world.store, DETECTOR)).state;
  assert.ok(!(pod in entities) && !(pod in podOwners!));
  const told = world.published.filter(({ entity }) => entity === pod);
  assert.deepEqual(
    told.map(({ state, members }) => `${state} ${members?.[0]?.workload}`),
    ['opened engine', 'resolved engine'],
  );
});

test('a pod of an owner takes over from those that the model knows, also where they have been gone for days', async () => {
  const world = createToldWorld(EPOCH + TRAINED * STEP);
  const old = ['shop/engine-x7k2p-b7b8c', 'shop/engine-q9q9q-kk5kk'];
  await world.store.put(`detectors/${DETECTOR}.yml`, new TextEncoder().encode(MANIFEST));
  await put(world, { from: 0, rows: TRAINED, entities: [...old, 'shop/engine-amber'] });
  await trainModel(await loadDetector(world.context, DETECTOR), world.context);
  await score(world);
  for (const hour of [0, 48, 49]) {
    const from = TRAINED + hour * 60;
    world.clock = EPOCH + (from + 60) * STEP;
    await put(world, { from, rows: 60, entities: ['shop/engine-amber'] });
    await score(world);
  }
  const { entities, podOwners } = (await readState(world.store, DETECTOR)).state;
  assert.deepEqual(Object.keys(entities), ['shop/engine-amber']);
  assert.deepEqual(Object.keys(podOwners!).sort(), ['shop/engine-amber', ...old].sort());
});

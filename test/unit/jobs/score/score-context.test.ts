/** A detector whose features look back: what scoring sees is what training saw, however history was cut into windows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pickEvidence } from '../../../../lib/evidence/evidence.ts';
import type { FeatureMatrix } from '../../../../lib/features/feature-matrix.ts';
import { openContext } from '../../../../lib/jobs/score/context-windows.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { openFileRanges } from '../../../../lib/jobs/shared/file-ranges.ts';
import { loadFittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { lookAtAll } from '../../../../lib/jobs/shared/looked-at.ts';
import { countContextRows, scoreRows } from '../../../../lib/jobs/shared/score-rows.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { loadTrainingData } from '../../../../lib/jobs/train/training-data.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { manifestKey, scoresKey, windowKey, windowsPrefix } from '../../../../lib/store/keys.ts';
import { readCurrent } from '../../../../lib/store/model-repository.ts';
import type { ObjectInfo, ObjectStore } from '../../../../lib/store/object-store.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
/** 14 rows for the mean, and 5 for the change of it. */
const CONTEXT_ROWS = 19;
const MANIFEST = `kind: AnomalyDetector
metadata: { name: ${DETECTOR} }
spec:
  step: 1m
  model: { kind: isolation-forest, params: { trees: 20 } }
  training: { warmup: 1000 }
  scaler: minmax
  features:
    columns:
      - { metrics: all }
      - { metrics: [cpu], apply: [mean 15m, change 5m] }
`;

interface World {
  readonly store: MemoryObjectStore;
  readonly context: JobContext;
  /** Window keys that were read. */
  readonly reads: string[];
}

function createWorld(): World {
  let clock = EPOCH + 3000 * STEP;
  const store = createMemoryObjectStore({ now: () => clock++ });
  const reads: string[] = [];
  const counting: ObjectStore = {
    ...store,
    get: (key, ...rest) => {
      if (key.startsWith(windowsPrefix(DETECTOR))) reads.push(key);
      return store.get(key, ...rest);
    },
  };
  const context: JobContext = {
    store: counting,
    queue: {
      requestTraining: async () => {},
      requestScoring: async () => {},
      requestNotifying: async () => {},
    },
    telemetry: createMemoryTelemetry(),
    now: () => clock,
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
  };
  return { store, context, reads };
}

async function createTrainedWorld(manifest = MANIFEST): Promise<World> {
  const world = createWorld();
  await world.store.put(manifestKey(DETECTOR), new TextEncoder().encode(manifest));
  await dropWindow(world.store, { from: 0, rows: 720 });
  await dropWindow(world.store, { from: 720, rows: 720 });
  const loaded = await loadDetector(world.context, DETECTOR);
  assert.equal((await trainModel(loaded, world.context)).outcome, 'trained');
  await scoreWindows(loaded, world.context);
  world.reads.length = 0;
  return world;
}

function keepRows(window: MetricWindow, isKept: (row: number) => boolean): MetricWindow {
  const rows = Uint32Array.from(window.times.keys()).filter(isKept);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  return {
    ...window,
    entityOf: Uint32Array.from(rows, (row) => window.entityOf[row]!),
    times: pick(window.times),
    columns: window.columns.map(pick),
  };
}

test('rows whose features reach back before the history are not learned from', async () => {
  const { context, store } = await createTrainedWorld();
  const { detector } = await loadDetector(context, DETECTOR);
  const { state } = await readState(store, DETECTOR);
  const data = (await loadTrainingData(detector, state, context))!;
  assert.equal(data.planned.plan.contextRows, CONTEXT_ROWS);
  // Of each of the two entities.
  assert.equal(data.window.times.length, 2 * (1440 - CONTEXT_ROWS));
  assert.equal(data.window.times[0], EPOCH + CONTEXT_ROWS * STEP);
  assert.deepEqual(
    Float64Array.from(data.planned.rows!, (row) => data.planned.window.times[row]!),
    data.window.times,
  );
});

test('only the rows whose scores are asked for are scored by the model, and come out as if all were', async () => {
  const { context, store } = await createTrainedWorld(
    MANIFEST.replace('{ kind: isolation-forest, params: { trees: 20 } }', '{ kind: mahalanobis }'),
  );
  const { detector } = await loadDetector(context, DETECTOR);
  const fitted = await loadFittedDetector(store, DETECTOR, (await readCurrent(store, DETECTOR))!.version);
  const window = makeWindow({ from: 1450, rows: 10 });
  const earlier = [makeWindow({ from: 900, rows: 550 })];
  const froms: (number | undefined)[] = [];
  const { model } = fitted;
  const noting = {
    ...model,
    score: (x: FeatureMatrix, from?: number) => {
      froms.push(from);
      return model.score(x, from);
    },
  };
  const scoringAll = { ...model, score: (x: FeatureMatrix) => model.score(x) };
  const [some, all] = [
    await scoreRows({ detector, fitted: { ...fitted, model: noting }, window, context: earlier }),
    await scoreRows({ detector, fitted: { ...fitted, model: scoringAll }, window, context: earlier }),
  ];
  assert.deepEqual(some.scored, all.scored);
  // The longest stretch of the model's surprise is looked back on; what the model itself looks back on is not scored.
  const longest = Math.max(...fitted.evidence!.plan.jointLengths);
  assert.deepEqual(froms, [window.range.start - longest * STEP]);
  assert.ok(model.contextRows > 0);
});

test('scores do not depend on how history is cut into windows', async () => {
  const { context, store } = await createTrainedWorld();
  const { detector } = await loadDetector(context, DETECTOR);
  const fitted = await loadFittedDetector(store, DETECTOR, (await readCurrent(store, DETECTOR))!.version);
  const score = (window: ReturnType<typeof makeWindow>, earlier: (typeof window)[]) =>
    scoreRows({ detector, fitted, window, context: earlier });
  const whole = await score(makeWindow({ from: 1400, rows: 60 }), []);
  const tail = makeWindow({ from: 1450, rows: 10 });
  const cut = await score(
    tail,
    [1400, 1420, 1430, 1440].map((from) => makeWindow({ from, rows: from === 1400 ? 20 : 10 })),
  );
  const bare = await score(tail, []);
  const expected = whole.scored.scores.filter((_, row) => whole.scored.times[row]! >= tail.range.start);
  assert.deepEqual(cut.scored.scores, expected);
  assert.notDeepEqual(bare.scored.scores, expected);
  assert.deepEqual(cut.scored.times, tail.times);
});

test('evidence does not depend on how history is cut into windows, with as many rows before it as it looks back on', async () => {
  const { context, store } = await createTrainedWorld();
  const { detector } = await loadDetector(context, DETECTOR);
  const fitted = await loadFittedDetector(store, DETECTOR, (await readCurrent(store, DETECTOR))!.version);
  const reach = countContextRows(fitted);
  const entities = ['cart', 'new', 'payment'];
  const fault = { entity: 'payment', from: 2380, to: 2460 };
  const make = (from: number, rows: number) => makeWindow({ from, rows, entities, fault });
  // Nobody heard of "new" before, and it was silent for longer than its levels look back on.
  const silence = { from: 2300 - reach + 20, to: 2380 };
  const isKept = ({ times, entityOf }: MetricWindow, row: number): boolean => {
    const at = (times[row]! - EPOCH) / STEP;
    return entityOf[row] !== 1 || at < silence.from || at >= silence.to;
  };
  const thin = (window: MetricWindow): MetricWindow => keepRows(window, (row) => isKept(window, row));
  const whole = await scoreRows({
    detector,
    fitted,
    window: thin(make(2300, 200)),
    context: [thin(make(2300 - reach, reach))],
  });
  for (const from of [2340, 2385, 2397, 2450, 2471, 2499]) {
    const tail = thin(make(from, 2500 - from));
    const bounds = [from - reach, from - 389, from - 89, from - 12, from];
    const history = bounds.slice(1).map((end, at) => thin(make(bounds[at]!, end - bounds[at]!)));
    const cut = await scoreRows({ detector, fitted, window: tail, context: history });
    const rows = Uint32Array.from(whole.scored.times.keys()).filter(
      (row) => whole.scored.times[row]! >= tail.range.start,
    );
    assert.deepEqual(
      cut.scored.scores,
      Float64Array.from(rows, (row) => whole.scored.scores[row]!),
    );
    assert.deepEqual(cut.scored.evidence, pickEvidence(whole.scored.evidence!, rows), `from ${from}`);
  }
  const { metrics } = whole.scored.evidence!;
  assert.ok(metrics.some((ratio) => ratio > 1) && metrics.some((ratio) => ratio > 0 && ratio < 1));
});

test('as many earlier windows are read as the features look back on, each once a run, and none is scored again', async () => {
  const { context, store, reads } = await createTrainedWorld();
  const scoredBefore = store.text(scoresKey(windowKey(DETECTOR, makeWindow({ from: 720, rows: 720 }).range)));
  const keys: string[] = [];
  for (const from of [1440, 1450, 1460, 1470]) keys.push(await dropWindow(store, { from, rows: 10 }));
  const { scored } = await scoreWindows(await loadDetector(context, DETECTOR), context);
  assert.deepEqual(
    scored.map(({ key, rows }) => [key, rows]),
    keys.map((key) => [key, 20]),
  );
  // 720 to 1440 for the first window; each of the others for itself and as context of the next ones.
  const history = windowKey(DETECTOR, makeWindow({ from: 720, rows: 720 }).range);
  assert.equal(reads.filter((key) => key === history).length, 1);
  for (const key of keys) assert.ok(reads.filter((read) => read === key).length <= 2, key);
  assert.ok(!reads.some((key) => key === windowKey(DETECTOR, makeWindow({ from: 0, rows: 720 }).range)));
  assert.equal(store.text(scoresKey(history)), scoredBefore);
});

test('by percentile, a detector whose features look back on nothing reads no earlier window', async () => {
  const { context, store, reads } = await createTrainedWorld(
    `${MANIFEST.slice(0, MANIFEST.indexOf('  features'))}  threshold: { percentile: 99.9 }\n`,
  );
  const key = await dropWindow(store, { from: 1440, rows: 10 });
  await scoreWindows(await loadDetector(context, DETECTOR), context);
  assert.deepEqual(reads, [key]);
});

test('a dropped file is read once to know its range, and an unreadable one is context for nobody', async () => {
  const { context, store, reads } = createWorld();
  const put = async (name: string, body: Uint8Array): Promise<ObjectInfo> => {
    const key = `${windowsPrefix(DETECTOR)}${name}.parquet`;
    await store.put(key, body);
    return { key, etag: 'e', size: body.length, lastModified: 0 } as ObjectInfo;
  };
  const near = makeWindow({ from: 1440, rows: 10 });
  const objects = [
    await put('far', writeWindow(makeWindow({ from: 100, rows: 10 }), { manifestHash: '' })),
    await put('near', writeWindow(near, { manifestHash: '' })),
    await put('broken', new Uint8Array(100)),
  ];
  const { detector } = await loadDetector(context, DETECTOR);
  const windows = lookAtAll(objects);
  const ranges = openFileRanges({ detector, windows }, context);
  const history = openContext({ detector, windows, contextRows: CONTEXT_ROWS, step: STEP, ranges }, context);
  for (const start of [1450, 1455]) {
    const before = await history.before(EPOCH + start * STEP);
    assert.deepEqual(
      before.map(({ range }) => range.start),
      [near.range.start],
    );
  }
  assert.deepEqual(await history.before(near.range.start), []);
  assert.equal(reads.length, 3);
});

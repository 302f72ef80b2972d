/** Times in data are bounded: a wrong clock costs its own rows, and nobody else hears less for it. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { readDetectorStatus } from '../../../../lib/cli/detector-status.ts';
import { type LocalBucket, openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { listLeftOut } from '../../../../lib/jobs/shared/left-out-notes.ts';
import { isTrainingDue, trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readState, updateState } from '../../../../lib/store/detector-states.ts';
import { currentModelKey } from '../../../../lib/store/keys.ts';
import { readCurrent } from '../../../../lib/store/model-repository.ts';
import { writeColumns } from '../../../../lib/window/write-window.ts';
import { loadQuickDetector } from '../../../helpers/load-quick-detector.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const PREFIX = 'windows/detector=shop/';
const IN_2099 = Date.UTC(2099, 0, 1);
/** Steps after EPOCH that the watched hours end at. */
const PASSED = 1560;

let clock: number;
let telemetry: ReturnType<typeof createMemoryTelemetry>;
let bucket: LocalBucket;

beforeEach(() => {
  clock = EPOCH + 1440 * STEP;
  telemetry = createMemoryTelemetry();
  bucket = openLocalBucket({ telemetry, now: () => clock });
});

async function score(): ReturnType<typeof scoreWindows> {
  return scoreWindows(await loadQuickDetector(bucket.context, 'shop'), bucket.context);
}

async function train(): ReturnType<typeof trainModel> {
  const context = { ...bucket.context, withoutReports: true as const };
  return trainModel(await loadQuickDetector(context, 'shop'), context);
}

async function learn(): Promise<void> {
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
  await train();
  await score();
}

/** Rows of the shop as somebody else's file, the first `wrong` of them at another time. */
async function dropFile(
  name: string,
  { from, rows, wrong }: { from: number; rows: number; wrong: readonly number[] },
): Promise<void> {
  const { entities, entityOf, times, metrics, columns } = makeWindow({ from, rows });
  await bucket.store.put(
    `${PREFIX}${name}`,
    writeColumns({
      columns: [
        { name: 'ts', type: 'timestamp', values: times.map((time, row) => wrong[row] ?? time) },
        { name: 'pod', type: 'string', dictionary: entities, codes: entityOf },
        ...metrics.map((metric, i) => ({ name: metric, type: 'double' as const, values: columns[i]! })),
      ],
    }),
  );
}

/** Two hours of windows with a fault in the first of them, scored as they come. */
async function passTwoHours(): Promise<string[]> {
  for (let from = 1440; from < PASSED; from += 15) {
    clock = EPOCH + (from + 16) * STEP;
    await dropWindow(bucket.store, {
      from,
      rows: 15,
      fault: { entity: 'payment', from: 1450, to: 1470 },
    });
    await score();
  }
  return bucket.found.map(({ anomaly }) => `${anomaly.state} ${anomaly.entity}`);
}

const AS_WITHOUT = ['opened payment', 'resolved payment'];

test('rows of 2099 are left out and told of, and everybody is alerted on as without them', async () => {
  await learn();
  await dropFile('edge.parquet', { from: 1430, rows: 10, wrong: [IN_2099, IN_2099 + STEP] });
  await score();
  assert.deepEqual(await passTwoHours(), AS_WITHOUT);
  const [note] = await listLeftOut(bucket.store, PREFIX);
  assert.equal(note?.key, `${PREFIX}edge.parquet`);
  assert.match(note.leftOut[0]!.message, /^2 of 20 rows .*entity "cart", row 1: 2099-01-01T00:00:00\.000Z/);
  const { leftOut, newestData, lagMs } = await readDetectorStatus(bucket.context, 'shop');
  assert.equal(leftOut.length, 1);
  assert.equal(newestData, new Date(EPOCH + PASSED * STEP).toISOString());
  assert.equal(lagMs, STEP);
  assert.equal(telemetry.total('LeftOut'), 2, 'once, however often the file is read');
});

test('a file of nothing but 2099 goes to quarantine, whatever its name says', async () => {
  await learn();
  await dropWindow(bucket.store, { from: (IN_2099 - EPOCH) / STEP, rows: 15 });
  await dropFile('edge.parquet', { from: (IN_2099 - EPOCH) / STEP, rows: 10, wrong: [] });
  await score();
  const { quarantined } = await readDetectorStatus(bucket.context, 'shop');
  assert.deepEqual(
    quarantined.map(({ code }) => code),
    ['time-out-of-bounds', 'time-out-of-bounds'],
  );
  assert.deepEqual(await passTwoHours(), AS_WITHOUT);
});

test('one row of 1970 costs no training', async () => {
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
  await dropFile('zero.parquet', { from: 1440, rows: 15, wrong: [7_000] });
  clock += 20 * STEP;
  const { outcome, rows } = await train();
  assert.equal(outcome, 'trained');
  assert.equal(rows, 2 * 1455 - 1);
});

test('a file of 1970 is no history that a warmup of time would count', async () => {
  const warmup =
    'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { threshold: { percentile: 99 }, training: { warmup: 7d } }';
  await bucket.store.put('detectors/shop.yml', new TextEncoder().encode(warmup));
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
  await dropFile('zero.parquet', { from: -EPOCH / STEP, rows: 15, wrong: [] });
  const { phase, span } = await score();
  assert.deepEqual({ phase, span }, { phase: 'learning', span: 1440 * STEP });
  assert.equal(bucket.takeTrainingRequest(), false);
  const trained = await train();
  assert.deepEqual([trained.outcome, trained.span], ['learning', 1440 * STEP]);
});

test('a file whose grid would be too large goes to quarantine, and training goes on with the rest', async () => {
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
  const entities = Array.from({ length: 60 }, (_, i) => `pod-${String(i).padStart(2, '0')}`);
  const window = makeWindow({ from: 1440, rows: 15, entities });
  const times = window.times.slice();
  // Of each of them: a grid reaches from an entity's first row to its last.
  for (let pod = 0; pod < entities.length; pod++) times[15 * pod] = EPOCH - 350 * 1440 * STEP;
  await bucket.store.put(
    `${PREFIX}wide.parquet`,
    writeColumns({
      columns: [
        { name: 'ts', type: 'timestamp', values: times },
        { name: 'pod', type: 'string', dictionary: entities, codes: window.entityOf },
        { name: 'cpu', type: 'double', values: window.columns[0]! },
      ],
    }),
  );
  clock += 20 * STEP;
  assert.equal((await train()).outcome, 'trained');
  const { quarantined } = await readDetectorStatus(bucket.context, 'shop');
  assert.deepEqual(
    quarantined.map(({ key, code }) => `${key} ${code}`),
    [`${PREFIX}wide.parquet too-large`],
  );
  assert.match(
    quarantined[0]!.message,
    /rows reach from 2025-11-16T00:00:00\.000Z \(entity "pod-00"\) to 2026-/,
  );
});

test('a state that knows of 2099 heals: alerts, trainings and the model in use', async () => {
  await learn();
  const track = { decidedUntil: IN_2099, recent: [], open: undefined };
  await updateState(bucket.store, 'shop', (state) => ({
    ...state,
    entities: { laptop: track },
    trainedUntil: IN_2099,
    watchFrom: IN_2099,
    exportedUntil: IN_2099,
  }));
  assert.deepEqual(await passTwoHours(), AS_WITHOUT);
  const key = currentModelKey('shop');
  const current = new TextDecoder().decode((await bucket.store.get(key)).body);
  const later = current.replace(/"version": "\d{8}/, '"version": "20990101');
  assert.notEqual(later, current);
  await bucket.store.put(key, new TextEncoder().encode(later));
  const loaded = await loadQuickDetector(bucket.context, 'shop');
  assert.equal(await isTrainingDue(loaded, bucket.context), true);
  assert.equal((await train()).outcome, 'trained');
  assert.equal(await isTrainingDue(await loadQuickDetector(bucket.context, 'shop'), bucket.context), false);
  const { state } = await readState(bucket.store, 'shop');
  assert.deepEqual(Object.keys(state.entities), ['cart', 'payment']);
  assert.equal(state.trainedUntil, EPOCH + PASSED * STEP);
  assert.equal((await readCurrent(bucket.store, 'shop'))?.version.slice(0, 8), '20261102');
});

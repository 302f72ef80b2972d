/** A corrected window takes back what was told of it, once, and nothing else does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { scoresKey } from '../../../../lib/store/keys.ts';
import { loadQuickDetector } from '../../../helpers/load-quick-detector.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, STEP } from '../../../helpers/synthetic-window.ts';

async function createTrained() {
  const telemetry = createMemoryTelemetry();
  const clock = EPOCH + 1600 * STEP;
  const bucket = openLocalBucket({ telemetry, now: () => clock });
  const context = { ...bucket.context, telemetry, withoutReports: true as const };
  await dropWindow(bucket.store, { from: 0, rows: 1440 });
  const score = async () => scoreWindows(await loadQuickDetector(context, 'shop'), context);
  await trainModel(await loadQuickDetector(context, 'shop'), context);
  await score();
  const told = (): string[] => bucket.found.map(({ anomaly }) => `${anomaly.state} ${anomaly.entity}`);
  return { store: bucket.store, found: bucket.found, telemetry, score, told };
}

const FAULT = { entity: 'payment', from: 1450, to: 1455 };

test('a corrected window takes back what is over, once', async () => {
  const { store, score, told, found, telemetry } = await createTrained();
  const key = await dropWindow(store, { from: 1440, rows: 60, fault: FAULT });
  await score();
  assert.deepEqual(told(), ['opened payment', 'resolved payment']);
  await dropWindow(store, { from: 1440, rows: 60 });
  await score();
  assert.deepEqual(told(), ['opened payment', 'resolved payment', 'retracted payment']);
  const { anomaly } = found[2]!;
  assert.equal(anomaly.anomalyId, found[0]!.anomaly.anomalyId);
  assert.match(anomaly.changeId, /-0003$/);
  assert.deepEqual([anomaly.start, anomaly.end], [found[1]!.anomaly.start, found[1]!.anomaly.end]);
  assert.match(anomaly.summary, /^payment: not so by corrected data, 00:1\d UTC to 00:1\d UTC; cpu \d/);
  const [reason] = anomaly.reasons;
  assert.ok(reason!.metric === 'cpu' && reason!.value! < 200, 'as the corrected data have it');
  assert.equal(telemetry.total('AnomaliesRetracted', 'shop'), 1);
  // A run that died before it wrote the scores, and the same bytes once more.
  await store.delete(scoresKey(key));
  await score();
  await dropWindow(store, { from: 1440, rows: 60 });
  await score();
  assert.equal(told().length, 3);
});

test('one that is open is taken back and ends, and the next fault is told of', async () => {
  const { store, score, told } = await createTrained();
  await dropWindow(store, { from: 1440, rows: 15, fault: { ...FAULT, to: 1455 } });
  await score();
  assert.deepEqual(told(), ['opened payment']);
  await dropWindow(store, { from: 1440, rows: 15 });
  await score();
  assert.deepEqual(told(), ['opened payment', 'retracted payment']);
  assert.equal((await readState(store, 'shop')).state.entities['payment']?.open, undefined);
  await dropWindow(store, { from: 1455, rows: 30, fault: { entity: 'payment', from: 1460, to: 1470 } });
  await score();
  assert.deepEqual(told().slice(2), ['opened payment', 'resolved payment']);
});

test('over several windows all of them have to be corrected, in the order of time', async () => {
  const { store, score, told } = await createTrained();
  const windows = [
    { from: 1440, rows: 15 },
    { from: 1455, rows: 15 },
  ];
  for (const window of windows) {
    await dropWindow(store, { ...window, fault: { ...FAULT, to: 1465 } });
    await score();
  }
  const before = told();
  assert.equal(before[0], 'opened payment');
  await dropWindow(store, windows[0]!);
  await score();
  assert.deepEqual(told(), before);
  await dropWindow(store, windows[1]!);
  await score();
  assert.deepEqual(told(), [...before, 'retracted payment']);
});

test('what is still there by the corrected data stays, and so does what only a replay of the same bytes looks at', async () => {
  const { store, score, told } = await createTrained();
  const key = await dropWindow(store, { from: 1440, rows: 60, fault: FAULT });
  await score();
  const before = told();
  await dropWindow(store, { from: 1440, rows: 60, fault: { ...FAULT, factor: 8 } });
  await score();
  // Rows that are gone show nothing.
  await dropWindow(store, { from: 1440, rows: 60, entities: ['cart'] });
  await score();
  await store.delete(scoresKey(key));
  await score();
  assert.deepEqual(told(), before);
});

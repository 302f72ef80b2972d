/** What moved with an anomaly is told by its first message, from the rows that its window was scored by. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAlert } from '../../../../lib/alert/render.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { rangeOfWindowKey } from '../../../../lib/store/keys.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { alertOf } from '../../../helpers/alerts.ts';
import { createShopWorld } from '../../../helpers/shop-world.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
const TRAINED = 1440;
const ENTITIES = ['catalogue', 'checkout', 'payment'];
const FAULT = { entity: 'payment', from: TRAINED + 62, to: TRAINED + 100 };

/** Checkout's memory is what payment's CPU is, and a little of its own. */
function makeRows(from: number, rows: number): MetricWindow {
  const window = makeWindow({ from, rows, entities: ENTITIES, metrics: ['cpu', 'memory'], fault: FAULT });
  const [cpu, memory] = window.columns as [Float64Array, Float64Array];
  const follows = memory.map((own, row) =>
    row >= rows && row < 2 * rows ? 4 * cpu[row + rows]! + own / 1000 : own,
  );
  return { ...window, columns: [cpu, follows] };
}

test('the first message names the metrics of other entities that moved with it, and reads nothing for it', async () => {
  const clock = EPOCH + (TRAINED + 200) * STEP;
  const spec = '{ step: 1m, model: { kind: robust-z }, silence: { entity: off, source: off } }';
  const { context, found, drop } = await createShopWorld({ detector: DETECTOR, spec, clock });
  await drop(makeRows(0, TRAINED));
  const loaded = await loadDetector(context, DETECTOR);
  await trainModel(loaded, context);
  for (let from = TRAINED; from < TRAINED + 150; from += 15) {
    await drop(makeRows(from, 15));
    await scoreWindows(loaded, context);
  }
  const [opened] = found;
  assert.equal(opened?.state, 'opened');
  const of = opened.entity;
  assert.ok(of === 'payment' || of === 'checkout', of);
  const other = of === 'payment' ? ['checkout', 'memory'] : ['payment', 'cpu'];
  const [first] = opened.related ?? [];
  assert.deepEqual([first?.detector, first?.entity, first?.metric], [DETECTOR, ...other]);
  assert.ok(first!.correlation >= 0.6 && first!.correlation <= 1, String(first!.correlation));
  assert.ok(opened.related!.every(({ entity }) => entity !== 'catalogue' && entity !== of));
  const { text } = renderAlert(alertOf(opened));
  assert.match(
    text,
    new RegExp(`What moved with it, by correlation:\n {2}\\+[01]\\.\\d\\d {2}${other.join(' ')}\n`),
  );
  // It begins within the newest window: what it was compared over lies in those before.
  assert.ok(Date.parse(opened.start) - rangeOfWindowKey(opened.objects.window)!.start < 15 * STEP);
});

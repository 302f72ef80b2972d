/** A metric that climbs for a day, so slowly that it is never off where it has been of late: from its rows to what people read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { manifestKey, windowKey } from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';
import { createToldWorld } from '../../../helpers/told-world.ts';

/** A week: less of it predicts no weekend. */
const TRAINED = 7 * 1440;
const HOUR = 60;
const BEGAN = TRAINED + HOUR;
/** Of a level of 100, an hour. */
const SLOPE = 1;
const METRICS = Array.from({ length: 12 }, (_, i) => `metric-${i}`);
const MANIFEST =
  'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { step: 1m, model: { kind: isolation-forest }, training: { warmup: 1000 } }\n';

test('it is told once, from where it left what training predicts, and with that as what was expected', async () => {
  const world = createToldWorld(EPOCH + TRAINED * STEP);
  const { store, context } = world;
  await store.put(manifestKey('shop'), new TextEncoder().encode(MANIFEST));
  await drop(store, { from: 0, rows: TRAINED });
  const loaded = await loadDetector(context, 'shop');
  assert.equal((await trainModel(loaded, context)).outcome, 'trained');
  await scoreWindows(loaded, context);
  for (let from = TRAINED; from < TRAINED + 40 * HOUR; from += HOUR) {
    world.clock = EPOCH + (from + HOUR + 1) * STEP;
    await drop(store, { from, rows: HOUR });
    await scoreWindows(loaded, context);
  }
  const [opened, ...later] = world.published;
  assert.equal(opened?.state, 'opened');
  assert.deepEqual(
    later.map(({ state }) => state),
    ['settled'],
  );
  const [reason, ...others] = opened.reasons;
  assert.deepEqual(others, []);
  assert.equal(reason?.metric, 'metric-1');
  assert.ok(reason.usualLow! > 90 && reason.usualHigh! < 110, 'as training has it, wherever it was of late');
  assert.ok(reason.value! > 115);
  const { worst } = opened;
  assert.ok(
    worst !== undefined && worst.usualLow > 90 && worst.usualHigh < 110,
    'and so is the farthest value',
  );
  const sinceBegan = (Date.parse(opened.start) - EPOCH) / STEP - BEGAN;
  assert.ok(sinceBegan > 4 * HOUR && sinceBegan < 20 * HOUR, `${sinceBegan} minutes after it began to climb`);
  assert.match(opened.summary, /^cart: metric-1 1\d\d \(usual 95\S*105\), since/);
});

/** Level and noise alone, and one metric of one entity that climbs. */
async function drop(
  store: ObjectStore,
  given: { readonly from: number; readonly rows: number },
): Promise<void> {
  const window = makeWindow({ ...given, metrics: METRICS });
  const { times, entityOf, columns, range } = window;
  for (const [at, column] of columns.entries())
    for (let row = 0; row < times.length; row++) {
      const place = (times[row]! - EPOCH) / STEP;
      column[row]! -= 10 * Math.sin(place / 40);
      if (at === 1 && entityOf[row] === 0 && place >= BEGAN) column[row]! += (SLOPE * (place - BEGAN)) / HOUR;
    }
  await store.put(windowKey('shop', range), writeWindow(window, { manifestHash: 'test' }));
}

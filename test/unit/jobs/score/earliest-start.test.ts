/** When an anomaly may have begun, from the row that opens it to the incidents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { manifestKey, windowKey } from '../../../../lib/store/keys.ts';
import { readNotifyState } from '../../../../lib/store/notify-state.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';
import { createToldWorld } from '../../../helpers/told-world.ts';

const TRAINED = 2880;
/** So many that a forest finds nothing in one of them that is a little off. */
const METRICS = Array.from({ length: 12 }, (_, i) => `metric-${i}`);
/** Of a level of 100, and no farther than noise goes in single rows. */
const LITTLE = 12;
const MANIFEST =
  'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { step: 1m, model: { kind: isolation-forest }, training: { warmup: 1000 } }\n';

test('an anomaly that a mean opens may have begun within it, and incidents know', async () => {
  const world = createToldWorld(EPOCH + TRAINED * STEP);
  const { store, context } = world;
  await store.put(manifestKey('shop'), new TextEncoder().encode(MANIFEST));
  await drop(store, { from: 0, rows: TRAINED });
  const loaded = await loadDetector(context, 'shop');
  assert.equal((await trainModel(loaded, context)).outcome, 'trained');
  await scoreWindows(loaded, context);

  const began = TRAINED + 30;
  for (let from = TRAINED; from < TRAINED + 180; from += 15) {
    world.clock = EPOCH + (from + 16) * STEP;
    await drop(store, { from, rows: 15 }, began);
    await scoreWindows(loaded, context);
  }
  const { incidents } = (await readNotifyState(store)).state.incidents;
  const [member] = incidents.flatMap(({ members }) => members);
  assert.equal(member?.entity, 'cart');
  const [start, earliest] = [member.start, member.earliestStart!].map((time) => (time - EPOCH) / STEP);
  assert.ok(earliest! <= began && began < start!, `${earliest} to ${start}, and it began at ${began}`);
});

/** Level and noise alone, and from `began` on a little more of one metric of one entity: no single row is unusual. */
async function drop(
  store: ObjectStore,
  given: { readonly from: number; readonly rows: number },
  began = Infinity,
): Promise<void> {
  const window = makeWindow({ ...given, metrics: METRICS });
  const { times, entityOf, columns, range } = window;
  for (const [at, column] of columns.entries())
    for (let row = 0; row < times.length; row++) {
      const place = (times[row]! - EPOCH) / STEP;
      column[row]! -= 10 * Math.sin(place / 40);
      if (at === 0 && entityOf[row] === 0 && place >= began) column[row]! += LITTLE;
    }
  await store.put(windowKey('shop', range), writeWindow(window, { manifestHash: 'test' }));
}

/** A metric that climbs for hours, through the jobs: people hear of it as it goes, with how far it has come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../../lib/alert/alert.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { manifestKey, windowKey } from '../../../../lib/store/keys.ts';
import { sliceWindow } from '../../../../lib/window/combine.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';
import { createToldWorld } from '../../../helpers/told-world.ts';

const TRAINED = 2880;
const HOURS = 8;
const MANIFEST =
  'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { step: 1m, model: { kind: robust-z }, training: { warmup: 1000 } }\n';

test('while it climbs for hours each message has at least twice of what the one before had', async () => {
  const world = createToldWorld(EPOCH + TRAINED * STEP);
  const { store, context, published } = world;
  await store.put(manifestKey('shop'), new TextEncoder().encode(MANIFEST));
  const history = makeWindow({ from: 0, rows: TRAINED });
  await store.put(windowKey('shop', history.range), writeWindow(history, { manifestHash: 'test' }));
  const loaded = await loadDetector(context, 'shop');
  assert.equal((await trainModel(loaded, context)).outcome, 'trained');
  await scoreWindows(loaded, context);

  const climb = makeWindow({ from: TRAINED, rows: HOURS * 60 });
  const { entityOf, times } = climb;
  const [cpu] = climb.columns;
  for (let row = 0; row < times.length; row++)
    if (entityOf[row] === 0) cpu![row]! += (times[row]! - climb.range.start) / STEP;
  for (let from = climb.range.start; from < climb.range.end; from += 15 * STEP) {
    const range = { start: from, end: from + 15 * STEP };
    world.clock = range.end + STEP;
    const key = windowKey('shop', range);
    await store.put(key, writeWindow({ ...sliceWindow(climb, range), range }, { manifestHash: 'test' }));
    await scoreWindows(loaded, context);
  }
  const about = published.filter(({ entity }) => entity === 'cart');
  const departures = about.map(({ worst }: Alert) => Math.abs(worst!.value - worst!.usual));
  assert.equal(departures.length, 5);
  // The second one tells that it is twice as unusual.
  for (const nth of [2, 3, 4]) assert.ok(departures[nth]! >= 2 * departures[nth - 1]!, departures.join(', '));
  assert.ok(departures.at(-1)! > 200, `it went to ${HOURS * 60}, and people heard of ${departures.at(-1)}`);
  const { state } = await readState(store, 'shop');
  const { open } = state.entities['cart']!;
  assert.equal(state.worst[open!.id]?.told?.departure, departures.at(-1));
  assert.equal(new Set(about.map(({ notificationId }) => notificationId)).size, about.length);
});

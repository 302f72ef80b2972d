/** A pod dies while it is unusual, and another takes its place: its anomaly ends, where the windows are of all pods. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../../lib/alert/alert.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { windowsPrefix } from '../../../../lib/store/keys.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';
import { createToldWorld } from '../../../helpers/told-world.ts';

const HISTORY = 2 * 1440;
const [SICK, OTHER, NEXT] = ['cart-6d4cf56db6-bbbbb', 'cart-6d4cf56db6-ccccc', 'cart-6d4cf56db6-ddddd'];
const FAULT = { entity: SICK, from: HISTORY + 10, to: HISTORY + 60, factor: 3 };

/** @param isExported whether windows have the names that the exporter gives them */
async function liveOn(isExported: boolean): Promise<readonly Alert[]> {
  const world = createToldWorld(EPOCH + HISTORY * STEP);
  const { store, context } = world;
  const yaml =
    'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { model: { kind: robust-z }, silence: { entity: off, metric: off, source: off } }\n';
  await store.put('detectors/shop.yml', new TextEncoder().encode(yaml));
  await dropWindow(store, { detector: 'shop', from: 0, rows: HISTORY, entities: [SICK, OTHER] });
  await trainModel(await loadDetector(context, 'shop'), context);
  for (let from = HISTORY; from < HISTORY + 240; from += 60) {
    world.clock = EPOCH + (from + 60) * STEP;
    // It dies with the first window.
    const entities = from === HISTORY ? [SICK, OTHER] : [OTHER, NEXT];
    const options = { detector: 'shop', from, rows: 60, entities, fault: FAULT };
    if (isExported) await dropWindow(store, options);
    else
      await store.put(
        `${windowsPrefix('shop')}file-${from}.parquet`,
        writeWindow(makeWindow(options), { manifestHash: 'test' }),
      );
    await scoreWindows(await loadDetector(context, 'shop'), context);
  }
  return world.published;
}

test('its anomaly ends with the exported window before which others were heard for half an hour', async () => {
  const told = await liveOn(true);
  assert.deepEqual(
    told.map(({ entity, state, isGone }) => [entity, state, isGone]),
    [
      [SICK, 'opened', undefined],
      [SICK, 'resolved', true],
    ],
  );
  assert.match(told[1]!.summary, /: gone at .* it was cpu/);
});

test('of dropped files nobody knows where it is, and it stays open', async () => {
  assert.deepEqual(
    (await liveOn(false)).map(({ state }) => state),
    ['opened'],
  );
});

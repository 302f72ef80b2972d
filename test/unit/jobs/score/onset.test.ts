/** Since when a spike is told, from its rows to the message and the page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeIncidentPage } from '../../../../lib/jobs/notify/incident-page/write-page.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import type { IncidentInput } from '../../../../lib/report/incident/incident-input.ts';
import { readNotifyState } from '../../../../lib/store/notify-state.ts';
import { declareQuick, dropWindow, EPOCH, STEP } from '../../../helpers/synthetic-window.ts';
import { createToldWorld } from '../../../helpers/told-world.ts';

const TRAINED = 1440;
const FAULT = { entity: 'payment', from: TRAINED + 20, to: TRAINED + 40 };

/** What was told of the fault, its rows in windows of these lengths. */
async function tell(lengths: readonly number[]) {
  const world = createToldWorld(EPOCH + TRAINED * STEP);
  const { store, context, published } = world;
  await declareQuick(store);
  await dropWindow(store, { from: 0, rows: TRAINED });
  const loaded = await loadDetector(context, 'shop');
  assert.equal((await trainModel(loaded, context)).outcome, 'trained');
  await scoreWindows(loaded, context);
  let from = TRAINED;
  for (const rows of lengths) {
    world.clock = EPOCH + (from + rows + 1) * STEP;
    await dropWindow(store, { from, rows, fault: FAULT });
    await scoreWindows(loaded, context);
    from += rows;
  }
  const { incidents } = (await readNotifyState(store)).state.incidents;
  const [incident] = incidents;
  const [member] = incident?.members ?? [];
  assert.equal(member?.entity, FAULT.entity);
  let page: IncidentInput | undefined;
  const render = (input: IncidentInput): string => {
    page = input;
    return '';
  };
  await writeIncidentPage(store, { incidentId: incident!.id, step: STEP, now: world.clock, render });
  return { member, alert: published[0]!, page: page! };
}

test('a spike is told since its first row, wherever the windows are cut', async () => {
  const ids = new Set<string>();
  for (const cut of [20, 21, 22, 23, 60]) {
    const { member, alert, page } = await tell([cut, 60 - cut].filter((rows) => rows > 0));
    assert.equal((member.start - EPOCH) / STEP, FAULT.from, `cut at ${cut}`);
    assert.equal(member.earliestStart, undefined);
    assert.equal(alert.start, new Date(EPOCH + FAULT.from * STEP).toISOString());
    assert.match(alert.summary, /since 00:20 UTC/);
    assert.deepEqual(
      page.members[0]?.stretches.map(({ start }) => start),
      [EPOCH + FAULT.from * STEP],
      'the band of the page',
    );
    ids.add(member.anomalyId);
  }
  // Of the row that opens it.
  assert.deepEqual(
    [...ids].map((id) => id.slice(0, 16)),
    ['20261102T002200Z'],
  );
});

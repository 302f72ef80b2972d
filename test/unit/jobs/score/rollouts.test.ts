/** A rollout through the jobs: no anomaly by itself, and named by what goes wrong where it was, and where others depend on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { createShopWorld } from '../../../helpers/shop-world.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
const TRAINED = 1440;
const PAYMENT = 'shop/payment-5ff676694b-fzj9z';
const [OLD, NEW] = ['shop/checkout-6d4cf56db6-x2x4z', 'shop/checkout-7f9cb5c8d6-bbbbb'];
/** In steps after EPOCH. */
const ROLLOUT = TRAINED + 60;

function makeRows(given: {
  readonly from: number;
  readonly rows: number;
  readonly faulty: boolean;
}): MetricWindow {
  const { from, rows, faulty } = given;
  const checkout = from >= ROLLOUT ? NEW! : OLD!;
  const fault = { entity: PAYMENT, from: ROLLOUT + 15, to: ROLLOUT + 45 };
  return makeWindow({
    from,
    rows,
    entities: [checkout, PAYMENT],
    metrics: ['cpu', 'memory'],
    ...(faulty && { fault }),
  });
}

async function run(faulty: boolean, dependsOn: string, revisionsOf: typeof tellNone = tellNone) {
  const clock = EPOCH + (TRAINED + 200) * STEP;
  const spec = `{ step: 1m, model: { kind: robust-z }, silence: { entity: off, source: off }, depends_on: [${dependsOn}] }`;
  const { store, context, found, drop } = await createShopWorld({ detector: DETECTOR, spec, clock });
  await drop(makeRows({ from: 0, rows: TRAINED, faulty }));
  const loaded = await loadDetector(context, DETECTOR);
  await trainModel(loaded, context);
  for (let from = TRAINED; from < TRAINED + 150; from += 15) {
    await drop({ ...makeRows({ from, rows: 15, faulty }), ...revisionsOf(from) });
    await scoreWindows(loaded, context);
  }
  const { state } = await readState(store, DETECTOR);
  return { found, rollouts: state.rollouts };
}

/** Of the window that begins at this step. */
function tellNone(_from: number): Pick<MetricWindow, 'revisions'> {
  return {};
}

const TOLD = {
  workload: 'shop/checkout',
  at: new Date(EPOCH + ROLLOUT * STEP).toISOString(),
  from: '6d4cf56db6',
  to: '7f9cb5c8d6',
};

test('a rollout alone wakes nobody, and is remembered', async () => {
  const { found, rollouts } = await run(false, 'checkout');
  assert.deepEqual(found, []);
  assert.deepEqual(rollouts?.recent, [{ ...TOLD, at: EPOCH + ROLLOUT * STEP }]);
});

test('an anomaly of what depends on it names it', async () => {
  const { found } = await run(true, 'checkout');
  assert.equal(found[0]?.entity, PAYMENT);
  assert.deepEqual(found[0]?.rollouts, [TOLD]);
});

test('one of what does not depend on it does not', async () => {
  const { found } = await run(true, 'catalogue');
  assert.equal(found[0]?.entity, PAYMENT);
  assert.equal(found[0]?.rollouts, undefined);
});

test('a StatefulSet is rolled out where its windows say so', async () => {
  const revised = { workload: 'shop/queue', kind: 'StatefulSet' } as const;
  const { found, rollouts } = await run(true, 'queue', (from) => {
    const start = { ...revised, revision: from > ROLLOUT ? 'b' : 'a', first: EPOCH + from * STEP };
    const moved = { ...revised, revision: 'b', first: EPOCH + (ROLLOUT + 5) * STEP };
    return { revisions: from === ROLLOUT ? [start, moved] : [start] };
  });
  const at = EPOCH + (ROLLOUT + 5) * STEP;
  assert.deepEqual(
    rollouts?.recent.filter(({ kind }) => kind !== undefined),
    [{ ...revised, at, from: 'a', to: 'b' }],
  );
  const told = { ...revised, at: new Date(at).toISOString(), from: 'a', to: 'b' };
  assert.deepEqual(found[0]?.rollouts, [told]);
});

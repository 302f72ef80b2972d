/** Counters and uptimes through the jobs: judged by their rate, and a restart is an information. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAlert } from '../../../../lib/alert/render.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadFittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readCurrent } from '../../../../lib/store/model-repository.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { alertOf } from '../../../helpers/alerts.ts';
import { createShopWorld } from '../../../helpers/shop-world.ts';
import { EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const DETECTOR = 'shop';
const TRAINED = 1440;
/** Of payment alone. */
const RESTART = TRAINED + 60;
const SECONDS = STEP / 1000;

/** Requests a second are the window's; what counts them, and since when, begins anew at the restart. */
function makeRows(given: {
  readonly from: number;
  readonly rows: number;
  readonly fault?: true;
}): MetricWindow {
  const { from, rows } = given;
  const fault = { entity: 'payment', from: RESTART - 5, to: RESTART + 15 };
  const window = makeWindow({ from, rows, metrics: ['cpu'], ...(given.fault && { fault }) });
  const whole = makeWindow({ from: 0, rows: from + rows, metrics: ['requests'] });
  const totals = whole.columns[0]!.slice();
  const perEntity = from + rows;
  const begun = (row: number): number => {
    const restarts = row >= perEntity && row - perEntity >= RESTART;
    return restarts ? perEntity + RESTART : row < perEntity ? 0 : perEntity;
  };
  for (let row = 0; row < totals.length; row++)
    totals[row] = totals[row]! * SECONDS + (row === begun(row) ? 0 : totals[row - 1]!);
  const pick = (valueAt: (row: number) => number): Float64Array =>
    Float64Array.from({ length: 2 * rows }, (_, i) =>
      valueAt(Math.floor(i / rows) * perEntity + from + (i % rows)),
    );
  const start = (row: number): number =>
    EPOCH / 1000 - 86_400 + (row - perEntity >= RESTART ? 86_400 + RESTART * SECONDS : 0);
  const now = (row: number): number => EPOCH / 1000 + (row % perEntity) * SECONDS;
  return {
    ...window,
    metrics: ['cpu', 'requests_total', 'uptime', 'process_start_time_seconds'],
    columns: [
      window.columns[0]!,
      pick((row) => totals[row]!),
      pick((row) => now(row) - start(row)),
      pick(start),
    ],
  };
}

async function run(fault?: true) {
  const clock = EPOCH + (TRAINED + 200) * STEP;
  const spec = '{ step: 1m, model: { kind: isolation-forest, params: { trees: 20 } } }';
  const { store, context, found, drop } = await createShopWorld({ detector: DETECTOR, spec, clock });
  await drop(makeRows({ from: 0, rows: TRAINED }));
  const loaded = await loadDetector(context, DETECTOR);
  assert.equal((await trainModel(loaded, context)).outcome, 'trained');
  for (let from = TRAINED; from < TRAINED + 180; from += 15)
    await drop(makeRows({ from, rows: 15, ...(fault && { fault }) }));
  await scoreWindows(loaded, context);
  const { version } = (await readCurrent(store, DETECTOR))!;
  return { found, fitted: await loadFittedDetector(store, DETECTOR, version) };
}

test('a restart alone wakes nobody: what only grows is judged by how fast', async () => {
  const { found, fitted } = await run();
  assert.deepEqual(
    fitted.plan.columns.map(({ name }) => name),
    [
      'cpu',
      'process_start_time_seconds (rate per second over 1m)',
      'requests_total (rate per second over 1m)',
      'uptime (rate per second over 1m)',
      'data_availability',
    ],
  );
  assert.deepEqual(found, []);
});

test('an anomaly says that there was a restart', async () => {
  const { found } = await run(true);
  const opened = found.find(({ state }) => state === 'opened')!;
  const resolved = found.find(({ state }) => state === 'resolved')!;
  assert.equal(found.filter(({ state }) => state === 'opened').length, 1);
  const at = new Date(EPOCH + RESTART * STEP).toISOString();
  assert.deepEqual(
    resolved.restarts?.map((restart) => [restart.metric, restart.at]),
    [
      ['process_start_time_seconds', at],
      ['requests_total', at],
      ['uptime', at],
    ],
  );
  assert.ok(resolved.restarts!.every(({ metric, from, to }) => metric.endsWith('seconds') || to < from));
  assert.match(
    renderAlert(alertOf(resolved)).text,
    /^Restarted: {2}2026-11-02 01:00:00 UTC \(process_start_time_seconds, requests_total, uptime\)$/m,
  );
  // What opened it came before the restart, in an earlier file.
  assert.equal(opened.restarts, undefined);
});

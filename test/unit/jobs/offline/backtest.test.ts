/** A replay comes to what the jobs come to, and sees nothing before its time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../../lib/alert/alert.ts';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { manifestHash } from '../../../../lib/config/manifest.ts';
import { type BacktestResult, backtest } from '../../../../lib/jobs/offline/backtest.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { trainIfDue, trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { updateState } from '../../../../lib/store/detector-states.ts';
import { windowKey } from '../../../../lib/store/keys.ts';
import { mergeWindows } from '../../../../lib/window/combine.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { EPOCH, makeWindow, STEP, type SyntheticOptions } from '../../../helpers/synthetic-window.ts';

const HOUR = 60 * STEP;
const ROWS = 900;
const FAULTS = [
  { entity: 'payment', from: 640, to: 655 },
  { entity: 'cart', from: 800, to: 812 },
] as const;

/** Learns for 8 hours and trains anew every 3. */
const DETECTOR: Detector = {
  ...defaultDetector('shop'),
  step: STEP,
  detectionWindow: HOUR / 2,
  model: { kind: 'isolation-forest', params: { trees: 50 }, seed: 1 },
  training: { warmup: 960, lookback: 24 * HOUR, every: 3 * HOUR, incidents: 'settled' },
  threshold: { ...defaultDetector('shop').threshold, percentile: 98 },
};

/** The stretch with both faults in it, cut where the options say. */
function makeHistory(options: Pick<SyntheticOptions, 'from' | 'rows'>): MetricWindow {
  const [first, second] = FAULTS.map((fault) => makeWindow({ ...options, fault }));
  const isFaulty = (row: number): boolean =>
    FAULTS.some(({ entity, from, to }) => {
      const at = (first!.times[row]! - EPOCH) / STEP;
      return first!.entities[first!.entityOf[row]!] === entity && at >= from && at < to;
    });
  return {
    ...first!,
    columns: first!.columns.map((column, i) =>
      column.map((value, row) => Math.max(value, second!.columns[i]![row]!)),
    ),
    labels: Uint8Array.from(first!.times, (_, row) => (isFaulty(row) ? 1 : 0)),
  };
}

function replay(
  window: MetricWindow,
  over: Partial<Parameters<typeof backtest>[0]> = {},
): Promise<BacktestResult> {
  const telemetry = createMemoryTelemetry();
  return backtest(
    { detector: DETECTOR, window, trainFor: undefined, onProgress: () => {}, ...over },
    telemetry,
  );
}

/** A deployment in miniature: a bucket, its events, its hourly schedule. */
async function runDeployment(): Promise<{ alerts: [number, Alert][]; versions: string[] }> {
  let clock = 0;
  let isAsked = false;
  const alerts: [number, Alert][] = [];
  const versions: string[] = [];
  const store = createMemoryObjectStore({ now: () => clock, pause: async () => {} });
  const context: JobContext = {
    store,
    telemetry: createMemoryTelemetry(),
    now: () => clock,
    withoutReports: true,
    deadline: { remaining: () => Infinity },
    queue: {
      requestTraining: async () => {
        isAsked = true;
      },
      requestScoring: async () => {},
      async requestNotifying(name) {
        await updateState(store, name, (state) => {
          alerts.push(...state.outbox.map(({ alert }): [number, Alert] => [clock, alert]));
          return { ...state, outbox: [] };
        });
      },
    },
  };
  const loaded = { detector: DETECTOR, manifestHash: manifestHash(DETECTOR) };
  for (let from = 0; from < ROWS; from += 30) {
    const window = { ...makeHistory({ from, rows: 30 }), labels: undefined };
    const arrival = window.range.end + DETECTOR.ingestDelay;
    for (let hour = Math.ceil((clock || arrival) / HOUR) * HOUR; hour <= arrival; hour += HOUR) {
      clock = hour;
      const result = await trainIfDue(loaded, context);
      if (result?.outcome === 'trained') versions.push(result.version!);
    }
    clock = arrival;
    await store.put(windowKey('shop', window.range), writeWindow(window, loaded));
    await scoreWindows(loaded, context);
    if (isAsked) {
      isAsked = false;
      const result = await trainModel(loaded, context);
      if (result.outcome === 'trained') versions.push(result.version!);
      await scoreWindows(loaded, context);
    }
  }
  return { alerts, versions };
}

test('alerts what the jobs alert over a bucket, at the same times, by the same versions', async () => {
  const { alerts, versions } = await runDeployment();
  const result = await replay(makeHistory({ from: 0, rows: ROWS }));
  assert.ok(alerts.length >= 4, `${alerts.length} alerts`);
  assert.deepEqual(
    result.published.map(({ at, alert }) => [at, alert]),
    alerts,
  );
  assert.deepEqual(
    result.trainings.map(({ version }) => version),
    versions,
  );
  assert.ok(versions.length >= 2, `${versions.length} versions`);
});

test('says which labelled events were found, how late, and what it cost', async () => {
  const { judged, incidents, watched, windows } = await replay(makeHistory({ from: 0, rows: ROWS }));
  assert.equal(windows, ROWS / 30);
  assert.equal(watched?.end, EPOCH + ROWS * STEP);
  assert.ok(judged);
  assert.deepEqual([judged.events.events, judged.events.foundEvents], [2, 2]);
  assert.equal(incidents.filter(({ isRight }) => isRight).length, 2);
  const payment = judged.found.find(({ entity }) => entity === 'payment');
  // The window of rows 630 to 659 arrives an ingest delay after its end: people hear of row 640 then, not before.
  assert.equal(payment?.start, EPOCH + 640 * STEP);
  assert.equal(payment?.alertedAt, EPOCH + 660 * STEP + DETECTOR.ingestDelay);
  // 21 minutes, and 11 for the fault that filled 4 of 5 rows before its window of rows 780 to 809 ended.
  assert.equal(judged.delay.mean, 16 * STEP);
});

test('labels change nothing of what is alerted, and neither does what comes later', async () => {
  const labelled = makeHistory({ from: 0, rows: ROWS });
  const whole = await replay(labelled);
  const unlabelled = await replay({ ...labelled, labels: undefined });
  assert.deepEqual(unlabelled.published, whole.published);
  assert.equal(unlabelled.judged, undefined);
  const until = EPOCH + 720 * STEP;
  const early = await replay(mergeWindows([makeHistory({ from: 0, rows: 720 })]));
  assert.deepEqual(
    early.published,
    whole.published.filter(({ at }) => at <= until + DETECTOR.ingestDelay),
  );
});

test('trains first where it is told to, and says so where it never could', async () => {
  const window = makeHistory({ from: 0, rows: ROWS });
  const later = await replay(window, { trainFor: 11 * HOUR });
  assert.equal(later.trainings[0]?.at, EPOCH + 11 * HOUR + DETECTOR.ingestDelay);
  assert.equal(later.watched?.start, EPOCH + 11 * HOUR);
  const never = await replay(window, { trainFor: 48 * HOUR });
  assert.deepEqual([never.trainings, never.watched, never.published], [[], undefined, []]);
});

test('a detection window that is no multiple of the step is told', async () => {
  await assert.rejects(
    replay(makeHistory({ from: 0, rows: 60 }), { detector: { ...DETECTOR, detectionWindow: 90_001 } }),
    /90001 ms is no multiple of the step of 60000 ms/,
  );
});

test('an event that nothing was alerted of says how near it came, and by what', async () => {
  const window = makeHistory({ from: 0, rows: ROWS });
  const calm = { entity: 'payment', start: EPOCH + 720 * STEP, end: EPOCH + 735 * STEP };
  const labels = window.labels!.map((label, row) => {
    const isOfCalm = window.entities[window.entityOf[row]!] === calm.entity;
    return isOfCalm && window.times[row]! >= calm.start && window.times[row]! < calm.end ? 1 : label;
  });
  const { judged } = await replay({ ...window, labels });
  const events = judged!.found;
  assert.equal(events.length, 3);
  const missed = events.filter(({ alertedAt }) => alertedAt === undefined);
  assert.deepEqual(
    missed.map(({ entity, start, end, miss }) => [{ entity, start, end }, miss?.why]),
    [[calm, 'below']],
  );
  const { reached, said, by } = missed[0]!.miss!;
  assert.ok(reached! > 0 && reached! < 1, String(reached));
  assert.ok(by !== undefined);
  assert.match(said, /^reached \d+(\.\d+)? % of the threshold, by /);
  assert.ok(events.every(({ alertedAt, miss }) => (alertedAt === undefined) === (miss !== undefined)));
});

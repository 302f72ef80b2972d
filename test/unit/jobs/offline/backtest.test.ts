/** A replay comes to what the jobs come to, and sees nothing before its time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../../lib/alert/alert.ts';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { DEFAULT_GROUPING } from '../../../../lib/config/grouping.ts';
import { manifestHash } from '../../../../lib/config/manifest.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { type BacktestResult, backtest } from '../../../../lib/jobs/offline/backtest.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import type { JobContext, NotifyContext } from '../../../../lib/jobs/shared/context.ts';
import { trainIfDue, trainModel } from '../../../../lib/jobs/train/train-model.ts';
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
    {
      detector: DETECTOR,
      window,
      trainFor: undefined,
      grouping: DEFAULT_GROUPING,
      onProgress: () => {},
      ...over,
    },
    telemetry,
  );
}

/** A deployment in miniature: a bucket, its events, its schedules of the hour and of the minute. */
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
      requestNotifying: async (name) => void (await notify(telling, [name])),
    },
  };
  let wakeAt = Infinity;
  const telling: NotifyContext = {
    ...context,
    grouping: DEFAULT_GROUPING,
    withoutPages: true,
    publisher: {
      async publish(alert) {
        alerts.push([clock, alert]);
        return { messageId: alert.notificationId };
      },
    },
    wakeIn: async (ms) => {
      wakeAt = clock + Math.ceil(ms / 1000) * 1000;
    },
  };
  let tickAt = EPOCH;
  const passTo = async (time: number): Promise<void> => {
    for (let next = Math.min(tickAt, wakeAt); next <= time; next = Math.min(tickAt, wakeAt)) {
      clock = next;
      if (next === tickAt) tickAt += STEP;
      if (next === wakeAt) wakeAt = Infinity;
      await notify(telling, []);
    }
    clock = time;
  };
  const loaded = { detector: DETECTOR, manifestHash: manifestHash(DETECTOR) };
  for (let from = 0; from < ROWS; from += 30) {
    const window = { ...makeHistory({ from, rows: 30 }), labels: undefined };
    const arrival = window.range.end + DETECTOR.ingestDelay;
    for (let hour = Math.ceil((clock || arrival) / HOUR) * HOUR; hour <= arrival; hour += HOUR) {
      await passTo(hour);
      const result = await trainIfDue(loaded, context);
      if (result?.outcome === 'trained') versions.push(result.version!);
    }
    await passTo(arrival);
    await store.put(windowKey('shop', window.range), writeWindow(window, loaded));
    await scoreWindows(loaded, context);
    if (isAsked) {
      isAsked = false;
      const result = await trainModel(loaded, context);
      if (result.outcome === 'trained') versions.push(result.version!);
      await scoreWindows(loaded, context);
    }
  }
  await passTo(clock + DETECTOR.detectionWindow - 1);
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
  // The window of rows 630 to 659 arrives an ingest delay after its end: people hear of row 640 a group wait after that.
  assert.equal(payment?.start, EPOCH + 640 * STEP);
  assert.equal(payment?.alertedAt, EPOCH + 660 * STEP + DETECTOR.ingestDelay + DEFAULT_GROUPING.groupWait);
  // 21 minutes, and 11 for the fault that filled 4 of 5 rows before its window of rows 780 to 809 ended.
  assert.equal(judged.delay.mean, 16 * STEP + DEFAULT_GROUPING.groupWait);
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
    whole.published.filter(({ at }) => at < until + DETECTOR.ingestDelay + DETECTOR.detectionWindow),
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

const PODS = Array.from({ length: 20 }, (_, i) => `api-${String(i).padStart(2, '0')}`);

/** Pods of one workload whose cpu goes up as given, labelled where it does. */
function makeFleet(
  faults: readonly { readonly of: readonly string[]; from: number; to: number }[],
): MetricWindow {
  const window = makeWindow({ from: 0, rows: ROWS, entities: PODS });
  const isFaulty = (row: number): boolean => {
    const at = (window.times[row]! - EPOCH) / STEP;
    return faults.some(
      ({ of, from, to }) => of.includes(PODS[window.entityOf[row]!]!) && at >= from && at < to,
    );
  };
  return {
    ...window,
    columns: window.columns.map((column, i) =>
      column.map((value, row) => (i === 0 && isFaulty(row) ? 10 * value : value)),
    ),
    labels: Uint8Array.from(window.times, (_, row) => Number(isFaulty(row))),
  };
}

const FLEET: Detector = {
  ...DETECTOR,
  model: { kind: 'robust-z', params: {}, seed: 1 },
  training: { ...DETECTOR.training, warmup: 9600, every: 24 * HOUR },
};

test('twenty entities with one cause are one incident of two messages, judged once', async () => {
  const result = await replay(makeFleet([{ of: PODS, from: 690, to: 705 }]), { detector: FLEET });
  assert.deepEqual(
    result.published.map(({ alert: { state, members } }) => [state, members?.length]),
    [
      ['opened', 20],
      ['resolved', 20],
    ],
  );
  assert.deepEqual(
    result.incidents.map(({ entities, anomalies, alerts, isRight, isFromDigest }) => ({
      entities,
      anomalies: anomalies.length,
      alerts,
      isRight,
      isFromDigest,
    })),
    [{ entities: 20, anomalies: 20, alerts: 2, isRight: true, isFromDigest: false }],
  );
  assert.deepEqual(result.untold, { waiting: 0, held: 0, dropped: 0 });
  const { events, found } = result.judged!;
  assert.deepEqual([events.events, events.foundEvents, events.alerts, events.falseAlerts], [20, 20, 1, 0]);
  assert.equal(events.precision, 1);
  assert.equal(new Set(found.map(({ alertedAt }) => alertedAt)).size, 1);
});

test('entities far apart in time are incidents of their own; those over the budget are told of in the digest', async () => {
  const window = makeFleet([
    { of: PODS.slice(0, 10), from: 600, to: 615 },
    { of: PODS.slice(10), from: 720, to: 735 },
  ]);
  const { incidents, published } = await replay(window, { detector: FLEET });
  assert.deepEqual(
    incidents.map(({ entities, alerts, alertedAt }) => [entities, alerts, alertedAt]),
    [600, 720].map((at) => [10, 2, EPOCH + (at + 30) * STEP + DETECTOR.ingestDelay + 30_000]),
  );
  assert.equal(published.length, 4);

  const grouping = { ...DEFAULT_GROUPING, incidentsADay: 1, digestAt: { time: 14 * HOUR } };
  const tight = await replay({ ...window, labels: undefined }, { detector: FLEET, grouping });
  assert.deepEqual(
    tight.published.map(({ alert }) => alert.state),
    ['opened', 'resolved', 'digest'],
  );
  const [first, second] = tight.incidents;
  assert.deepEqual([first?.isFromDigest, second?.isFromDigest], [false, true]);
  assert.equal(second?.alertedAt, EPOCH + 14 * HOUR);
  assert.match(second.summary, /^api, 10 of 20 entities: over at /);
  assert.ok(second.anomalies.every(({ toldAt }) => toldAt === second.alertedAt));

  const late = { ...grouping, digestAt: { time: 23 * HOUR } };
  const { untold, judged } = await replay(window, { detector: FLEET, grouping: late });
  assert.deepEqual(untold, { waiting: 0, held: 1, dropped: 0 });
  assert.deepEqual([judged?.events.events, judged?.events.foundEvents], [20, 10]);
  assert.ok(judged!.found.every(({ miss }) => miss === undefined || miss.why === 'untold'));
});

test('versions are there to the end of a replay of years, to say why each of their events was missed', async () => {
  const [day, slower] = [24 * HOUR, 360];
  const slow = (time: number): number => EPOCH + (time - EPOCH) * slower;
  const made = makeWindow({ from: 0, rows: 4 * 700 });
  const times = made.times.map(slow);
  const quiet = EPOCH + 150 * day;
  const window: MetricWindow = {
    ...made,
    step: slower * STEP,
    range: { start: slow(made.range.start), end: slow(made.range.end) },
    times,
    labels: Uint8Array.from(times, (time) => (time >= quiet && time < quiet + day ? 1 : 0)),
  };
  const { judged, trainings } = await replay(window, {
    detector: {
      ...DETECTOR,
      step: window.step,
      detectionWindow: 2 * day,
      model: { kind: 'robust-z', params: {}, seed: 1 },
      training: { warmup: 960, lookback: 100 * day, every: 30 * day, incidents: 'settled' },
    },
  });
  assert.ok(trainings.length > 10, `${trainings.length} trainings`);
  assert.ok(trainings.at(-1)!.at - trainings[2]!.at > 430 * day);
  assert.ok(judged!.found.length > 0);
  assert.ok(judged!.found.every(({ alertedAt, miss }) => alertedAt !== undefined || miss !== undefined));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { parseFalseAlarms } from '../../../../lib/config/false-alarm-budget.ts';
import { fitWindow } from '../../../../lib/jobs/offline/fit-window.ts';
import { loadFittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import { seedRandom } from '../../../../lib/maths/random.ts';
import { surpriseOf } from '../../../../lib/maths/score-tail.ts';
import { sliceWindow } from '../../../../lib/window/combine.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

const STEP = 60_000;
const DAYS = 8;

/** Three metrics that wander on their own, a sample a minute, without faults. */
function drawWindow(): MetricWindow {
  const random = seedRandom(11);
  const rows = DAYS * 1440;
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.nextFloat())) * Math.cos(2 * Math.PI * random.nextFloat());
  const columns = Array.from({ length: 3 }, () => {
    let level = 0;
    return Float64Array.from({ length: rows }, () => {
      level = 0.9 * level + normal();
      return 20 + level;
    });
  });
  return {
    detector: 'shop',
    range: { start: 0, end: rows * STEP },
    step: STEP,
    metrics: ['a', 'b', 'c'],
    entities: [''],
    entityOf: new Uint32Array(rows),
    times: Float64Array.from({ length: rows }, (_, row) => row * STEP),
    columns,
    labels: undefined,
  };
}

/** Rows of one entity, without some. */
function leaveOut(
  window: MetricWindow,
  { from, to }: { readonly from: number; readonly to: number },
): MetricWindow {
  const pick = (values: Float64Array): Float64Array => values.filter((_, row) => row < from || row >= to);
  const times = pick(window.times);
  return { ...window, times, entityOf: new Uint32Array(times.length), columns: window.columns.map(pick) };
}

function fit(
  threshold: Partial<Detector['threshold']>,
  window = drawWindow(),
  testShare = 0.25,
): ReturnType<typeof fitWindow> {
  const defaults = defaultDetector('shop');
  const detector: Detector = {
    ...defaults,
    step: STEP,
    model: { kind: 'robust-z', params: {}, seed: 1 },
    threshold: { ...defaults.threshold, minDeviation: 0, ...threshold },
  };
  return fitWindow(
    { detector, window, testShare, manifestText: undefined, onProgress: () => {} },
    createMemoryTelemetry(),
  );
}

test('rows that nobody has seen open about as many incidents as the budget allows', async () => {
  const { manifest, heldOut } = await fit({ falseAlarms: parseFalseAlarms('6 per day') });
  const expected = 6 * 0.25 * DAYS;
  // The rarer of many statistics that are alike is held to the budget of all: fewer open, and never many more.
  assert.ok(heldOut!.incidents >= 1 && heldOut!.incidents < expected * 2, `${heldOut!.incidents}`);
  assert.equal(manifest.policy.by, 'evidence');
  assert.equal(manifest.policy.threshold, 1);
  assert.equal(manifest.calibration!.budget, undefined);
  assert.ok(manifest.percentile > 98 && manifest.percentile <= 100, `${manifest.percentile}`);
});

test('a rarer budget puts every level as high or higher', async () => {
  const levels = async (budget: string): Promise<Float64Array> => {
    const { manifest, bucket } = await fit({ falseAlarms: parseFalseAlarms(budget) });
    return (await loadFittedDetector(bucket.store, 'shop', manifest.version)).evidence!.reach;
  };
  const often = await levels('6 per day');
  const seldom = await levels('1 per month');
  assert.equal(seldom.length, often.length);
  assert.ok(seldom.every((level, at) => level >= often[at]!));
  assert.ok(seldom.some((level, at) => level > often[at]! * 1.1));
});

test('by percentile a version says what its scores mean, and that they are of its own training', async () => {
  const { manifest, bucket } = await fit({ rule: 'percentile' });
  assert.equal(manifest.percentile, 99.9);
  assert.equal(manifest.policy.by, undefined);
  assert.equal(manifest.policy.settleRows, undefined);
  assert.equal((await loadFittedDetector(bucket.store, 'shop', manifest.version)).evidence, undefined);
  assert.equal(manifest.calibration!.heldBack, false);
  assert.equal(manifest.calibration!.budget, undefined);
  const surprise = surpriseOf(manifest.calibration!.tail, manifest.policy.threshold);
  assert.ok(Math.abs(surprise - 3) < 0.3, `${surprise}`);
});

test('of less than a week, which knows of no weekend, nothing is told as a slow drift', async () => {
  const driftRowsOf = async (rows: number): Promise<number | undefined> => {
    const whole = drawWindow();
    const { manifest } = await fit({}, sliceWindow(whole, { start: 0, end: rows * STEP }), 0);
    return manifest.policy.driftRows;
  };
  assert.equal(await driftRowsOf(5 * 1440), undefined);
  assert.equal(await driftRowsOf(7 * 1440), 360);
  // From a Thursday on.
  const { manifest } = await fit({}, leaveOut(drawWindow(), { from: 2 * 1440, to: 4 * 1440 }), 0);
  assert.equal(manifest.policy.driftRows, undefined);
});

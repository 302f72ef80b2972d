import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../lib/config/defaults.ts';
import type { Detector } from '../../../lib/config/detector.ts';
import { parseFalseAlarms } from '../../../lib/config/false-alarm-budget.ts';
import { fitWindow } from '../../../lib/jobs/fit-window.ts';
import { seedRandom } from '../../../lib/models/random.ts';
import { surpriseOf } from '../../../lib/statistics/score-tail.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { createMemoryTelemetry } from '../../helpers/memory-telemetry.ts';

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

function fit(threshold: Partial<Detector['threshold']>, window = drawWindow()): ReturnType<typeof fitWindow> {
  const defaults = defaultDetector('shop');
  const detector: Detector = {
    ...defaults,
    step: STEP,
    model: { kind: 'robust-z', params: {}, seed: 1 },
    threshold: { ...defaults.threshold, minDeviation: 0, ...threshold },
  };
  return fitWindow(
    { detector, window, testShare: 0.25, manifestText: undefined, onProgress: () => {} },
    createMemoryTelemetry(),
  );
}

test('rows that nobody has seen open as many incidents as the budget allows', async () => {
  const { manifest, heldOut } = await fit({ falseAlarms: parseFalseAlarms('6 per day') });
  const expected = 6 * 0.25 * DAYS;
  assert.ok(heldOut!.incidents > expected / 2 && heldOut!.incidents < expected * 2, `${heldOut!.incidents}`);
  const { tail, heldBack, budget } = manifest.calibration!;
  assert.equal(heldBack, true);
  assert.ok(budget!.peaks >= 30 && budget!.beyond < 1, JSON.stringify(budget));
  assert.ok(surpriseOf(tail, manifest.policy.threshold) > 0.5);
  assert.ok(manifest.percentile > 50 && manifest.percentile < 100, `${manifest.percentile}`);
});

test('rarer than the data could show is said to be extrapolated', async () => {
  const { manifest, bucket } = await fit({ falseAlarms: parseFalseAlarms('1 per month') });
  const { budget } = manifest.calibration!;
  assert.ok(budget!.beyond > 5, JSON.stringify(budget));

  const reports: string[] = [];
  for await (const { key } of bucket.store.list(`models/detector=shop/version=${manifest.version}/`))
    if (key.endsWith('.txt')) reports.push(new TextDecoder().decode((await bucket.store.get(key)).body));
  assert.match(reports.join('\n').replaceAll(/\s+/g, ' '), /1 per month is extrapolated from \d+ smaller/);
});

test('by percentile a version says what its scores mean, and that they are of its own training', async () => {
  const { manifest } = await fit({});
  assert.equal(manifest.percentile, 99.9);
  assert.equal(manifest.calibration!.heldBack, false);
  assert.equal(manifest.calibration!.budget, undefined);
  const surprise = surpriseOf(manifest.calibration!.tail, manifest.policy.threshold);
  assert.ok(Math.abs(surprise - 3) < 0.3, `${surprise}`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import { planScan } from '../../../../lib/evidence/statistics.ts';
import { fitExpectation } from '../../../../lib/expectation/expectation.ts';
import { buildMatrix } from '../../../../lib/features/build-matrix.ts';
import { planFeatures } from '../../../../lib/features/plan.ts';
import { fitScaler } from '../../../../lib/features/scaler.ts';
import { encodeScores } from '../../../../lib/jobs/score/write-scores.ts';
import type { FittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';
import type { ScoredWindowRows } from '../../../../lib/jobs/shared/score-rows.ts';
import { readTable } from '../../../../lib/window/parquet.ts';
import { allAvailable, windowOf } from '../../features/windows.ts';

const DAY = 1440;
const ROWS = 6 * DAY;
const SHOWN = [0, DAY / 2];

const WINDOW = windowOf({
  web: {
    requests: Array.from({ length: ROWS }, (_, i) => 80 - 50 * Math.cos((2 * Math.PI * i) / DAY) + (i % 11)),
    replicas: new Array<number>(ROWS).fill(3),
    // Five to eight a second.
    bytes_total: Array.from({ length: ROWS }, (_, i) => 420 * i + 60 * (i % 3)),
  },
});
const PLAN = planFeatures(WINDOW.metrics, {
  settings: {
    timeZone: 'UTC',
    columns: [
      { kind: 'metrics', metrics: ['requests', 'replicas'], apply: [] },
      { kind: 'metrics', metrics: ['bytes_total'], apply: [{ kind: 'rate', over: 60_000 }] },
      { kind: 'metrics', metrics: ['bytes_total'], apply: [{ kind: 'rate', over: 600_000 }] },
      { kind: 'metrics', metrics: ['requests'], apply: [{ kind: 'change', over: 60_000 }] },
    ],
  },
  step: 60_000,
});

test('evidence stands behind what was there before; it is of the metrics or of the model', () => {
  const columns = encode({ expected: false });
  assert.deepEqual(Object.keys(columns), [
    'timestamp',
    'entity',
    'score',
    'deviation',
    'anomalous',
    'threshold',
    'model_version',
    'surprise',
    'evidence',
  ]);
  assert.deepEqual(columns['evidence'], [1.5, 0.75]);
  const byScore = encode({ expected: true, withEvidence: false });
  assert.deepEqual(byScore['evidence'], [Number.NaN, Number.NaN]);
  assert.deepEqual(byScore['expected_requests'], [Number.NaN, Number.NaN]);
});

test('what was expected of each metric, in its own unit and at that hour, where it is asked for', () => {
  const columns = encode({ expected: true });
  assert.deepEqual(
    Object.keys(columns).slice(9),
    ['?_replicas', '?_requests', 'rate_?_bytes_total'].flatMap((column) =>
      ['expected', 'low', 'high'].map((name) => column.replace('?', name)),
    ),
  );
  const [midnight, noon] = columns['expected_requests']!;
  assert.ok(Math.abs(midnight! - 35) < 3, `${midnight}`);
  assert.ok(Math.abs(noon! - 135) < 3, `${noon}`);
  for (const [at, expected] of columns['expected_requests']!.entries()) {
    const [low, high] = [columns['low_requests']![at]!, columns['high_requests']![at]!];
    assert.ok(low < expected && expected < high && high - low < 25, `${low} ${expected} ${high}`);
  }
  assert.deepEqual(columns['low_replicas'], [3, 3]);
  // A counter is judged by its rate a second, here over a minute.
  const [expected, low, high] = ['expected', 'low', 'high'].map(
    (name) => columns[`rate_${name}_bytes_total`]![1]!,
  );
  assert.ok(
    low! > 4 && low! < expected! && expected! < 9 && high! > 7.9 && high! < 12,
    `${low} ${expected} ${high}`,
  );
});

test('after a level has settled, what is expected is that level', () => {
  const at = ROWS - DAY / 2;
  const moved = WINDOW.columns[0]!.map((value, i) => value + (i >= at ? 300 : 0));
  const columns = encode({
    expected: true,
    columns: [moved, ...WINDOW.columns.slice(1)],
    shown: [at + 60, at + 300],
  });
  const [before, after] = columns['expected_requests']!;
  assert.ok(Math.abs(before! - moved[at + 60]! + 300) < 15, `${before}`);
  assert.ok(Math.abs(after! - moved[at + 300]!) < 15, `${after}`);
  const [low, high] = [columns['low_requests']![1]!, columns['high_requests']![1]!];
  assert.ok(low < after! && after! < high && high - low < 25, `${low} ${after} ${high}`);
});

function encode(given: {
  readonly expected: boolean;
  readonly withEvidence?: boolean;
  /** In place of those that were learned. */
  readonly columns?: readonly Float64Array[];
  readonly shown?: readonly number[];
}): Record<string, number[]> {
  const { columns = WINDOW.columns, shown = SHOWN } = given;
  const availability = allAvailable(WINDOW);
  const planned = { window: WINDOW, availability, plan: PLAN };
  const scaler = fitScaler(planned);
  const expectation = fitExpectation(buildMatrix({ ...planned, scaler }), new Uint8Array(ROWS).fill(1));
  const x = buildMatrix({ ...planned, window: { ...WINDOW, columns }, scaler });
  const isEvidence = given.withEvidence ?? true;
  const bytes = encodeScores({
    detector: { ...defaultDetector('shop'), outputs: { expected: given.expected } },
    fitted: {
      plan: PLAN,
      scaler,
      manifest: { version: 'v1', policy: { threshold: 1 } },
      evidence: isEvidence ? { expectation, plan: planScan(60_000, 3 * 3_600_000) } : undefined,
    } as unknown as FittedDetector,
    rows: {
      x,
      matrixRows: Uint32Array.from(shown),
      scored: {
        entities: ['web'],
        entityOf: new Uint32Array(shown.length),
        times: Float64Array.from(shown, (row) => WINDOW.times[row]!),
        scores: Float64Array.of(0.1, 0.2),
        deviations: Float64Array.of(1, 2),
        ...(isEvidence && {
          evidence: {
            metrics: Float64Array.of(1.5, 0.5),
            joint: Float64Array.of(0.5, 0.75),
            telling: Int32Array.of(0, -1),
            stretch: Uint16Array.of(4, 4),
            anchored: new Float64Array(2),
          },
        }),
      },
    } as unknown as ScoredWindowRows,
    anomalous: Uint8Array.of(1, 0),
  });
  const table = readTable(bytes, 'scores');
  // A number that is not there is null in the file.
  return Object.fromEntries(
    table.schema.fields.map(({ name }, at) => [
      name,
      Array.from(table.getChildAt(at)!, (value: unknown) => (typeof value === 'number' ? value : Number.NaN)),
    ]),
  );
}

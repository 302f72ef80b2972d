import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reason } from '../../../../lib/alert/alert.ts';
import { nameReason, summarize } from '../../../../lib/alert/summarize.ts';
import { type FittedEvidence, gatherEvidence } from '../../../../lib/evidence/evidence.ts';
import { countComponents, describeComponent, planScan } from '../../../../lib/evidence/statistics.ts';
import { fitExpectation } from '../../../../lib/expectation/expectation.ts';
import { buildMatrix } from '../../../../lib/features/build-matrix.ts';
import { planFeatures } from '../../../../lib/features/plan.ts';
import { fitScaler } from '../../../../lib/features/scaler.ts';
import { explainEvidence } from '../../../../lib/jobs/shared/explain-evidence.ts';
import { explainRows } from '../../../../lib/jobs/shared/explain-rows.ts';
import { fitScoreTail } from '../../../../lib/maths/score-tail.ts';
import type { FittedModel } from '../../../../lib/models/framework/contract.ts';
import { allAvailable, windowOf } from '../../features/windows.ts';

const STEP = 60_000;
const DAY = 1440;
const TRAINED = 5 * DAY;
const ROWS = TRAINED + 780;
/** Noon of the sixth day. */
const NOON = TRAINED + 720;

test('a metric is held to what is expected at that hour, not to what it is at night', async () => {
  const given = prepare({ requests: (i) => (i >= NOON ? 36 : daily(i)), errors: (i) => 5 + noise(i, 1) });
  const [reasons] = explainEvidence(given, Uint32Array.of(NOON + 5));
  const [first] = reasons!;
  assert.deepEqual([reasons!.length, first!.metric, first!.value, first!.byHour], [1, 'requests', 36, true]);
  assert.ok(first!.usualLow > 110 && first!.usualHigh < 150, JSON.stringify(first));
  assert.match(say(reasons!), /^web: requests 36 \(expected 1\d\d–1\d\d at this hour\), since/);
  // By the model, with the same bounds.
  const [byModel] = await explainRows(given, Uint32Array.of(NOON + 5));
  assert.deepEqual(
    byModel!.map(({ metric, usualLow, byHour }) => [metric, usualLow, byHour]),
    [
      ['errors', byModel![0]!.usualLow, undefined],
      ['requests', first!.usualLow, true],
    ],
  );
});

test('what opened the incident leads, whatever share the model gives it', () => {
  const given = prepare({
    requests: (i) => daily(i),
    errors: (i) => (i >= NOON ? 30 : 5) + noise(i, 1),
  });
  const [reasons] = explainEvidence(given, Uint32Array.of(NOON + 5));
  assert.deepEqual(
    reasons!.map(({ metric, share }) => [metric, share]),
    [['errors', 1]],
  );
});

test('shares are in proportion to the evidence, and what has less than half of the largest is left out', () => {
  const given = prepare({
    a: (i) => noise(i, 1) + (i >= NOON ? 60 : 0),
    b: (i) => noise(i, 2) + (i >= NOON ? 40 : 0),
    c: (i) => noise(i, 3) + (i >= NOON ? 15 : 0),
  });
  const [reasons] = explainEvidence(given, Uint32Array.of(NOON + 5));
  assert.deepEqual(
    reasons!.map(({ metric }) => metric),
    ['a', 'b'],
  );
  assert.ok(Math.abs(reasons![0]!.share - 0.6) < 0.03, String(reasons![0]!.share));
});

test('a long mild departure is told by the mean over its stretch', () => {
  // Two and a half of its spreads for two hours: no row is far out by itself.
  const given = prepare(
    { requests: (i) => daily(i), latency: (i) => 100 + noise(i, 1) + (i >= NOON - 90 ? 9 : 0) },
    { shortReach: 20 },
  );
  const row = NOON + 30;
  const { metrics, telling } = gatherEvidence({
    x: given.x,
    scores: new Float64Array(ROWS).fill(Number.NaN),
    fitted: given.fitted.evidence,
    lookback: 0,
    leastChanges: given.leastChanges,
  });
  const told = describeComponent(telling[row]!, { columns: 2, plan: given.fitted.evidence.plan });
  assert.deepEqual([told.column, told.side, told.length], [1, 'above', 120]);
  assert.ok(metrics[row]! > 1);
  const [reasons] = explainEvidence(given, Uint32Array.of(row));
  const [first] = reasons!;
  assert.equal(nameReason(first!), 'latency (mean over 2h)');
  assert.ok(Math.abs(first!.value! - 109) < 0.5, String(first!.value));
  // One spread is 3.7, and one and a half of them are what its mean goes by itself.
  assert.ok(first!.usualLow > 92 && first!.usualLow < 97, String(first!.usualLow));
  assert.ok(first!.usualHigh > 103 && first!.usualHigh < 108, String(first!.usualHigh));
  assert.match(say(reasons!), /^web: latency \(mean over 2h\) 10\d(\.\d+)? \(usual 9/);
});

/** Hours before noon at which the level moves, so that it has settled by then. */
const MOVED = NOON - 400;

test('once a level has settled, it is the one that people are shown; what is back at the one before is nothing', () => {
  const moves = (i: number): number => daily(i) + (i >= MOVED ? 100 : 0);
  const usualOf = (requests: (i: number) => number): Reason | undefined => {
    const [reasons] = explainEvidence(
      prepare({ requests, errors: (i) => 5 + noise(i, 1) }),
      Uint32Array.of(NOON + 5),
    );
    return reasons![0];
  };
  const further = usualOf((i) => moves(i) + (i >= NOON ? 100 : 0))!;
  assert.equal(further.metric, 'requests');
  assert.ok(further.usualLow > 210 && further.usualHigh < 250, JSON.stringify(further));
  assert.ok(Math.abs(further.usualMoved! - 100) < 5, String(further.usualMoved));
  // Below what training predicts it is that which it is held against.
  const below = usualOf((i) => (i >= NOON ? 36 : moves(i)))!;
  assert.ok(below.usualLow > 110 && below.usualHigh < 150, JSON.stringify(below));
  assert.equal(below.usualMoved, undefined);
  assert.notEqual(usualOf((i) => (i >= NOON ? daily(i) : moves(i)))?.metric, 'requests');
});

test('so it is of a metric that never moved in training, unless it was 0, and of a mean', () => {
  const settled = (center: number, moved: number, off: number): Reason => {
    const replicas = (i: number): number => (i >= NOON ? off : i >= MOVED ? moved : center);
    const given = prepare({ replicas, requests: (i) => daily(i) });
    return explainEvidence(given, Uint32Array.of(NOON + 5))[0]![0]!;
  };
  const more = settled(3, 5, 9);
  assert.deepEqual(
    [more.metric, more.value, more.usualLow, more.usual, more.usualMoved],
    ['replicas', 9, 5, 5, 2],
  );
  const fewer = settled(-5, -3, -1);
  assert.deepEqual([fewer.usual, fewer.usualMoved], [-3, 2]);
  const given = prepare(
    { latency: (i) => 100 + noise(i, 1) + (i >= MOVED ? 60 : 0) + (i >= NOON - 90 ? 9 : 0) },
    { shortReach: 20 },
  );
  const [mean] = explainEvidence(given, Uint32Array.of(NOON))[0]!;
  assert.equal(nameReason(mean!), 'latency (mean over 2h)');
  assert.ok(mean!.usualLow > 150 && mean!.usualHigh < 170, JSON.stringify(mean));
  assert.ok(Math.abs(mean!.usualMoved! - 60) < 5, String(mean!.usualMoved));
});

/** Requests of a service with a day. */
function daily(i: number): number {
  return 80 - 50 * Math.cos((2 * Math.PI * i) / DAY) + noise(i, 7);
}

/** -5 to 5, the same for the same row. */
function noise(i: number, seed: number): number {
  let state = Math.imul(i + 1, 2_654_435_761) ^ Math.imul(seed, 40_503);
  state = Math.imul(state ^ (state >>> 15), 2_246_822_507);
  state = Math.imul(state ^ (state >>> 13), 3_266_489_909);
  return (((state ^ (state >>> 16)) >>> 0) / 2 ** 32) * 10 - 5;
}

function prepare(
  metrics: Readonly<Record<string, (i: number) => number>>,
  { shortReach = 4 }: { readonly shortReach?: number } = {},
) {
  const window = windowOf({
    web: Object.fromEntries(
      Object.entries(metrics).map(([name, of]) => [name, Array.from({ length: ROWS }, (_, i) => of(i))]),
    ),
  });
  const plan = planFeatures(window.metrics, {
    settings: {
      timeZone: 'UTC',
      columns: window.metrics.map((name) => ({ kind: 'metrics', metrics: [name], apply: [] })),
    },
    step: STEP,
  });
  const availability = allAvailable(window);
  const trained = Uint32Array.from({ length: TRAINED }, (_, row) => row);
  const scaler = fitScaler({ window, availability, plan, rows: trained });
  const planned = { window, availability, plan };
  const x = buildMatrix({ ...planned, scaler });
  const scan = planScan(STEP, 180 * STEP);
  const columns = x.names.length;
  const evidence: FittedEvidence = {
    plan: scan,
    expectation: fitExpectation(
      x,
      Uint8Array.from({ length: ROWS }, (_, row) => Number(row < TRAINED)),
    ),
    tail: fitScoreTail(Float64Array.from({ length: 100 }, (_, i) => i)),
    starts: new Map(),
    reach: Float64Array.from({ length: countComponents(columns, scan) }, (_, component) => {
      const { length } = describeComponent(component, { columns, plan: scan });
      return length >= 120 ? 1.5 : length >= 60 ? 2 : shortReach;
    }),
    pooledReach: new Float64Array(),
  };
  const model = {
    explain: async () => [
      window.metrics.map((feature, at) => ({ feature, share: at === 0 ? 0.2 : 0.8 / (columns - 1) })),
    ],
  } as unknown as FittedModel;
  return {
    fitted: { plan, scaler, model, evidence },
    planned,
    x,
    metrics: [],
    leastChanges: () => new Float64Array(columns),
  };
}

function say(reasons: readonly Reason[]): string {
  return summarize({
    who: 'web',
    transition: {
      state: 'opened',
      start: NOON * STEP,
      lastAnomalous: (NOON + 5) * STEP,
      end: undefined,
      peakScore: 2,
    },
    reasons,
    step: STEP,
    threshold: 1,
    by: 'evidence',
  });
}

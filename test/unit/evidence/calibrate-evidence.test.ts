import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideWindow } from '../../../lib/decision/decide.ts';
import {
  calibrateEvidence,
  type EvidenceFold,
  type EvidenceSettings,
} from '../../../lib/evidence/calibrate-evidence.ts';
import { type FittedEvidence, gatherEvidence } from '../../../lib/evidence/evidence.ts';
import { describeComponent } from '../../../lib/evidence/statistics.ts';
import { CLIP } from '../../../lib/evidence/stretch-means.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import { normalRows, toMatrix } from '../../helpers/feature-matrices.ts';

const STEP = 60_000;
const DAY = 1440;
const WEEK = 7 * DAY * STEP;
const LEAST_CHANGES = (width: number) => () => new Float64Array(width);

/** The model's: how far out all metrics are together. */
function scoreOf({ names, times, values }: FeatureMatrix): Float64Array {
  const width = names.length;
  return Float64Array.from(times, (_, row) => Math.hypot(...values.subarray(row * width, (row + 1) * width)));
}

function foldsOf(x: FeatureMatrix): EvidenceFold[] {
  const rows = x.times.length;
  return [0, 1, 2, 3].map((block) => {
    const judged = Uint8Array.from({ length: rows }, (_, row) =>
      Number(Math.floor((4 * row) / rows) === block),
    );
    return {
      x,
      scores: scoreOf(x),
      judged,
      learned: judged.map((is) => 1 - is),
      leastChanges: LEAST_CHANGES(x.names.length),
    };
  });
}

function calibrate(
  x: FeatureMatrix,
  settings: Partial<EvidenceSettings> = {},
  folds = foldsOf(x),
): FittedEvidence {
  const width = x.names.length;
  return calibrateEvidence({
    whole: { x, scores: scoreOf(x), learned: new Uint8Array(x.times.length).fill(1) },
    folds,
    settings: {
      step: STEP,
      settleAfter: 3 * 60 * STEP,
      budget: { count: 1, per: WEEK },
      leastChanges: LEAST_CHANGES(width),
      directions: x.names.map(() => 'both' as const),
      ...settings,
    },
  });
}

function countIncidents(x: FeatureMatrix, fitted: FittedEvidence): number {
  const scores = scoreOf(x);
  const evidence = gatherEvidence({
    x,
    scores,
    fitted,
    lookback: 0,
    leastChanges: LEAST_CHANGES(x.names.length),
  });
  const { transitions } = decideWindow({
    rows: { ...x, scores, deviations: new Float64Array(scores.length), evidence },
    policy: {
      by: 'evidence',
      threshold: 1,
      holdAbove: 0.6,
      settleRows: 180,
      minDeviation: 0,
      k: 1,
      n: 1,
      resolveAfter: 5,
    },
    tracks: {},
    watchFrom: -Infinity,
    step: STEP,
    detector: 'd',
    modelVersion: 'v',
  });
  return transitions.filter(({ state }) => state === 'opened').length;
}

/** Of one metric and side, in order of length. */
function reachOf(fitted: FittedEvidence, column: number, side: 'above' | 'below'): number[] {
  const columns = fitted.expectation.columns.length;
  return [...fitted.reach].filter((_, component) => {
    const of = describeComponent(component, { columns, plan: fitted.plan });
    return of.column === column && of.side === side;
  });
}

/** Noise whose neighbours are alike, with tails far longer than a normal distribution's: each metric on its own. */
function drawBursts(rows: number, width: number, seed: number): FeatureMatrix {
  const level = new Float64Array(width);
  return toMatrix(
    normalRows(rows, width, seed).map((row) =>
      row.map((value, column) => {
        level[column] = 0.9 * level[column]! + Math.sqrt(1 - 0.81) * value;
        return level[column]! * Math.exp(Math.abs(level[column]!) / 2);
      }),
    ),
  );
}

test('bursts open some incidents, and no more than the budget has, over weeks that nobody has seen', () => {
  const perWeek = 7;
  let incidents = 0;
  for (const seed of [1, 2]) {
    const fitted = calibrate(drawBursts(10 * DAY, 3, seed), { budget: { count: perWeek, per: WEEK } });
    incidents += countIncidents(drawBursts(3 * 7 * DAY, 3, 100 + seed), fitted);
  }
  const expected = 6 * perWeek;
  // What is stationary stays well below it; what ages between two trainings does not.
  assert.ok(incidents > expected / 20 && incidents <= expected, `${incidents} of ${expected}`);
});

test('of plain noise the least levels open less than the budget', () => {
  const fitted = calibrate(toMatrix(normalRows(7 * DAY, 3, 1)));
  assert.ok(countIncidents(toMatrix(normalRows(14 * DAY, 3, 2)), fitted) <= 2);
});

test('a metric that bursts raises its own levels, and those of no other', () => {
  const quiet = toMatrix(normalRows(3 * DAY, 2, 1));
  const noisy = drawBursts(3 * DAY, 1, 2);
  const beside = {
    ...quiet,
    values: quiet.values.map((own, at) => (at % 2 === 0 ? own : noisy.values[at >> 1]!)),
  };
  const [alone, together] = [calibrate(quiet), calibrate(beside)];
  for (const side of ['above', 'below'] as const) {
    assert.deepEqual(reachOf(together, 0, side), reachOf(alone, 0, side));
    assert.ok(reachOf(together, 1, side)[0]! > 2 * reachOf(alone, 1, side)[0]!);
  }
});

test('a side that nobody watches is never reached', () => {
  const fitted = calibrate(toMatrix(normalRows(2 * DAY, 3, 1)), { directions: ['above', 'below', 'both'] });
  const isWatched = (column: number, side: 'above' | 'below'): boolean =>
    reachOf(fitted, column, side).every(Number.isFinite);
  assert.deepEqual(
    [0, 1, 2].map((column) => [isWatched(column, 'above'), isWatched(column, 'below')]),
    [
      [true, false],
      [false, true],
      [true, true],
    ],
  );
  const fallen = toMatrix(normalRows(600, 3, 2).map(([, ...rest], row) => [row < 500 ? 0 : -50, ...rest]));
  const risen = { ...fallen, values: fallen.values.map((value, at) => (at % 3 === 0 ? -value : value)) };
  const most = (x: FeatureMatrix): number =>
    Math.max(
      ...gatherEvidence({ x, scores: scoreOf(x), fitted, lookback: 0, leastChanges: LEAST_CHANGES(3) })
        .metrics,
    );
  assert.ok(most(fallen) < 1 && most(risen) > 1);
});

test('without a fold there are least levels', () => {
  const fitted = calibrate(toMatrix(normalRows(400, 2, 1)), {}, []);
  assert.deepEqual(
    reachOf(fitted, 0, 'above').map((level) => Math.round(100 * level) / 100),
    [4.4, 4.8, 4.8, 3.39, 2.4],
  );
  assert.deepEqual(
    [...fitted.reach.slice(-3)].map((level) => level.toFixed(2)),
    ['1.65', '1.65', '1.65'],
  );
  assert.deepEqual([...fitted.pooledReach], [1.2, 1.2, 1.2, 1.2, 1.2]);
  assert.equal(calibrate(toMatrix(normalRows(400, 1, 1)), {}, []).pooledReach.length, 0);
});

test('the model has a share of the budget that more metrics make no smaller', () => {
  const jointOf = (width: number): number => {
    const narrow = toMatrix(normalRows(6 * DAY, 2, 5));
    const rows = narrow.times.length;
    // The others never move, so that the model says the same.
    const values = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++)
      values.set(narrow.values.subarray(2 * row, 2 * row + 2), row * width);
    const x = { ...narrow, names: Array.from({ length: width }, (_, c) => `m${c}`), values };
    const { reach, plan } = calibrate(x);
    return reach[reach.length - plan.jointLengths.length]!;
  };
  assert.equal(jointOf(2), jointOf(12));
});

/** A week of noise with single rows at 20, `glitches` of them. */
function drawGlitches(glitches: number): FeatureMatrix {
  const rows = normalRows(7 * DAY, 1, 5);
  for (let i = 0; i < glitches; i++) rows[Math.floor(((i + 0.5) * rows.length) / glitches)] = [20];
  return toMatrix(rows);
}

/** Of rows from which on it is at `value`: the one that opens an incident, from 1 on; undefined where none does. */
function findFirst(
  fitted: FittedEvidence,
  value: number,
  rows: number,
): { readonly row: number; readonly stretch: number } | undefined {
  const before = DAY;
  const x = toMatrix([
    ...normalRows(before, 1, 6),
    ...Array.from({ length: rows }, () => [value]),
    ...normalRows(60, 1, 7),
  ]);
  const { metrics, stretch } = gatherEvidence({
    x,
    scores: new Float64Array(x.times.length).fill(Number.NaN),
    fitted,
    lookback: 0,
    leastChanges: LEAST_CHANGES(1),
  });
  const first = metrics.findIndex((level) => level >= 1);
  return first < 0 ? undefined : { row: first - before + 1, stretch: stretch[first]! };
}

test('three rows of a burst that single rows are known for are no news before a longer stretch says so', () => {
  const known = calibrate(drawGlitches(20));
  assert.equal(findFirst(known, 15, 3), undefined);
  assert.deepEqual(findFirst(known, 60, 3), { row: 3, stretch: 4 });
  const lasting = findFirst(known, 15, 20);
  assert.equal(lasting?.stretch, 8);
  assert.ok(lasting.row > 3 && lasting.row <= 10, `row ${lasting.row}`);
});

test('a burst that is rarer than the budget is not known', () => {
  const twice = { budget: { count: 2, per: WEEK } };
  assert.equal(findFirst(calibrate(drawGlitches(1)), 15, 3), undefined);
  assert.equal(findFirst(calibrate(drawGlitches(1), twice), 15, 3)?.row, 3);
});

test('no level of a mean lies where no mean can go, unless training went there', () => {
  // Bursts of one to four rows, far out: a tail that goes on for ever has levels beyond what rows count as.
  const rows = normalRows(7 * DAY, 1, 8);
  for (let at = 300; at + 5 < rows.length; at += 130)
    for (let i = 0; i < [1, 2, 3, 4][(at / 10) % 4]!; i++) rows[at + i] = [30];
  const [, eight, thirty] = reachOf(calibrate(toMatrix(rows)), 0, 'above');
  assert.ok(eight! < CLIP && thirty! < CLIP, `${eight} and ${thirty}`);
  // So twenty rows of the same height are news, and three are none.
  const fitted = calibrate(toMatrix(rows));
  assert.equal(findFirst(fitted, 30, 3), undefined);
  assert.ok(findFirst(fitted, 30, 30)!.row <= 20);
});

test('of an hour or two, the model and the sums say nothing, and metrics are held to what was held back', () => {
  const short = calibrate(drawBursts(100, 2, 3));
  assert.deepEqual([...short.reach.slice(-3)], [Infinity, Infinity, Infinity]);
  assert.ok(short.pooledReach.every((level) => level === Infinity));
  // Quarters of 25 rows are less than half of a block, and all there is.
  assert.ok(reachOf(short, 0, 'above')[0]! > 4.5, String(reachOf(short, 0, 'above')));
  // Of the longest stretch a block is four hours.
  const days = calibrate(drawBursts(2 * DAY, 2, 3));
  assert.ok([...days.reach.slice(-3), ...days.pooledReach].every(Number.isFinite));
});

test('several metrics of a new pod together reach no more into its start than one does', () => {
  const fitted = calibrate(toMatrix(normalRows(7 * DAY, 12, 9)));
  // Each a little out, from its first row on, under a name that training did not know.
  const rows = normalRows(200, 12, 10).map((row) => row.map((value) => value + 3));
  const { metrics, stretch } = gatherEvidence({
    x: { ...toMatrix(rows), entities: ['new'] },
    scores: new Float64Array(rows.length).fill(Number.NaN),
    fitted,
    lookback: 0,
    leastChanges: LEAST_CHANGES(12),
  });
  assert.ok(metrics.some((level) => level >= 1));
  for (const [row, rowsBack] of stretch.entries())
    assert.ok(rowsBack === 0 || row - rowsBack + 1 >= 60, `row ${row} looks back on ${rowsBack}`);
});

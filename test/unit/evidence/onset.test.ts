/** With which row that began which the short stretch tells of: of each metric, and of the model. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type FittedEvidence,
  gatherEvidence,
  pickEvidence,
  type RowEvidence,
  sliceEvidence,
} from '../../../lib/evidence/evidence.ts';
import { countComponents, planScan, type Side, scan } from '../../../lib/evidence/statistics.ts';
import { fitScoreTail } from '../../../lib/maths/score-tail.ts';
import { draw, inputOf, STEP } from './scan-series.ts';

const PLAN = planScan(STEP, 180 * STEP);

/** Of the first metric's short stretch. */
function stepsSince(
  text: string,
  given: { readonly side?: Side; readonly isLeftOut?: number } = {},
): number[] {
  const { side = 'above', isLeftOut } = given;
  const values = draw(text).map((value) => (side === 'above' ? value : -value));
  let found: number[] = [];
  scan(inputOf([values], { plan: PLAN, isLeftOut: (at) => at === isLeftOut }), (statistic) => {
    if (statistic.column !== 0 || statistic.side !== side) return;
    if (statistic.length === 0) found = [...statistic.sinceOnset!];
    else assert.equal(statistic.sinceOnset, undefined, 'a mean knows of no onset');
  });
  return found;
}

test('it is the first of the three rows that are as far off', () => {
  assert.deepEqual(stepsSince('..999'), [0, 0, 0, 0, 2]);
  assert.deepEqual(stepsSince('..9.99'), [0, 0, 0, 0, 0, 3], 'a usual row in between');
  assert.deepEqual(stepsSince('..9199'), [0, 0, 0, 0, 2, 3], 'and one that is hardly off');
  assert.deepEqual(stepsSince('..1999'), [0, 0, 0, 0, 2, 2], 'which is no onset either');
  assert.deepEqual(stepsSince('..9999'), [0, 0, 0, 0, 2, 3]);
  assert.deepEqual(stepsSince('..999', { side: 'below' }), [0, 0, 0, 0, 2]);
});

test('a row that is missing counts as time', () => {
  assert.deepEqual(stepsSince('..9?99'), [0, 0, 0, 0, 0, 3]);
  assert.deepEqual(stepsSince('..9.99', { isLeftOut: 3 }), [0, 0, 0, 0, 3]);
});

/** From `level` on each short stretch is an anomaly, and no mean ever is. */
function fitTo(level: number, columns: number): FittedEvidence {
  const { expectation } = inputOf(new Array(columns).fill([0]), { plan: PLAN });
  const reach = new Float64Array(countComponents(columns, PLAN)).fill(1e9);
  const each = PLAN.lengths.length;
  for (let series = 0; series < 2 * columns; series++) reach[series * each] = level;
  reach[2 * columns * each] = 1;
  return {
    plan: PLAN,
    expectation,
    tail: fitScoreTail(Float64Array.from({ length: 1000 }, (_, i) => i / 1000)),
    reach,
    pooledReach: new Float64Array(),
    starts: new Map(),
  };
}

function gather(
  texts: readonly string[],
  given: {
    readonly from?: number;
    readonly scores?: string;
    readonly pooled?: number;
    readonly reach?: Float64Array;
    readonly entity?: string;
  } = {},
): RowEvidence {
  const columns = texts.map((text) => draw(text));
  const { x, leastChanges } = inputOf(columns, { plan: PLAN });
  const { entity = 'a', from, scores, pooled } = given;
  const fitted = fitTo(4, texts.length);
  return gatherEvidence({
    x: { ...x, entities: [entity] },
    scores: scores === undefined ? new Float64Array(x.times.length).fill(Number.NaN) : draw(scores),
    fitted: {
      ...fitted,
      ...(pooled !== undefined && {
        pooledReach: new Float64Array(PLAN.lengths.length).fill(1e9).fill(pooled, 0, 1),
      }),
      ...(given.reach !== undefined && { reach: given.reach }),
    },
    lookback: 0,
    ...(from !== undefined && { from: from * STEP }),
    leastChanges,
  });
}

test('it is of the metric that tells most', () => {
  const { metrics, series, sinceOnset } = gather(['..5555', '....88', '.....8']);
  assert.deepEqual([...series.subarray(4)], [0, 0]);
  assert.deepEqual([...sinceOnset], [0, 0, 0, 0, 2, 3]);
  assert.ok(metrics[4]! >= 1);
  const other = gather(['..55555', '....999']);
  assert.deepEqual([other.series[6], other.sinceOnset[6]], [2, 2]);
});

test('where a mean or several metrics together tell most, no row of the stretch is named', () => {
  const mean = fitTo(4, 1).reach;
  mean[1] = 0.5;
  const long = gather(['..99999999'], { reach: mean });
  assert.equal(long.stretch[9], 8);
  assert.equal(long.sinceOnset[9], 0);
  const several = gather(['..555', '..555'], { pooled: 1 });
  assert.equal(several.series[4], -1);
  assert.equal(several.sinceOnset[4], 0);
});

test('the model says by itself since when its scores are that rare', () => {
  const { joint, jointSinceOnset } = gather(['..1111'], { scores: '..9999' });
  assert.ok(joint[4]! >= 1);
  assert.deepEqual([...jointSinceOnset], [0, 0, 0, 0, 2, 3]);
});

test('a window that begins between the rows says the same of its own', () => {
  for (const text of ['..999', '..9.99', '..9?99'])
    for (let from = 0; from < text.length; from++) {
      const whole = gather([text], { scores: text.replaceAll('?', '.') });
      const cut = gather([text], { from, scores: text.replaceAll('?', '.') });
      for (const name of ['sinceOnset', 'jointSinceOnset'] as const)
        assert.deepEqual(cut[name].subarray(from), whole[name].subarray(from), `${text} from ${from}`);
    }
});

test('of an entity that has just begun, nothing is said before its start is over', () => {
  const { metrics, sinceOnset } = gather(['999'], { entity: 'new' });
  assert.deepEqual([...metrics], [0, 0, 0]);
  assert.deepEqual([...sinceOnset], [0, 0, 0]);
  // At age 0 it is off, an hour later it tells, and looks back on none of the rows of the start.
  const late = gather(['9'.repeat(90)], { entity: 'new' });
  const first = late.metrics.findIndex((level) => level >= 1);
  assert.ok(first >= 63, `row ${first}`);
  assert.equal(late.sinceOnset[first], 3);
});

test('it stays with its row', () => {
  const evidence = gather(['..999.'], { scores: '..9999' });
  const picked = pickEvidence(evidence, Uint32Array.of(4, 0));
  assert.deepEqual([...picked.sinceOnset], [2, 0]);
  assert.deepEqual([...picked.jointSinceOnset], [evidence.jointSinceOnset[4], 0]);
  assert.deepEqual([...sliceEvidence(evidence, 4, 6).sinceOnset], [2, 0]);
  assert.deepEqual(
    [...sliceEvidence(evidence, 4, 6).jointSinceOnset],
    [...evidence.jointSinceOnset.subarray(4)],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JudgedLevels, openJudgedLevels } from '../../../lib/evidence/judged-level.ts';
import { countScanRows, planScan } from '../../../lib/evidence/statistics.ts';
import { type SeriesExpectation, UNMEASURED } from '../../../lib/expectation/series.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../../lib/maths/random.ts';
import { drawNormal } from '../../../lib/simulate/noise.ts';

const STEP = 60_000;
const PLAN = planScan(STEP, 180 * STEP);
const ROWS = 2000;
const SERIES: SeriesExpectation = { ...UNMEASURED, center: 0, spread: 1, low: -3, high: 3 };
/** By entity and column: the row at which it moves, and by how much. */
const MOVES = [
  [
    { at: 700, by: 20 },
    { at: 1100, by: -12 },
  ],
  [
    { at: ROWS, by: 0 },
    { at: 300, by: 40 },
  ],
] as const;
const X = draw();

function draw(): FeatureMatrix {
  const random = seedRandom(3);
  const rows = MOVES.flatMap((columns, entity) =>
    Array.from({ length: ROWS }, (_, at) => ({
      entity,
      time: (1000 + at) * STEP,
      values: columns.map((move) => drawNormal(random) + (at >= move.at ? move.by : 0)),
    })),
  );
  return {
    names: ['cpu', 'memory'],
    entities: ['a', 'b'],
    entityOf: Uint32Array.from(rows, ({ entity }) => entity),
    times: Float64Array.from(rows, ({ time }) => time),
    values: Float32Array.from(rows.flatMap(({ values }) => values)),
  };
}

/** @param given.known entities of training */
function open(x: FeatureMatrix, { known = x.entities, least = 0 } = {}): JudgedLevels {
  const series = [SERIES, SERIES];
  const entities = new Map(known.map((name) => [name, series]));
  const expectation = { columns: x.names, entities, pooled: series };
  const leastChanges = () => new Float64Array(2).fill(least);
  return openJudgedLevels({ x, fitted: { plan: PLAN, expectation }, leastChanges });
}

/** In which order rows are asked for must not matter, nor what else was. */
test('a level is shown once it has been there for as long as it takes to settle, each of its own entity and column', () => {
  const levels = open(X);
  for (const late of [ROWS - 1, ROWS - 400, 1500])
    for (const [entity, columns] of MOVES.entries())
      for (const [column, { by }] of columns.entries()) {
        const moved = levels.movedAt(entity * ROWS + late, column);
        assert.ok(Math.abs(moved - by) < 1, `${entity} ${column} at ${late}: ${moved}`);
      }
  for (const [entity, columns] of MOVES.entries())
    for (const [column, { at }] of columns.entries())
      assert.equal(levels.movedAt(entity * ROWS + Math.min(at + 60, ROWS - 1), column), 0);
});

test('it is the same however much more than it has to be looked back on is there', () => {
  const reach = countScanRows(PLAN);
  // Of one that training knew, and of one that it did not.
  for (const known of [['a', 'b'], ['b']]) {
    const whole = open(X, { known });
    for (let at = reach; at < ROWS; at += 97) {
      const from = at - reach;
      const cut = open(
        {
          ...X,
          entityOf: X.entityOf.slice(from, at + 1),
          times: X.times.slice(from, at + 1),
          values: X.values.slice(2 * from, 2 * (at + 1)),
        },
        { known },
      );
      for (const column of [0, 1])
        assert.equal(cut.movedAt(reach, column), whole.movedAt(at, column), `${known} ${at}`);
    }
  }
});

test('once it has been there for long enough, one that training did not know is shown what one that it knew is', () => {
  const [known, unknown] = [open(X), open(X, { known: ['b'] })];
  for (let at = countScanRows(PLAN); at < ROWS; at += 15)
    for (const column of [0, 1])
      assert.equal(unknown.movedAt(at, column), known.movedAt(at, column), `${at}`);
});

test('no level is shown that is off by less than matters, that rows do not stay at, or that a row is farther from than from training', () => {
  const last = ROWS - 1;
  assert.equal(open(X, { least: 30 }).movedAt(last, 0), 0);
  assert.notEqual(open(X, { least: 10 }).movedAt(last, 0), 0);
  const change = (valueAt: (at: number, value: number) => number): FeatureMatrix => ({
    ...X,
    values: X.values.map((value, i) => (i < 2 * ROWS && i % 2 === 0 ? valueAt(i / 2, value) : value)),
  });
  const restless = change((at, value) => (at < 700 ? value : at % 60 < 30 ? 20 : 40));
  assert.equal(open(restless).movedAt(last, 0), 0);
  const back = change((at, value) => (at < last ? value : 1));
  assert.equal(open(back).movedAt(last, 0), 0);
});

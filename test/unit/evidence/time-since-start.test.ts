import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrateEvidence } from '../../../lib/evidence/calibrate-evidence.ts';
import { measureTimeSinceStart } from '../../../lib/evidence/time-since-start.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import type { Profile } from '../../../lib/features/profile.ts';
import { normalRows } from '../../helpers/feature-matrices.ts';

const STEP = 60_000;
const HOUR = 60;
const DAY = 24 * HOUR;

const PROFILE: Profile = {
  shape: 'varies',
  center: 0,
  scale: 1,
  low: -3,
  high: 3,
  offset: 0,
  divisor: 1,
};

/** From the row at which each entity begins, to the end. @param coldRows rows of a start that lie far below the others */
function grow(begins: readonly number[], rows: number, coldRows = 0): FeatureMatrix {
  const parts = begins.map((begin, entity) =>
    normalRows(rows - begin, 1, entity + 1).map(([value], row) => ({
      entity,
      time: (begin + row) * STEP,
      value: begin > 0 && row < coldRows ? -30 : value!,
    })),
  );
  const all = parts.flat();
  return {
    names: ['memory'],
    entities: begins.map((_, entity) => `shop/web-6d4cf56db6-x2x4${'bcdfghjkl'[entity]!}`),
    entityOf: Uint32Array.from(all, ({ entity }) => entity),
    times: Float64Array.from(all, ({ time }) => time),
    values: Float32Array.from(all, ({ value }) => value),
    profiles: begins.map(() => [PROFILE]),
  };
}

test('rows are as old as their entity, and who was there from the beginning has no age', () => {
  // The second one is late by no more than a start takes: it was there before, for all that anybody knows.
  const x = grow([0, 2, 6], 10);
  const ages = measureTimeSinceStart(x, 3 * STEP);
  const of = (entity: number): number[] => [...ages.filter((_, row) => x.entityOf[row] === entity)];
  assert.deepEqual(of(0), new Array(10).fill(Infinity));
  assert.deepEqual(of(1), new Array(8).fill(Infinity));
  assert.deepEqual(of(2), [0, STEP, 2 * STEP, 3 * STEP]);
});

test('how pods start sets no level: with churn a detector hears what it hears without', () => {
  const begins = [0, 0, 0.3, 0.6, 1.1, 1.6, 2.2, 2.7].map((day) => Math.round(day * DAY));
  const reachOf = (coldRows: number): Float64Array => {
    const x = grow(begins, 3 * DAY, coldRows);
    const scores = Float64Array.from(x.values, Math.abs);
    const quarter = (row: number): number => Math.floor((4 * x.times[row]!) / (3 * DAY * STEP));
    const folds = [0, 1, 2, 3].map((block) => {
      const judged = Uint8Array.from(x.times, (_, row) => Number(quarter(row) === block));
      return {
        x,
        scores,
        judged,
        learned: judged.map((is) => 1 - is),
        leastChanges: () => new Float64Array(1),
      };
    });
    return calibrateEvidence({
      whole: { x, scores, learned: new Uint8Array(x.times.length).fill(1) },
      folds,
      settings: {
        step: STEP,
        settleAfter: 180 * STEP,
        budget: { count: 1, per: 7 * DAY * STEP },
        leastChanges: () => new Float64Array(1),
        directions: ['both'],
      },
    }).reach;
  };
  const warm = reachOf(0);
  // One that takes longer than a pod is young, too.
  for (const rows of [15, 120])
    for (const [component, level] of reachOf(rows).entries())
      assert.ok(
        level < 1.3 * warm[component]!,
        `${rows} rows, component ${component}: ${level} and ${warm[component]}`,
      );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureMatrix } from '../../../../lib/features/feature-matrix.ts';
import { type RehearsalInput, rehearse } from '../../../../lib/jobs/train/rehearse-version.ts';

const STEP = 60_000;
const DAY = 1440;
const [OLD, NEWEST, BRIEF] = ['b', 'c', 'd'].map((last) => `shop/web-6d4cf56db6-x2x4${last}`) as [
  string,
  string,
  string,
];

/** From the row at which each begins to the one behind its last. */
const LIVES: Readonly<Record<string, readonly [number, number]>> = {
  [OLD]: [0, 8 * DAY],
  [NEWEST]: [7 * DAY, 8 * DAY],
  [BRIEF]: [2.5 * DAY - 200, 3.5 * DAY],
};

function grow(): FeatureMatrix {
  const rows = Object.values(LIVES).flatMap(([from, to], entity) =>
    Array.from({ length: to - from }, (_, row) => ({ entity, time: (from + row) * STEP })),
  );
  return {
    names: ['cpu'],
    entities: Object.keys(LIVES),
    entityOf: Uint32Array.from(rows, ({ entity }) => entity),
    times: Float64Array.from(rows, ({ time }) => time),
    values: new Float32Array(rows.length),
  };
}

test('who is hardly there but in the block that is judged is forgotten in it, and nobody else', async () => {
  const x = grow();
  const forgotten: string[][] = [];
  const { folds } = await rehearse({
    x,
    labels: undefined,
    scores: new Float64Array(x.times.length),
    step: STEP,
    contextRows: 0,
    fitsAnew: false,
    model: { kind: 'lstm' } as RehearsalInput['model'],
    params: {},
    run: { seed: 1, deadline: { remaining: () => Number.POSITIVE_INFINITY } },
    forget: (some, isForgotten) => {
      forgotten.push(some.entities.filter((_, entity) => isForgotten(entity)));
      return { x: some, leastChanges: () => new Float64Array(1), calm: () => some };
    },
  });
  assert.equal(folds.length, 4);
  // The second block of the four begins two hours after the brief pod: more rows than an hour has, and fewer than four have.
  const blockOf = (name: string): number[] =>
    forgotten.flatMap((names, at) => (names.includes(name) ? [at] : []));
  assert.deepEqual(blockOf(OLD), []);
  assert.deepEqual(blockOf(NEWEST), [3]);
  assert.deepEqual(blockOf(BRIEF), [1]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { takeWithContext } from '../../../../../lib/models/compose/ensemble/take-with-context.ts';
import { getModel } from '../../../../../lib/models/registry.ts';
import { NO_DEADLINE, normalRows } from '../../../../helpers/feature-matrices.ts';

/** Entities that take turns row by row; 3 columns. */
function interleave(entities: number, rows: number, seed: number): FeatureMatrix {
  const count = entities * rows;
  return {
    names: ['a', 'b', 'c'],
    entities: Array.from({ length: entities }, (_, e) => `pod-${e}`),
    entityOf: Uint32Array.from({ length: count }, (_, row) => row % entities),
    times: Float64Array.from({ length: count }, (_, row) => Math.floor(row / entities) * 60_000),
    values: Float32Array.from(normalRows(count, 3, seed).flat()),
  };
}

test('the rows asked for and those before them in their entity, each once, in order', () => {
  const x = interleave(3, 10, 1);
  // Of pod 0 its 4th, 5th and 10th row, of pod 2 its first.
  const near = takeWithContext(x, Uint32Array.of(27, 2, 9, 12), 2);
  assert.deepEqual(near.x.entities, ['pod-2', 'pod-0']);
  assert.deepEqual([...near.x.entityOf], [0, 1, 1, 1, 1, 1, 1, 1]);
  assert.deepEqual(
    [...near.x.times].map((time) => time / 60_000),
    [0, 1, 2, 3, 4, 7, 8, 9],
  );
  assert.deepEqual([...near.rows], [7, 0, 3, 4]);
  assert.deepEqual(takeWithContext(x, Uint32Array.of(), 2).x.times.length, 0);
});

for (const kind of ['auto', 'ensemble'])
  test(`${kind}: a row is explained alone as it is among all`, async () => {
    const model = await getModel(kind);
    const fitted = await model.fit(interleave(4, 500, 1), model.parseParams({}), {
      seed: 1,
      deadline: NO_DEADLINE,
    });
    const x = interleave(40, 60, 2);
    const all = await fitted.explain(x, Uint32Array.from(x.times.keys()));
    for (const row of [0, 700, 1234, 2399])
      assert.deepEqual(await fitted.explain(x, Uint32Array.of(row)), [all[row]]);
  });

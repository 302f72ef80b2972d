import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planThinning } from '../../../../lib/models/mahalanobis/thinning.ts';

function take(entities: number, places: number, most: number): readonly (readonly [number, number])[] {
  const isTaken = planThinning(entities * places, most);
  const taken: [number, number][] = [];
  for (let entity = 0; entity < entities; entity++)
    for (let place = 0; place < places; place++) if (isTaken(entity, place)) taken.push([entity, place]);
  return taken;
}

test('few rows are all taken; of one entity every so-many-th from its first on', () => {
  assert.equal(take(3, 10, 30).length, 30);
  assert.deepEqual(
    take(1, 10, 4).map(([, place]) => place),
    [0, 3, 6, 9],
  );
});

/** Fourteen days of five minutes; the strides are 144 and 168, which have the day's 288 rows as a multiple, or nearly. */
for (const entities of [855, 1000])
  test(`${entities} entities of the same length are looked at at all times of day`, () => {
    const hours = new Uint32Array(24);
    const taken = take(entities, 4032, 24_000);
    for (const [, place] of taken) hours[Math.floor((place % 288) / 12)]! += 1;
    assert.ok(Math.abs(taken.length - 24_000) < 1000, `${taken.length}`);
    for (const count of hours) assert.ok(count > 700 && count < 1300, `${hours}`);
  });

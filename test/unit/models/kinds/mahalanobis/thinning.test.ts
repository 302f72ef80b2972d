import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { takeCoordinates } from '../../../../../lib/models/kinds/mahalanobis/coordinates.ts';
import { sampleColumns, sampleFeatures } from '../../../../../lib/models/kinds/mahalanobis/measure.ts';
import { averageProducts } from '../../../../../lib/models/kinds/mahalanobis/moments.ts';
import { planThinning } from '../../../../../lib/models/kinds/mahalanobis/thinning.ts';
import { NO_DEADLINE } from '../../../../helpers/feature-matrices.ts';

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

const DAY_ROWS = 48;
const RUN = { seed: 1, deadline: NO_DEADLINE };
const features = [{ column: 0, scale: 'level' as const }];
/** One feature, the level, and no season: rows are measured as they are. */
const AS_IT_IS = {
  features,
  seasons: { curveOf: Int32Array.of(-1), curves: new Float32Array() },
  coordinates: takeCoordinates(
    { centers: Float64Array.of(0), spreads: Float64Array.of(1), dailySpread: new Float32Array() },
    features,
  ),
};

/** A thousand entities of ten days at half an hour, busy in every third half-hour; strides of 20 and of 3. */
function drawFleet(): FeatureMatrix {
  const [entities, places] = [1000, 10 * DAY_ROWS];
  const rows = entities * places;
  return {
    names: ['load'],
    entities: Array.from({ length: entities }, (_, e) => `pod-${e}`),
    entityOf: Uint32Array.from({ length: rows }, (_, row) => Math.floor(row / places)),
    times: Float64Array.from({ length: rows }, (_, row) => (row % places) * 1_800_000),
    values: Float32Array.from({ length: rows }, (_, row) => Number(row % 3 === 1)),
  };
}

test('what is measured of many entities is measured at all times of day', () => {
  const x = drawFleet();
  const phases = (times: Float64Array | undefined): number =>
    new Set(Array.from(times ?? [], (time) => (time / 1_800_000) % DAY_ROWS)).size;
  assert.equal(phases(sampleColumns(x, undefined)[0]?.times), DAY_ROWS);
  const sampled = sampleFeatures(x, { ...AS_IT_IS, labels: undefined });
  assert.equal(phases(sampled[0]?.times), DAY_ROWS);
  const [square] = averageProducts(x, { ...AS_IT_IS, run: RUN });
  // A third of the rows have the logarithm of 2.
  assert.ok(Math.abs(square! / Math.log(2) ** 2 - 1 / 3) < 0.01, `${square}`);
});

test('a row has its place in its entity wherever its stretch begins', () => {
  const x = drawFleet();
  // One entity of 480,000 rows: each third is taken, and none of those is busy.
  const long = { ...x, entities: ['pod'], entityOf: new Uint32Array(x.times.length) };
  const [square] = averageProducts(long, { ...AS_IT_IS, run: RUN });
  assert.equal(square, 0);
});

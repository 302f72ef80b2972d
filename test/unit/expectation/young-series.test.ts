import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitExpectation } from '../../../lib/expectation/expectation.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import type { Profile } from '../../../lib/features/profile.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

const STEP = 300_000;
const DAY_ROWS = 288;
const OLD = ['shop/web-6d4b75cb6d-x2x4z', 'shop/web-6d4b75cb6d-b7b8c', 'shop/web-6d4b75cb6d-kk5kk'];
const YOUNG = 'shop/web-6d4b75cb6d-q9q9q';
const OTHER = 'shop/database';
/** Standard deviation of a pod's memory, in bytes: the older ones wander, and the young one has only trembled. */
const STRAYS = new Map([
  [OLD[0]!, 2_000],
  [OLD[1]!, 1_000],
  [OLD[2]!, 500],
  [YOUNG, 100],
  [OTHER, 5],
]);

const profileOf = (divisor: number): Profile => ({
  shape: 'varies',
  center: 50_000,
  scale: divisor,
  low: 40_000,
  high: 60_000,
  offset: 50_000,
  divisor,
});

/** Each pod on the scale of what it has shown. */
function draw(days: Readonly<Record<string, number>>): FeatureMatrix {
  const random = seedRandom(7);
  const entities = [...STRAYS.keys()];
  const rows = entities.flatMap((entity, at) =>
    Array.from({ length: (days[entity] ?? 7) * DAY_ROWS }, (_, row) => ({ at, row })),
  );
  return {
    names: ['pod_memory_usage'],
    entities,
    entityOf: Uint32Array.from(rows, ({ at }) => at),
    times: Float64Array.from(rows, ({ row }) => row * STEP),
    values: Float32Array.from(rows, () => {
      const [a, b] = [random.nextFloat(), random.nextFloat()];
      return Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b);
    }),
    profiles: entities.map((entity) => [profileOf(STRAYS.get(entity)!)]),
  };
}

/** Spread and range of an entity, in bytes. */
function strayOf(x: FeatureMatrix, entity: string) {
  const { spread, low, high } = fitExpectation(x, new Uint8Array(x.times.length).fill(1)).entities.get(
    entity,
  )![0]!;
  const by = STRAYS.get(entity)!;
  return { spread: spread * by, low: low * by, high: high * by };
}

const isNear = (value: number, expected: number): boolean => Math.abs(value / expected - 1) < 0.15;

test('a pod that was seen for hours strays as far as the middle one of the older pods of its workload', () => {
  const young = strayOf(draw({ [YOUNG]: 0.5 }), YOUNG);
  assert.ok(isNear(young.spread, 1_000), `${young.spread}`);
  assert.ok(isNear(young.low, -2_576) && isNear(young.high, 2_576), `${young.low} to ${young.high}`);
});

test('a pod that was seen for days, or whose workload has no older one, strays as it did itself', () => {
  assert.ok(isNear(strayOf(draw({}), YOUNG).spread, 100));
  const allYoung = Object.fromEntries([...OLD, YOUNG].map((name) => [name, 0.5]));
  assert.ok(isNear(strayOf(draw(allYoung), YOUNG).spread, 100));
  assert.ok(isNear(strayOf(draw({ [OTHER]: 0.5 }), OTHER).spread, 5));
});

test('a young pod that strays farther than the older ones keeps what it shows', () => {
  const x = draw({ [OLD[0]!]: 0.5, [OLD[1]!]: 0.5 });
  assert.ok(isNear(strayOf(x, OLD[0]!).spread, 2_000));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Expectation,
  expectAt,
  fitExpectation,
  seriesOf,
} from '../../../lib/expectation/expectation.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../../lib/maths/random.ts';
import { drawNormal } from '../../../lib/simulate/noise.ts';

const STEP = 300_000;
const ROWS_A_DAY = 288;
const DAYS = 7;

interface Pod {
  readonly name: string;
  /** Hours after the beginning. */
  readonly from: number;
  readonly to: number;
  /** What a unit of its column is in requests. */
  readonly unit: number;
}

/** 30 requests at night and 70 at day, each pod on a scale of its own. */
function draw(pods: readonly Pod[]): FeatureMatrix {
  const random = seedRandom(1);
  const rows = pods.flatMap(({ from, to, unit }, entity) =>
    Array.from({ length: (to - from) * 12 }, (_, at) => {
      const row = from * 12 + at;
      const usual = 50 - 20 * Math.cos((2 * Math.PI * row) / ROWS_A_DAY);
      return { entity, time: row * STEP, value: (usual + drawNormal(random)) / unit };
    }),
  );
  return {
    names: ['requests'],
    entities: pods.map(({ name }) => name),
    entityOf: Uint32Array.from(rows, ({ entity }) => entity),
    times: Float64Array.from(rows, ({ time }) => time),
    values: Float32Array.from(rows, ({ value }) => value),
  };
}

function fit(pods: readonly Pod[], isLent = true): Expectation {
  const x = draw(pods);
  const unitsOf = (entity: string) => [pods.find(({ name }) => name === entity)?.unit ?? 1];
  return fitExpectation(x, new Uint8Array(x.times.length).fill(1), isLent ? { unitsOf } : {});
}

const NOON = (DAYS * 24 + 12) * 3_600_000;
const OLD: readonly Pod[] = [10, 12, 8].map((unit, at) => ({
  name: `shop/cart-5ff676694b-dddd${at + 2}`,
  from: 0,
  to: DAYS * 24,
  unit,
}));
/** Of its eight hours all were at night. */
const YOUNG: Pod = { name: 'shop/cart-5ff676694b-bbbb2', from: 6 * 24 - 2, to: 6 * 24 + 6, unit: 4 };

test('a pod that has been there for a night is expected to do by day what its workload does', () => {
  const [alone] = seriesOf(fit([...OLD, YOUNG], false), YOUNG.name);
  assert.ok(expectAt(alone!, NOON) * YOUNG.unit < 45);
  const [series] = seriesOf(fit([...OLD, YOUNG]), YOUNG.name);
  assert.ok(Math.abs(expectAt(series!, NOON) * YOUNG.unit - 70) < 2, String(expectAt(series!, NOON)));
  assert.ok(series!.spread * YOUNG.unit < 1.5, 'and strays from that as little as they do');
});

test('what a pod shows itself stays its own: its season after days, its level, and what contradicts the others', () => {
  const [before] = seriesOf(fit(OLD, false), OLD[0]!.name);
  const [after] = seriesOf(fit([...OLD, YOUNG]), OLD[0]!.name);
  assert.deepEqual(after, before);
  const x = draw([...OLD, YOUNG]);
  const steady = {
    ...x,
    values: x.values.map((value, row) => (x.entityOf[row] === 3 ? 9 + (row % 7) / 20 : value)),
  };
  const unitsOf = () => [1];
  const [series] = seriesOf(
    fitExpectation(steady, new Uint8Array(x.times.length).fill(1), { unitsOf }),
    YOUNG.name,
  );
  assert.equal(series!.season.day.length, 0);
});

test('pods of a StatefulSet, and those of a workload that nobody has seen for days, have no season of others', () => {
  const set = [...OLD.slice(0, 1), YOUNG].map((pod, at) => ({ ...pod, name: `shop/db-${at}` }));
  assert.equal(seriesOf(fit(set), 'shop/db-1')[0]!.season.day.length, 0);
  assert.equal(seriesOf(fit([YOUNG]), YOUNG.name)[0]!.season.day.length, 0);
});

test('a new pod takes after those that have been there for days', () => {
  const expectation = fit([OLD[0]!, YOUNG, { ...YOUNG, name: 'shop/cart-5ff676694b-bbbb4' }]);
  assert.deepEqual([...expectation.grown!.keys()], [OLD[0]!.name]);
  assert.equal(
    seriesOf(expectation, 'shop/cart-5ff676694b-cccc2')[0],
    seriesOf(expectation, OLD[0]!.name)[0],
  );
  const onlyYoung = fit([YOUNG]);
  assert.equal(seriesOf(onlyYoung, 'shop/cart-5ff676694b-cccc2')[0], seriesOf(onlyYoung, YOUNG.name)[0]);
});

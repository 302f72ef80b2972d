import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitScoreTail } from '../../../../../lib/maths/score-tail.ts';
import {
  combineSurprises,
  shareRow,
  toCommonScale,
} from '../../../../../lib/models/compose/ensemble/combine.ts';
import { learnWeights } from '../../../../../lib/models/compose/ensemble/fit.ts';

const ROWS = [Float64Array.of(1, 4, Number.NaN), Float64Array.of(2, 0, 1), Float64Array.of(6, 1, 1)];
const weights = [0.5, 0.25, 0.25];

test('worked by hand', () => {
  const combined = (combine: 'weighted' | 'max' | 'k-of-m', agree = 2): number[] => [
    ...combineSurprises(ROWS, { combine, weights, agree }),
  ];
  assert.deepEqual(combined('weighted'), [2.5, 2.25, Number.NaN]);
  assert.deepEqual(combined('max'), [6, 4, Number.NaN]);
  assert.deepEqual(combined('k-of-m'), [2, 1, Number.NaN]);
  assert.deepEqual(combined('k-of-m', 3), [1, 0, Number.NaN]);
});

test('shares say who decided', () => {
  assert.deepEqual(shareRow([1, 2, 6], { combine: 'max', weights, agree: 2 }), [0, 0, 1]);
  assert.deepEqual(shareRow([1, 2, 6], { combine: 'k-of-m', weights, agree: 2 }), [0, 0.25, 0.75]);
  assert.deepEqual(shareRow([1, 2, 6], { combine: 'weighted', weights, agree: 2 }), [0.2, 0.2, 0.6]);
  assert.deepEqual(shareRow([0, 0, 0], { combine: 'weighted', weights, agree: 2 }), [1 / 3, 1 / 3, 1 / 3]);
});

test('a tail that claims the sky outweighs the others by a few times only', () => {
  const tail = fitScoreTail(Float64Array.from({ length: 1000 }, (_, i) => -Math.log(1 - (i + 0.5) / 1000)));
  const [usual, high, wild] = toCommonScale(tail, Float64Array.of(2, 11, 1e18));
  assert.ok(usual! < 1 && high! > 3.5 && wild! > high! && wild! < 60, `${usual} ${high} ${wild}`);
});

test('a member that finds what was labelled weighs more, the more so the more was labelled', () => {
  const rows = 1000;
  const labels = new Uint8Array(rows);
  const noise = (row: number): number => ((row * 7919) % 101) / 101;
  const learn = (events: number): readonly number[] => {
    labels.fill(0);
    for (let event = 0; event < events; event++) labels.fill(1, 50 * event + 20, 50 * event + 25);
    const good = Float64Array.from(labels, (label, row) => 3 * label + noise(row));
    const blind = Float64Array.from(labels, (_, row) => noise(row + 13));
    return learnWeights({ surprises: [good, blind], labels });
  };
  const [few, many] = [learn(1), learn(15)];
  assert.ok(few[0]! > few[1]! && many[0]! > few[0]! && many[0]! > 0.75, `${few} ${many}`);
  assert.ok(Math.abs(many[0]! + many[1]! - 1) < 1e-12);
  assert.deepEqual(learn(0), [0.5, 0.5]);
});

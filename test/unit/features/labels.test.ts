import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LabelError } from '../../../lib/base/errors.ts';
import { countByCriterion, labelRows, type RowLabels } from '../../../lib/features/labels.ts';
import { MINUTE, makeWindow, T0 } from '../window/helpers.ts';

const ROWS = [
  [1, 0],
  [9, 0],
  [9, 3],
  [Number.NaN, 3],
  [Number.NaN, Number.NaN],
].map((values, row) => ({ entity: 'a', time: T0 + row * MINUTE, values }));
const WINDOW = makeWindow(ROWS, { metrics: ['cpu', 'dropped'] });

function criteriaOfRow({ criteria, madeBy }: RowLabels, row: number): readonly string[] {
  return criteria.filter((_, bit) => ((madeBy[row]! >>> bit) & 1) === 1);
}

test('a label says which criteria made it; missing data makes none', () => {
  const made = labelRows(WINDOW, [
    { name: 'hot', when: 'cpu > 5' },
    { name: 'calm', when: 'not cpu > 5' },
    { name: 'dropped', when: 'dropped > 0' },
  ]);
  assert.deepEqual([...made.labels], [1, 1, 1, 1, 0]);
  assert.deepEqual(
    ROWS.map((_, row) => criteriaOfRow(made, row)),
    [['calm'], ['hot'], ['hot', 'dropped'], ['dropped'], []],
  );
  assert.deepEqual(countByCriterion(made), { hot: 2, calm: 1, dropped: 2 });
});

test('32 criteria fit, the last one included, and no more', () => {
  const criteria = Array.from({ length: 32 }, (_, i) => ({
    name: `c${i}`,
    when: i === 31 ? 'cpu > 5' : 'cpu > 99',
  }));
  const made = labelRows(WINDOW, criteria);
  assert.deepEqual([...made.labels], [0, 1, 1, 0, 0]);
  assert.deepEqual(criteriaOfRow(made, 1), ['c31']);
  assert.equal(countByCriterion(made).c31, 2);
  assert.throws(
    () => labelRows(WINDOW, [...criteria, { name: 'more', when: 'cpu > 1' }]),
    /33 label criteria, and the limit is 32/,
  );
});

test('no criteria, no labels', () => {
  assert.deepEqual([...labelRows(WINDOW, []).labels], [0, 0, 0, 0, 0]);
});

test('an error names the criterion', () => {
  for (const [when, message] of [
    ['cpu >', /^label criterion hot: "cpu >": at its end, /],
    ['cpuu > 1', /^label criterion hot: at character 1, the data has no column cpuu; did you mean cpu\?$/],
  ] as const)
    assert.throws(
      () => labelRows(WINDOW, [{ name: 'hot', when }]),
      (error: unknown) => error instanceof LabelError && message.test(error.message),
    );
});

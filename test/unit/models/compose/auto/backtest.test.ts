/** Planted faults, the sample they are planted in, and the verdict they give. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitScoreTail } from '../../../../../lib/maths/score-tail.ts';
import type { Candidate } from '../../../../../lib/models/compose/auto/choose-members.ts';
import { judgeMembers, type Tried } from '../../../../../lib/models/compose/auto/judge-members.ts';
import { plantFaults } from '../../../../../lib/models/compose/auto/plant-faults.ts';
import { takeSample } from '../../../../../lib/models/compose/auto/take-sample.ts';
import { normalRows, toMatrix } from '../../../../helpers/feature-matrices.ts';
import { halfHours, joinEntities } from './matrices.ts';

const x = toMatrix(normalRows(4000, 4, 1));
const isOlder = new Uint8Array(4000).fill(1, 0, 2000);
const planted = plantFaults(x, { isOlder, seed: 1 });

test('faults lie in the newest rows, apart, and change those rows alone', () => {
  assert.ok(planted.faults >= 8, `${planted.faults}`);
  assert.ok(!planted.labels.subarray(0, 2050).includes(1));
  let run = 0;
  const gaps: number[] = [];
  for (let row = 2000; row < 4000; row++) {
    if (planted.labels[row] === 1) {
      if (run > 0) gaps.push(run);
      run = 0;
    } else run++;
    const differs = [0, 1, 2, 3].some((c) => planted.x.values[4 * row + c] !== x.values[4 * row + c]);
    if (differs) assert.equal(planted.labels[row], 1, `row ${row}`);
  }
  assert.ok(Math.min(...gaps) >= 50, `${gaps}`);
});

test('what is planted is measured, and at most half of the metrics move', () => {
  assert.ok(planted.x.values.every(Number.isFinite));
  for (let row = 2000; row < 4000; row++) {
    const moved = [0, 1, 2, 3].filter((c) => planted.x.values[4 * row + c] !== x.values[4 * row + c]);
    assert.ok(moved.length <= 2, `${moved}`);
  }
});

test('the same seed plants the same; a constant metric and a missing value stay as they are', () => {
  assert.deepEqual(plantFaults(x, { isOlder, seed: 1 }), planted);
  const flat = halfHours(2000, [() => 1]);
  flat.values.fill(3);
  assert.equal(plantFaults(flat, { isOlder: isOlder.subarray(0, 2000), seed: 1 }).faults, 0);
  const gaps = { ...x, values: x.values.map((value, i) => (i % 3 === 0 ? NaN : value)) };
  const after = plantFaults(gaps, { isOlder, seed: 1 }).x.values;
  for (const [i, value] of gaps.values.entries()) assert.equal(Number.isNaN(after[i]!), Number.isNaN(value));
});

test('a sample is the newest rows of evenly chosen entities, in order', () => {
  const all = joinEntities(Array.from({ length: 10 }, (_, i) => halfHours(100, [() => i], i)));
  const labels = Uint8Array.from(all.times, (_, row) => row % 2);
  const sample = takeSample(all, { labels, mostRows: 250 });
  assert.equal(sample.x.times.length, sample.labels!.length);
  assert.ok(sample.x.times.length <= 250 && sample.x.times.length >= 150);
  assert.deepEqual([...new Set(sample.x.entityOf)], [0, 5], 'equally long ones as they come');
  assert.deepEqual(sample.x.times.slice(-3), all.times.slice(597, 600));
  assert.equal(takeSample(all, { labels, mostRows: 1000 }).x, all);
});

test('one long entity gives its newest rows', () => {
  const { x: newest } = takeSample(x, { labels: undefined, mostRows: 1000 });
  assert.deepEqual(newest.times, x.times.subarray(3000));
});

function pretend(kind: Candidate['kind'], score: (row: number) => number): Tried {
  const surprises = Float64Array.from(x.times.keys(), (row) => (isOlder[row] === 1 ? NaN : score(row)));
  const tail = fitScoreTail(surprises);
  return {
    candidate: { kind, params: {}, weight: 1, reason: '' },
    trial: { tail, surprises, unscoredRows: 0 },
  };
}

test('a companion that hides what the leader finds is left out, one that does not is kept, and both are said', () => {
  const leader = pretend('mahalanobis', (row) => 3 * planted.labels[row]! + (row % 7) / 7);
  const good = pretend('pca', (row) => 2 * planted.labels[row]! + (row % 5) / 5);
  const bad = pretend('seasonal', (row) => 6 - 6 * planted.labels[row]!);
  const { kept, notes } = judgeMembers([leader, good, bad], planted, x);
  assert.deepEqual(
    kept.map(({ kind }) => kind),
    ['mahalanobis', 'pca'],
  );
  assert.match(
    notes[0]!,
    /^Backtest, \d+ faults planted into the newest quarter of the training: mahalanobis alone/,
  );
  assert.match(notes[1]!, /^With pca beside it [01]\.\d\d: kept\.$/);
  assert.match(notes[2]!, /^With seasonal beside it only 0\.\d\d: left out\.$/);
});

test('too few faults say nothing: all are kept, and the reason is given', () => {
  const { kept, notes } = judgeMembers(
    [pretend('mahalanobis', () => 1), pretend('pca', (row) => -planted.labels[row]!)],
    { ...planted, labels: planted.labels.map((label, row) => (row < 2600 ? label : 0)) },
    x,
  );
  assert.equal(kept.length, 2);
  assert.match(notes[0]!, /^[1-7] faults fit into the newest part/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findShortLived } from '../../../lib/features/short-lived.ts';

const HOUR = 3_600_000;

interface Life {
  readonly name: string;
  /** Hours. */
  readonly from: number;
  readonly to: number;
}

/** A row each quarter of an hour. */
function rowsOf(lives: readonly Life[]) {
  const rows = lives.flatMap(({ from, to }, pod) =>
    Array.from({ length: (to - from) * 4 }, (_, row) => ({ pod, time: from * HOUR + row * 900_000 })),
  );
  return {
    entities: lives.map(({ name }) => name),
    entityOf: Uint32Array.from(rows, ({ pod }) => pod),
    times: Float64Array.from(rows, ({ time }) => time),
  };
}

const pod = (workload: string, suffix: string): string => `shop/${workload}-6d4b75cb6d-${suffix}`;
/** Five pods of a day each, one after the other. */
const CHAIN = ['b2b2b', 'c4c4c', 'd5d5d', 'f6f6f', 'g7g7g'].map(
  (suffix, day): Life => ({ name: pod('web', suffix), from: 24 * day, to: 24 * (day + 1) }),
);
const all = () => true;

test('pods of a day that followed one another for five are short-lived', () => {
  assert.deepEqual([...findShortLived(rowsOf(CHAIN), all)], [['shop/web', [0, 1, 2, 3, 4]]]);
});

test('a workload is not where half of its rows are of pods that were there for days', () => {
  const old = (number: number): Life => ({ name: pod('web', `${'bcdf'[number]}8h8h`), from: 0, to: 96 });
  assert.equal(findShortLived(rowsOf([...CHAIN, old(0)]), all).size, 1);
  assert.equal(findShortLived(rowsOf([...CHAIN, old(0), old(1)]), all).size, 0);
  const almost = { ...old(1), to: 92 };
  assert.equal(findShortLived(rowsOf([...CHAIN, old(0), almost]), all).size, 1);
});

test('nor where all of it was there for less than days, or was two pods', () => {
  assert.equal(findShortLived(rowsOf(CHAIN.slice(0, 3)), all).size, 0);
  const two = [
    { name: pod('web', 'b2b2b'), from: 0, to: 60 },
    { name: pod('web', 'c4c4c'), from: 60, to: 120 },
  ];
  assert.equal(findShortLived(rowsOf(two), all).size, 0);
  const three = [0, 40, 80].map((from, at) => ({ ...CHAIN[at]!, from, to: from + 40 }));
  assert.deepEqual(findShortLived(rowsOf(three), all).get('shop/web'), [0, 1, 2]);
});

test('what is no pod of several is on its own, however it is called', () => {
  const machines = CHAIN.map((life, at) => ({ ...life, name: `machine-${at}` }));
  assert.equal(findShortLived(rowsOf(machines), all).size, 0);
});

test('an entity that is named as the workload is none of its pods', () => {
  const service = { name: 'shop/web', from: 0, to: 120 };
  assert.deepEqual([...findShortLived(rowsOf([service, ...CHAIN]), all)], [['shop/web', [1, 2, 3, 4, 5]]]);
});

test('only rows that are learned from count, and pods with hardly a row are left to their workload', () => {
  const rows = rowsOf([...CHAIN, { name: pod('web', 'h8h8h'), from: 30, to: 31 }]);
  assert.deepEqual(findShortLived(rows, all).get('shop/web'), [0, 1, 2, 3, 4]);
  const early = findShortLived(rows, (row) => rows.times[row]! < 90 * HOUR);
  assert.equal(early.size, 0);
});

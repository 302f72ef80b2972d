import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  detectorOfUnit,
  hashText,
  listUnits,
  MOST_SHARDS,
  nameUnit,
  parseUnit,
  shardOfEntity,
} from '../../../lib/config/work-unit.ts';

test('a unit is called as the partitions of its keys are, and read back', () => {
  const units = [
    { detector: 'shop' },
    { detector: 'shop', shard: { index: 3, of: 8 } },
    { detector: 'shop', shard: { index: MOST_SHARDS, of: MOST_SHARDS } },
  ];
  assert.deepEqual(units.map(nameUnit), ['shop', 'shop/shard=3-of-8', 'shop/shard=64-of-64']);
  for (const unit of units) {
    assert.deepEqual(parseUnit(nameUnit(unit)), unit);
    assert.equal(detectorOfUnit(nameUnit(unit)), 'shop');
  }
  assert.deepEqual(listUnits('shop', 1), ['shop']);
  assert.deepEqual(listUnits('shop', 2), ['shop/shard=1-of-2', 'shop/shard=2-of-2']);
});

test('what is no unit is none', () => {
  for (const text of [
    '',
    'shop/',
    'a b',
    'shop/scored',
    'shop/shard=0-of-2',
    'shop/shard=3-of-2',
    'shop/shard=1-of-65',
    'shop/shard=01-of-02',
    'shop/shard=1-of-2/x',
    '/shard=1-of-2',
  ])
    assert.equal(parseUnit(text), undefined, text);
});

test('the hash is FNV-1a, by its published values', () => {
  assert.deepEqual(['', 'a', 'foobar'].map(hashText), [0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
});

test('an entity is in the same shard for ever: files of other releases are dealt out alike', () => {
  const shards = (of: number): readonly number[] =>
    ['shop/checkout', 'shop/cart', 'shop/payment', 'node-1', 'é', '', 'a'].map((entity) =>
      shardOfEntity(entity, { labels: [], shards: of }),
    );
  assert.deepEqual(shards(2), FIXED[2]);
  assert.deepEqual(shards(8), FIXED[8]);
});

test('the pods of a workload are in one shard, and workloads spread', () => {
  const labels = ['namespace', 'pod'];
  const counts = new Array<number>(8).fill(0);
  for (let workload = 0; workload < 4_000; workload++) {
    const pods = ['6d4cf56db6-x2x4z', '6d4cf56db6-b7b8c', '7f9c8d5b4-q9w8r'].map(
      (suffix) => `shop/service-${workload}x-${suffix}`,
    );
    const [shard, ...others] = new Set(pods.map((entity) => shardOfEntity(entity, { labels, shards: 8 })));
    assert.deepEqual(others, []);
    counts[shard! - 1]!++;
  }
  for (const count of counts) assert.ok(count > 400 && count < 600, `${count} of 4,000 in one of 8`);
});

/** As the first release that had shards dealt them out. */
const FIXED = { 2: [2, 2, 2, 1, 2, 2, 2], 8: [4, 2, 6, 5, 8, 4, 4] };

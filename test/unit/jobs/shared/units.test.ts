import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLANNED_FUNCTIONS } from '../../../../lib/jobs/plan/functions.ts';
import { countNeeded, countShards, TRAINED_IN_MB } from '../../../../lib/jobs/shared/units.ts';

const WEEK = 7 * 86_400_000;

test('a detector is dealt out where its training would take more than the train function has', () => {
  assert.equal(TRAINED_IN_MB, PLANNED_FUNCTIONS.train.memoryMb);
  const given = { metrics: ['cpu', 'memory'], lookback: 2 * WEEK, step: 60_000 };
  // 2,608 MB at 56 bytes a value are 48.8 million: 1,211 entities × 2 × 20,160.
  assert.equal(countNeeded({ ...given, entities: 1_211 }), 1);
  assert.equal(countNeeded({ ...given, entities: 1_212 }), 2);
  assert.equal(countNeeded({ ...given, entities: 10_000 }), 14);
  assert.equal(countNeeded({ ...given, entities: 1e7 }), 64);
  // The partition would be a second column of that name.
  assert.equal(countNeeded({ ...given, entities: 10_000, metrics: ['cpu', 'Shard'] }), 1);
});

test('the number is that of the state, and of the manifest only before anything was exported', () => {
  assert.equal(countShards({ shards: 4 }, { exportedUntil: undefined }), 4);
  assert.equal(countShards({}, { exportedUntil: undefined }), 1);
  assert.equal(countShards({ shards: 4 }, { exportedUntil: 1 }), 1);
  assert.equal(countShards({ shards: 4 }, { exportedUntil: 1, shards: 2 }), 2);
  assert.equal(countShards({}, { exportedUntil: undefined, shards: 2 }), 2);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_WARMUP } from '../../../lib/config/defaults.ts';
import type { Warmup } from '../../../lib/config/detector.ts';
import { manifestHash, parseManifest } from '../../../lib/config/manifest.ts';
import { isWarm, rowsWanted, sayProgress, sayWarmup } from '../../../lib/config/warmup.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Without a percentile by evidence, which needs a hundred rows. */
function needs(warmup: Warmup, percentile?: number): Parameters<typeof isWarm>[0] {
  return {
    training: { warmup },
    threshold: {
      rule: percentile === undefined ? 'evidence' : 'percentile',
      percentile: percentile ?? 99.9,
    },
  };
}

function parse(training: string): ReturnType<typeof parseManifest> {
  return parseManifest(`kind: AnomalyDetector\nmetadata: { name: a }\nspec: { training: ${training} }`, {
    source: 'a.yml',
  });
}

test('a warmup is rows or a duration, and by default either', () => {
  assert.equal(parse('{ warmup: 2000 }').training.warmup, 2000);
  assert.deepEqual(parse('{ warmup: 7d }').training.warmup, { time: 7 * DAY, leastRows: 1 });
  assert.deepEqual(parse('{}').training.warmup, { rows: 1440, time: 14 * DAY, leastRows: 200 });
  for (const bad of ['7 days', '401d', '0s'])
    assert.throws(() => parse(`{ warmup: ${bad} }`), {
      message: /spec\.training\.warmup .*duration from 1m/,
    });
  assert.throws(() => parse('{ warmup: true }'), {
    message: /must be a whole number of rows from 1 to 10000000, or a duration from 1m to 400d .*not true/,
  });
});

test('the default hashes as it did when it was rows alone', () => {
  assert.equal(manifestHash(parse('{}')), manifestHash(parse('{ warmup: 1440 }')));
  assert.notEqual(manifestHash(parse('{}')), manifestHash(parse('{ warmup: 14d }')));
});

test('a duration counts time, whatever the entities; rows count rows, whatever the time', () => {
  const week = needs({ time: 7 * DAY, leastRows: 1 });
  assert.equal(isWarm(week, { rows: 1_000_000, span: 7 * DAY - 1 }), false);
  assert.equal(isWarm(week, { rows: 168, span: 7 * DAY }), true);
  assert.equal(isWarm(needs(1000), { rows: 999, span: 900 * DAY }), false);
  assert.equal(isWarm(needs(1000), { rows: 1000, span: HOUR }), true);
});

test('the default is the rows or the time, whichever comes first', () => {
  const given = needs(DEFAULT_WARMUP);
  assert.equal(isWarm(given, { rows: 1440, span: DAY }), true);
  assert.equal(isWarm(given, { rows: 336, span: 14 * DAY }), true);
  assert.equal(isWarm(given, { rows: 335, span: 14 * DAY - HOUR }), false);
  assert.equal(isWarm(given, { rows: 14, span: 14 * DAY }), false);
});

test('rows that the threshold is calibrated on are waited for', () => {
  assert.equal(isWarm(needs(DEFAULT_WARMUP, 99.9), { rows: 999, span: 40 * DAY }), false);
  assert.equal(isWarm(needs(DEFAULT_WARMUP, 99.9), { rows: 1000, span: 40 * DAY }), true);
  assert.equal(rowsWanted(needs({ time: 7 * DAY, leastRows: 1 }, 99.9)), 1000);
  assert.equal(rowsWanted(needs(DEFAULT_WARMUP, 99.9)), 1440);
});

test('progress is told by what comes first', () => {
  const either = needs(DEFAULT_WARMUP);
  assert.equal(sayProgress(either, { rows: 300, span: 5 * HOUR }), '300 of 1440 rows');
  assert.equal(sayProgress(either, { rows: 290, span: 12 * DAY + 2 * HOUR }), '12d2h of 14d');
  assert.equal(sayProgress(either, { rows: 0, span: 0 }), '0 of 1440 rows');
  assert.equal(
    sayProgress(needs({ time: 7 * DAY, leastRows: 1 }), { rows: 0, span: 0 }),
    '0s of 7d and 0 of 100 rows',
  );
  assert.equal(
    sayProgress(needs({ time: 7 * DAY, leastRows: 1 }, 99), { rows: 50, span: 2 * DAY }),
    '2d of 7d and 50 of 100 rows',
  );
  assert.equal(sayProgress(needs(100), { rows: 3, span: 0 }), '3 of 100 rows');
  assert.equal(sayProgress(needs(100), { rows: 103, span: 0 }), '103 rows, which is enough to train on');
  assert.equal(sayWarmup(either), '1440 rows, or 14d with at least 200 rows');
  assert.equal(sayWarmup(needs(100)), '100 rows');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NAB_PROFILES, nabScore } from '../../../../lib/maths/metrics/nab-score.ts';
import { assertClose, labelledScores, readReference } from '../../evaluation/reference.ts';

const NAMES = {
  standard: 'standard',
  lowFalsePositives: 'reward_low_FP_rate',
  lowFalseNegatives: 'reward_low_FN_rate',
} as const;
const { standard } = NAB_PROFILES;

for (const { name, files, fixed, profiles } of readReference('nab.json').cases)
  for (const profile of ['standard', 'lowFalsePositives', 'lowFalseNegatives'] as const)
    test(`NAB's own scorer: ${name}, ${profile}`, () => {
      const corpus = files.map(({ labels, scores }) =>
        labelledScores({ labels: flagWindows(labels.rows, labels.windows), scores }),
      );
      const expected = profiles[NAMES[profile]];
      const { falseNegative, truePositive } = NAB_PROFILES[profile];

      const best = nabScore({ files: corpus, profile: NAB_PROFILES[profile] });
      assertClose(best.raw, expected.raw, 1e-9, 'optimised');
      // NAB starts above every possible score of its detectors, at 1.1.
      assert.equal(best.threshold, expected.threshold === 1.1 ? Infinity : expected.threshold);
      assert.equal(best.windows * falseNegative + expected.silence, 0);
      const perfection = best.windows * truePositive;
      assertClose(
        best.score,
        (100 * (expected.raw - expected.silence)) / (perfection - expected.silence),
        1e-9,
        'normalised',
      );

      const atFixed = nabScore({ files: corpus, profile: NAB_PROFILES[profile], threshold: fixed });
      assertClose(atFixed.raw, expected.rawAtFixed, 1e-9, 'at a fixed threshold');
      assert.equal(atFixed.threshold, fixed);
    });

test('perfect is 100, silent is 0', () => {
  const labels = flagWindows(100, [
    [30, 39],
    [70, 84],
  ]);
  const scores = labels.map((_, row) => (row === 30 || row === 70 ? 1 : 0));
  const files = [labelledScores({ labels, scores })];
  assertClose(nabScore({ files, profile: standard }).score, 100, 1e-9, 'perfect');
  assertClose(nabScore({ files, profile: standard, threshold: 2 }).score, 0, 1e-9, 'silent');
});

test('a threshold between two scores alarms where the higher one was', () => {
  const labels = flagWindows(40, [[20, 29]]);
  const scores = labels.map((_, row) => (row === 20 ? 0.9 : row === 35 ? 0.5 : 0));
  const at = (threshold: number): number =>
    nabScore({ files: [labelledScores({ labels, scores })], profile: standard, threshold }).raw;
  assert.equal(at(0.9), at(0.6));
  assert.ok(at(0.5) < at(0.6));
});

test('of thresholds that score the same the highest is taken', () => {
  const labels = flagWindows(40, [[20, 29]]);
  // The second alarm comes later in the same window: it adds nothing.
  const scores = labels.map((_, row) => (row === 20 ? 0.9 : row === 25 ? 0.5 : 0));
  assert.equal(nabScore({ files: [labelledScores({ labels, scores })], profile: standard }).threshold, 0.9);
});

test('windows of different files are different windows', () => {
  const labels = flagWindows(40, [[20, 29]]);
  const file = labelledScores({ labels, scores: labels.map((_, row) => (row === 22 ? 1 : 0)) });
  const one = nabScore({ files: [file], profile: standard });
  const two = nabScore({ files: [file, file], profile: standard });
  assert.deepEqual([one.windows, two.windows], [1, 2]);
  assertClose(two.raw, 2 * one.raw, 1e-12, 'twice as much');
});

test('a window of one row is scored, and alarms behind it cost by their distance', () => {
  const labels = flagWindows(40, [[20, 20]]);
  const rawOf = (row: number): number =>
    nabScore({
      files: [labelledScores({ labels, scores: labels.map((_, at) => (at === row ? 1 : 0)) })],
      profile: standard,
      threshold: 1,
    }).raw;
  assertClose(rawOf(20), 1, 1e-12, 'found');
  assert.ok(rawOf(21) > rawOf(22));
  assertClose(rawOf(30), -1.11, 1e-12, 'far behind');
});

test('no file is an error, and no window to find is no score', () => {
  assert.throws(() => nabScore({ files: [], profile: standard }), { name: 'EvaluationError' });
  const { score, windows } = nabScore({
    files: [labelledScores({ labels: [0, 0, 0], scores: [1, 2, 3] })],
    profile: standard,
  });
  assert.ok(Number.isNaN(score));
  assert.equal(windows, 0);
  assert.throws(
    () => nabScore({ files: [labelledScores({ labels: [0], scores: [NaN] })], profile: standard }),
    { name: 'EvaluationError', message: /score NaN/ },
  );
});

function flagWindows(rows: number, windows: readonly (readonly [number, number])[]): number[] {
  return Array.from({ length: rows }, (_, row) =>
    windows.some(([first, last]) => row >= first && row <= last) ? 1 : 0,
  );
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  anomalyScore,
  averagePathLengths,
  heightLimit,
} from '../../../../../lib/models/kinds/isolation-forest/path-length.ts';

test('average path lengths are those worked out by hand', () => {
  const c = averagePathLengths(256);
  assert.equal(c[0], 0);
  assert.equal(c[1], 0);
  // 2 × 1 - 2 × 1/2
  assert.equal(c[2], 1);
  // 2 × (1 + 1/2) - 2 × 2/3
  assertClose(c[3]!, 5 / 3);
  // H(4) = 1 + 1/2 + 1/3 + 1/4 = 25/12; 2 × 25/12 - 2 × 4/5 = 77/30
  assertClose(c[5]!, 77 / 30);
  // H(255) = 6.120438712817281; 2 × H(255) - 2 × 255/256
  assertClose(c[256]!, 10.248689925634562);
});

test('they agree with the approximation of the paper for many rows', () => {
  const c = averagePathLengths(4096);
  // Equation 1 with H(i) ≈ ln(i) + 0.5772156649; H(i) exceeds it by 1 / 2i.
  for (const n of [64, 256, 1000, 4096]) {
    const paper = 2 * (Math.log(n - 1) + 0.5772156649) - (2 * (n - 1)) / n;
    const excess = c[n]! - paper;
    assert.ok(excess > 0 && excess < 1.01 / (n - 1), `${n}: ${excess}`);
  }
});

test('a score is 1 for no path, 0.5 for the average one, and falls with the path', () => {
  assert.equal(anomalyScore(0, 10), 1);
  assert.equal(anomalyScore(10, 10), 0.5);
  assert.equal(anomalyScore(20, 10), 0.25);
});

test('trees are as high as the logarithm of their rows, rounded up', () => {
  assert.deepEqual([2, 3, 4, 5, 255, 256, 257, 4096].map(heightLimit), [1, 2, 2, 3, 8, 8, 9, 12]);
});

function assertClose(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

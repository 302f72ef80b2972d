import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRetryAfter, retryDelay } from '../../../lib/source/retry-delay.ts';

test('without a word from the server, waits are jittered up to a bound that doubles, 20 s at most', () => {
  const almostOne = (): number => 1 - Number.EPSILON;
  assert.deepEqual(
    [0, 1, 2, 3, 5, 6, 50].map((attempt) => Math.round(retryDelay(attempt, undefined, almostOne))),
    [500, 1000, 2000, 4000, 16000, 20000, 20000],
  );
  assert.equal(
    retryDelay(3, undefined, () => 0),
    0,
  );
  assert.equal(
    retryDelay(3, undefined, () => 0.25),
    1000,
  );
});

test('Retry-After is waited for, and clients do not come back together', () => {
  assert.equal(
    retryDelay(0, 30_000, () => 0),
    30_000,
  );
  assert.equal(
    retryDelay(5, 30_000, () => 0.5),
    30_250,
  );
});

test('Retry-After is seconds or an HTTP date', () => {
  const now = Date.parse('Sun, 22 Nov 2026 08:30:00 GMT');
  assert.equal(parseRetryAfter('120', now), 120_000);
  assert.equal(parseRetryAfter(' 0 ', now), 0);
  assert.equal(parseRetryAfter('Sun, 22 Nov 2026 08:31:30 GMT', now), 90_000);
  assert.equal(parseRetryAfter('Sun, 22 Nov 2026 08:00:00 GMT', now), 0);
  assert.equal(parseRetryAfter(null, now), undefined);
  assert.equal(parseRetryAfter('soon', now), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  correlated,
  correlateTo,
  correlationFields,
  correlationOf,
  currentCorrelation,
  inInvocation,
} from '../../../lib/base/correlation.ts';
import { windowKey } from '../../../lib/store/keys.ts';

test('an exported window is known by its detector and start, whoever asks', () => {
  const range = { start: Date.UTC(2026, 10, 21, 6, 30), end: Date.UTC(2026, 10, 21, 6, 45) };
  assert.equal(correlationOf(windowKey('payment', range)), 'payment@20261121T063000Z');
  // Cut elsewhere, as the end is not known before it is exported.
  assert.equal(
    correlationOf(windowKey('payment', { ...range, end: range.end + 1000 })),
    'payment@20261121T063000Z',
  );
});

test('files of any other name have an id of their own, and a short one', () => {
  const ids = [
    'windows/detector=a/x.parquet',
    'windows/detector=a/y.parquet',
    'windows/detector=a/20261121T063000Z_20261121T064500Z.parquet',
    'windows/detector=a/b/20261121T063000Z_20261121T064500Z.parquet',
    `windows/detector=a/${'k'.repeat(1_000)}`,
    'windows/x.parquet',
  ].map(correlationOf);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^(a@)?[0-9a-f]{16}$/);
});

test('what is logged goes by the innermost scope, and scopes at once do not meet', async () => {
  assert.deepEqual(correlationFields(), {});
  correlateTo('nowhere');
  assert.equal(currentCorrelation(), undefined);
  await inInvocation('request-1', async () => {
    assert.deepEqual(correlationFields(), { correlationId: 'request-1', requestId: 'request-1' });
    await Promise.all(
      ['a', 'b'].map((name) =>
        correlated(undefined, async () => {
          assert.equal(currentCorrelation(), 'request-1');
          correlateTo(name);
          await new Promise(setImmediate);
          await correlated(`${name}-inner`, async () => correlateTo(`${name}-deeper`));
          assert.deepEqual(correlationFields(), { correlationId: name, requestId: 'request-1' });
        }),
      ),
    );
    assert.equal(currentCorrelation(), 'request-1');
  });
  assert.equal(currentCorrelation(), undefined);
});

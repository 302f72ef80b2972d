import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExportRequest } from '../../../functions/export-event.ts';
import { divideConcurrency } from '../../../lib/source/open-sources.ts';

test('the schedule’s event, and what names no detector, is whatever is due', () => {
  for (const event of [{ source: 'schedule' }, {}, null, undefined])
    assert.deepEqual(parseExportRequest(event), { kind: 'due' });
});

test('a backfill asks for its days, and for each with its share', () => {
  assert.deepEqual(parseExportRequest({ detector: 'shop', from: '2025-01-01' }), {
    kind: 'days',
    detector: 'shop',
    from: '2025-01-01',
    to: undefined,
  });
  assert.deepEqual(parseExportRequest({ detector: 'shop', day: '2025-01-01', share: 2 }), {
    kind: 'day',
    detector: 'shop',
    day: '2025-01-01',
    share: 2,
  });
});

test('what people misspell is named', () => {
  assert.throws(
    () => parseExportRequest({ detector: 'shop', from: 'x', until: 'y' }),
    /a backfill has no "until"/,
  );
  assert.throws(
    () => parseExportRequest({ detector: 'a/b', from: 'x' }),
    /detector is "a\/b", not the name of one/,
  );
  assert.throws(() => parseExportRequest({ from: 'x' }), /detector is undefined/);
  assert.throws(
    () => parseExportRequest({ detector: 'shop', day: 'x', share: 0 }),
    /share is 0, not a whole number/,
  );
});

test('days side by side ask a source for what it is asked at a time, and for one query at least', () => {
  const prometheus = { kind: 'prometheus', url: 'http://p', auth: { kind: 'none' }, headers: {} } as const;
  const { source, namedSources } = divideConcurrency(
    {
      source: prometheus,
      namedSources: new Map([
        ['eu', { ...prometheus, concurrency: 9 }],
        ['ap', { ...prometheus, concurrency: 1 }],
      ]),
    },
    2,
  );
  assert.equal(source?.concurrency, 2);
  assert.deepEqual(
    [...(namedSources?.values() ?? [])].map(({ concurrency }) => concurrency),
    [4, 1],
  );
  assert.deepEqual(divideConcurrency({ source: undefined, namedSources: undefined }, 2), {
    source: undefined,
    namedSources: undefined,
  });
});

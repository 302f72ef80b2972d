import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIsoTime } from '../../../lib/window/iso-time.ts';

const CASES: readonly [text: string, utc: string][] = [
  ['2026-11-22', '2026-11-22T00:00:00.000Z'],
  ['2026-11-22T08:30', '2026-11-22T08:30:00.000Z'],
  ['2026-11-22 08:30:05', '2026-11-22T08:30:05.000Z'],
  ['2026-11-22T08:30:05.123456789Z', '2026-11-22T08:30:05.123Z'],
  ['2026-11-22T08:30:05,5+01:00', '2026-11-22T07:30:05.500Z'],
  ['2026-11-22T00:10:00-0530', '2026-11-22T05:40:00.000Z'],
  ['2026-11-22 08:30:05+02', '2026-11-22T06:30:05.000Z'],
  ['2026-11-22 08:30:05 UTC', '2026-11-22T08:30:05.000Z'],
  ['2024-02-29T23:59:59z', '2024-02-29T23:59:59.000Z'],
  ['0001-01-01', '0001-01-01T00:00:00.000Z'],
];

test('ISO 8601 as it is found in files; no zone is UTC', () => {
  for (const [text, utc] of CASES)
    assert.equal(new Date(parseIsoTime(text) ?? Number.NaN).toISOString(), utc, text);
});

test('anything else is no time', () => {
  const texts = [
    '',
    'now',
    '22.11.2026',
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-11-22T24:00',
    '20261122',
  ];
  for (const text of [
    ...texts,
    '2026-11-22T08',
    '2026-11-22T08:60',
    '2026-11-22T08:30:60',
    '1692168250',
    '2026-1-2',
  ])
    assert.equal(parseIsoTime(text), undefined, text);
});

test('every date reads back', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      (date) => {
        assert.equal(parseIsoTime(date.toISOString()), date.getTime());
      },
    ),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRange } from '../../../../../infra/local/s3/range.ts';

const position = fc.option(fc.nat(12), { nil: undefined });

test('a range is the bytes that RFC 9110 selects, or not satisfiable', () => {
  fc.assert(
    fc.property(position, position, fc.nat(10), (from, to, size) => {
      const bytes = Array.from({ length: size }, (_, i) => i);
      const header = `bytes=${from ?? ''}-${to ?? ''}`;
      if ((from === undefined && to === undefined) || (from !== undefined && to !== undefined && to < from)) {
        assert.equal(parseRange(header, size), undefined);
        return;
      }
      const wanted =
        from === undefined ? bytes.slice(Math.max(0, size - (to ?? 0))) : bytes.slice(from, (to ?? size) + 1);
      if (wanted.length === 0)
        assert.throws(() => parseRange(header, size), { code: 'InvalidRange', status: 416 });
      else assert.deepEqual(parseRange(header, size), { start: wanted[0], end: wanted.at(-1) });
    }),
  );
});

test('anything but one range of bytes counts as none', () => {
  for (const header of [
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=0-1,2-3',
    'items=0-1',
    'bytes=--1',
  ])
    assert.equal(parseRange(header, 10), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ListQuery, listPage } from '../../../../../infra/local/s3/listing.ts';
import type { ObjectRecord } from '../../../../../infra/local/s3/object-table.ts';

/** Few letters, so that prefixes and delimiters meet; the last two sort differently as UTF-16 and as UTF-8. */
const text = (minLength: number, maxLength: number) =>
  fc
    .array(fc.constantFrom('a', 'b', '/', '-', '\uffee', '😀'), { minLength, maxLength })
    .map((letters) => letters.join(''));
const query = fc.record({
  keys: fc.uniqueArray(text(1, 6), { maxLength: 30 }),
  prefix: text(0, 2),
  delimiter: fc.constantFrom('', '/', '-', '/-'),
  after: text(0, 4),
  maxKeys: fc.integer({ min: 1, max: 5 }),
});

test('pages together are what one page is, and what the definition says', () => {
  fc.assert(
    fc.property(query, ({ keys, ...rest }) => {
      const bucket = makeBucket(keys);
      const expected = define(keys, rest);
      assert.deepEqual(namesOf(bucket, { ...rest, maxKeys: 1000 }), expected);
      const pieces: string[] = [];
      for (let after: string | undefined = rest.after; after !== undefined; ) {
        const page = listPage(bucket, { bucket: 'b', ...rest, after });
        const count = page.objects.length + page.prefixes.length;
        assert.ok(count <= rest.maxKeys);
        assert.ok(page.next === undefined || count === rest.maxKeys);
        assert.ok(page.next !== after && pieces.length <= keys.length, 'a page leads nowhere');
        pieces.push(...page.objects.map(({ key }) => key), ...page.prefixes);
        after = page.next;
      }
      assert.deepEqual(pieces.sort(byBytes), expected);
    }),
    { numRuns: 500 },
  );
});

test('a page of nothing is not truncated', () => {
  const page = listPage(makeBucket(['a']), { bucket: 'b', prefix: '', delimiter: '', after: '', maxKeys: 0 });
  assert.deepEqual(page, { objects: [], prefixes: [], next: undefined });
});

/** Every key, rolled up where it holds the delimiter, once each, after `after`. */
function define(
  keys: readonly string[],
  { prefix, delimiter, after }: Omit<ListQuery, 'bucket' | 'maxKeys'>,
): string[] {
  const names = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      return end < 0 ? key : key.slice(0, end + delimiter.length);
    });
  return [...new Set(names)].filter((name) => after === '' || byBytes(name, after) > 0).sort(byBytes);
}

function namesOf(bucket: ReturnType<typeof makeBucket>, list: Omit<ListQuery, 'bucket'>): string[] {
  const { objects, prefixes } = listPage(bucket, { bucket: 'b', ...list });
  return [...objects.map(({ key }) => key), ...prefixes].sort(byBytes);
}

function makeBucket(keys: readonly string[]) {
  const sorted = [...keys].sort(byBytes);
  return {
    scanObjects: (_bucket: string, from: Buffer, inclusive: boolean, limit: number) =>
      sorted
        .filter((key) => Buffer.compare(Buffer.from(key), from) > (inclusive ? -1 : 0))
        .slice(0, limit)
        .map((key) => ({ key }) as ObjectRecord),
  };
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

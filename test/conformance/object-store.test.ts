/** What every object store has to do. A store registers itself at the end; it never copies tests. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { NotFoundError, ObjectTooLargeError, PreconditionFailedError } from '../../lib/base/errors.ts';
import { createMemoryObjectStore } from '../../lib/store/memory-object-store.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import { createS3ObjectStore } from '../../lib/store/s3-object-store.ts';
import { collect } from '../helpers/collect.ts';
import { createMemoryObjectStore as createTestStore } from '../helpers/memory-object-store.ts';
import { startTestBucket } from '../helpers/test-bucket.ts';

interface Implementation {
  /** An empty store. */
  open(): Promise<ObjectStore>;
  close(): Promise<void>;
}

/** Objects that a listing of more than one page of S3 (1,000) has to find. */
const MANY = 1_005;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function runSuite(name: string, { open, close }: Implementation): void {
  describe(`object store: ${name}`, () => {
    let store: ObjectStore;
    before(async () => {
      store = await open();
    });
    after(close);

    test('gives back what was put, with its size and ETag', async () => {
      const body = new Uint8Array([0, 255, 13, 10, 0]);
      const { etag } = await store.put('a/body', body, { contentType: 'application/octet-stream' });
      const stored = await store.get('a/body');
      assert.deepEqual([...stored.body], [...body]);
      assert.deepEqual([stored.key, stored.size, stored.etag], ['a/body', 5, etag]);
      assert.match(etag, /^"[^"]+"$/);
      const info = await store.head('a/body');
      assert.deepEqual([info.key, info.size, info.etag], ['a/body', 5, etag]);
      assert.equal(info.lastModified, stored.lastModified);
    });

    test('dates an object by whole seconds, as S3 does', async () => {
      await store.put('dated/a', bytes('a'));
      const [listed] = await collect(store.list('dated/'));
      const { lastModified } = await store.head('dated/a');
      assert.deepEqual([lastModified % 1_000, listed?.lastModified], [0, lastModified]);
    });

    test('holds an empty object', async () => {
      await store.put('a/empty', new Uint8Array());
      assert.equal((await store.get('a/empty')).body.length, 0);
      assert.equal((await store.head('a/empty')).size, 0);
    });

    test('the last put wins, and the ETag follows the content', async () => {
      const first = await store.put('a/twice', bytes('one'));
      const second = await store.put('a/twice', bytes('two'));
      assert.notEqual(first.etag, second.etag);
      assert.deepEqual((await store.get('a/twice')).body, bytes('two'));
    });

    test('later changes to a body that was put, or was got, do not reach the store', async () => {
      const body = bytes('abc');
      await store.put('a/copy', body);
      body[0] = 0;
      const got = (await store.get('a/copy')).body;
      assert.deepEqual(got, bytes('abc'));
      got[0] = 0;
      assert.deepEqual((await store.get('a/copy')).body, bytes('abc'));
    });

    test('an object with more bytes than the caller takes is refused, and says which it is', async () => {
      const { etag } = await store.put('a/large', new Uint8Array(300_000));
      assert.equal((await store.get('a/large', { maxBytes: 300_000 })).body.length, 300_000);
      await assert.rejects(store.get('a/large', { maxBytes: 299_999 }), (error) => {
        assert.ok(error instanceof ObjectTooLargeError);
        assert.equal(error.etag, etag);
        assert.match(error.message, /a\/large has 300000 bytes, and the limit is 299999/);
        return true;
      });
    });

    test('the end of an object is read alone, with the size of the whole', async () => {
      const body = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
      const { etag } = await store.put('a/end', body);
      const end = await store.get('a/end', { lastBytes: 10 });
      assert.deepEqual([...end.body], [...body.subarray(990)]);
      assert.deepEqual([end.size, end.etag], [1000, etag]);
      const whole = await store.get('a/end', { lastBytes: 5000 });
      assert.deepEqual([whole.body.length, whole.size], [1000, 1000]);
      await assert.rejects(store.get('a/none', { lastBytes: 10 }), NotFoundError);
    });

    test('an absent key is a NotFoundError that names it', async () => {
      const named = (error: unknown): boolean =>
        error instanceof NotFoundError && error.message.includes('a/absent');
      await assert.rejects(store.get('a/absent'), named);
      await assert.rejects(store.head('a/absent'), named);
      await assert.rejects(store.copy('a/absent', 'a/to', { ifMatch: '"x"' }), named);
    });

    test('ifAbsent writes once', async () => {
      await store.put('c/absent', bytes('one'), { ifAbsent: true });
      await assert.rejects(store.put('c/absent', bytes('two'), { ifAbsent: true }), PreconditionFailedError);
      assert.deepEqual((await store.get('c/absent')).body, bytes('one'));
    });

    test('ifAbsent writes again after a delete', async () => {
      await store.put('c/deleted', bytes('one'));
      await store.delete('c/deleted');
      await store.put('c/deleted', bytes('two'), { ifAbsent: true });
      assert.deepEqual((await store.get('c/deleted')).body, bytes('two'));
    });

    test('ifMatch writes over that ETag only, and never where nothing stands', async () => {
      const { etag } = await store.put('c/match', bytes('one'));
      await store.put('c/match', bytes('two'), { ifMatch: etag });
      await assert.rejects(store.put('c/match', bytes('three'), { ifMatch: etag }), PreconditionFailedError);
      assert.deepEqual((await store.get('c/match')).body, bytes('two'));
      await assert.rejects(store.put('c/none', bytes('x'), { ifMatch: etag }), PreconditionFailedError);
      await assert.rejects(store.head('c/none'), NotFoundError);
    });

    test('of many conditional writes at once, one is made', async () => {
      const { etag } = await store.put('c/race', bytes('start'));
      for (const [key, condition] of [
        ['c/race', { ifMatch: etag }],
        ['c/race-absent', { ifAbsent: true }],
      ] as const) {
        const results = await Promise.allSettled(
          Array.from({ length: 8 }, (_, i) => store.put(key, bytes(`writer ${i}`), condition)),
        );
        const winners = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
        assert.equal(winners.length, 1, key);
        for (const result of results)
          if (result.status === 'rejected') assert.ok(result.reason instanceof PreconditionFailedError);
        assert.deepEqual((await store.get(key)).body, bytes(`writer ${winners[0]}`));
      }
    });

    test('copies an object that has the ETag', async () => {
      const { etag } = await store.put('d/from key+&é.bin', bytes('copied'));
      await store.copy('d/from key+&é.bin', 'd/to key', { ifMatch: etag });
      assert.deepEqual((await store.get('d/to key')).body, bytes('copied'));
      await store.put('d/from key+&é.bin', bytes('changed'));
      await assert.rejects(
        store.copy('d/from key+&é.bin', 'd/never', { ifMatch: etag }),
        PreconditionFailedError,
      );
      await assert.rejects(store.head('d/never'), NotFoundError);
    });

    test('deletes, and deletes again', async () => {
      await store.put('e/gone', bytes('x'));
      await store.delete('e/gone');
      await store.delete('e/gone');
      await assert.rejects(store.get('e/gone'), NotFoundError);
    });

    test('lists a prefix over more than one page, in the order of UTF-8 bytes', async () => {
      const keys = Array.from({ length: MANY }, (_, i) => `f/${String(i * 7919).padStart(8, '0')}`);
      for (let i = 0; i < keys.length; i += 50)
        await Promise.all(keys.slice(i, i + 50).map((key) => store.put(key, bytes(key))));
      await store.put('f', bytes('a sibling'));
      const found = await collect(store.list('f/'));
      assert.deepEqual(
        found.map(({ key }) => key),
        keys.toSorted(),
      );
      assert.deepEqual([found[0]?.size, found[0]?.etag], [10, (await store.head(found[0]!.key)).etag]);
      assert.deepEqual(await collect(store.list('nothing/')), []);
      const second = await collect(store.list('f/', { startAfter: found[0]!.key }));
      assert.deepEqual(second, found.slice(1));
    });

    test('lists what comes after a key, whether or not an object stands there', async () => {
      for (const name of ['a', 'b/1', 'b/2', 'b/2/3', 'c', '\uff5e', '\u{1f600}'])
        await store.put(`l/${name}`, bytes(name));
      const after = async (startAfter: string): Promise<string[]> =>
        (await collect(store.list('l/', { startAfter }))).map(({ key }) => key);
      assert.deepEqual(await after('l/b/2'), ['l/b/2/3', 'l/c', 'l/\uff5e', 'l/\u{1f600}']);
      assert.deepEqual(await after('l/b/15'), ['l/b/2', 'l/b/2/3', 'l/c', 'l/\uff5e', 'l/\u{1f600}']);
      assert.deepEqual(await after('l/\uff5e'), ['l/\u{1f600}']);
      assert.equal((await after('k')).length, 7);
      assert.deepEqual(await after('m'), []);
      assert.deepEqual(await after('l/\u{1f600}'), []);
    });

    test('lists folders once each, and no object between them', async () => {
      for (const name of ['a/1', 'a/2/3', 'b c+d/1', 'file', '\u00e9/1', 'z/'])
        await store.put(`o/${name}`, bytes(name));
      await store.put('o2/a/1', bytes('a sibling'));
      assert.deepEqual(await collect(store.listFolders('o/')), ['o/a/', 'o/b c+d/', 'o/z/', 'o/\u00e9/']);
      assert.deepEqual(await collect(store.listFolders('o/a/')), ['o/a/2/']);
      assert.deepEqual(await collect(store.listFolders('o/nothing/')), []);
    });

    test('keeps keys of any characters apart, and in order', async () => {
      // U+FF5E sorts before U+1F600 by UTF-8 bytes and after it by UTF-16 code units.
      const keys = [
        'a b',
        'a+b',
        'a%20b',
        '\u00e9',
        'e\u0301',
        '\uff5e',
        '\u{1f600}',
        'a&b<c>"d\'',
        'a=b;c',
        'tab\there',
        'a//b',
        '#?',
      ];
      for (const key of keys) await store.put(`g/${key}`, bytes(key));
      for (const key of keys) assert.deepEqual((await store.get(`g/${key}`)).body, bytes(key));
      const inOrder = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(
        (await collect(store.list('g/'))).map(({ key }) => key),
        inOrder.map((key) => `g/${key}`),
      );
    });

    test('any body comes back as it was', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (body) => {
          await store.put('h/any', body);
          assert.deepEqual((await store.get('h/any')).body, body);
        }),
        { numRuns: 20 },
      );
      const large = new Uint8Array(3_000_000).map((_, i) => i * 31);
      await store.put('h/large', large);
      assert.ok(Buffer.from(large).equals((await store.get('h/large')).body));
    });
  });
}

runSuite('memory', {
  open: async () => createMemoryObjectStore({ now: () => 0 }),
  close: async () => {},
});

runSuite('memory, of the tests', {
  open: async () => createTestStore(),
  close: async () => {},
});

let bucket: Awaited<ReturnType<typeof startTestBucket>> | undefined;
runSuite('S3, on the local emulator', {
  open: async () => {
    bucket = await startTestBucket();
    return createS3ObjectStore(bucket);
  },
  close: async () => bucket?.close(),
});

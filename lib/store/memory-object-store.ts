/**
 * A bucket in this process's memory: what the jobs run on where there is a file and no bucket. Behaves as S3 does, to
 * test/conformance/object-store.test.ts.
 */
import { createHash } from 'node:crypto';
import { NotFoundError, ObjectTooLargeError, PreconditionFailedError } from '../base/errors.ts';
import type { ObjectInfo, ObjectStore, StoredObject } from './object-store.ts';

interface Entry {
  readonly info: ObjectInfo;
  readonly body: Uint8Array;
}

/** @param options.now epoch ms, for `lastModified` */
export function createMemoryObjectStore({ now }: { readonly now: () => number }): ObjectStore {
  const entries = new Map<string, Entry>();
  /** Ascending by UTF-8 bytes, so that a listing costs what it lists. */
  const keys: string[] = [];

  function find(key: string): Entry {
    const found = entries.get(key);
    if (found === undefined) throw new NotFoundError(key);
    return found;
  }

  function write(key: string, body: Uint8Array): { readonly etag: string } {
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    if (!entries.has(key)) keys.splice(findPlace(keys, key), 0, key);
    // Whole seconds, as S3 has them.
    const lastModified = Math.floor(now() / 1000) * 1000;
    entries.set(key, { info: { key, size: body.length, etag, lastModified }, body });
    return { etag };
  }

  return {
    async get(key, { maxBytes = Infinity, lastBytes = Infinity } = {}) {
      const { info, body } = find(key);
      if (info.size > maxBytes) throw new ObjectTooLargeError(info, maxBytes);
      return { ...info, body: body.slice(Math.max(0, body.length - lastBytes)) } satisfies StoredObject;
    },
    async head(key) {
      return find(key).info;
    },
    async put(key, body, { ifAbsent, ifMatch } = {}) {
      const existing = entries.get(key);
      if (ifAbsent && existing !== undefined) throw new PreconditionFailedError(key, 'If-None-Match: *');
      if (ifMatch !== undefined && existing?.info.etag !== ifMatch)
        throw new PreconditionFailedError(key, `If-Match: ${ifMatch}`);
      return write(key, body.slice());
    },
    async copy(from, to, { ifMatch }) {
      const { info, body } = find(from);
      if (info.etag !== ifMatch) throw new PreconditionFailedError(to, `If-Match: ${ifMatch} of ${from}`);
      write(to, body);
    },
    async delete(key) {
      if (entries.delete(key)) keys.splice(findPlace(keys, key), 1);
    },
    async *list(prefix, { startAfter = '' } = {}) {
      const found: ObjectInfo[] = [];
      let at = Math.max(findPlace(keys, prefix), findPlace(keys, startAfter));
      if (keys[at] === startAfter) at++;
      for (; keys[at]?.startsWith(prefix); at++) found.push(find(keys[at]!).info);
      yield* found;
    },
    async *listFolders(prefix) {
      const found = new Set<string>();
      for (let at = findPlace(keys, prefix); keys[at]?.startsWith(prefix); at++) {
        const end = keys[at]!.indexOf('/', prefix.length);
        if (end >= 0) found.add(keys[at]!.slice(0, end + 1));
      }
      yield* found;
    },
  };
}

/** Index of the first key that is not below `key`. */
function findPlace(keys: readonly string[], key: string): number {
  const last = keys.at(-1);
  if (last === undefined || compareUtf8(last, key) < 0) return keys.length;
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(keys[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Code units order as UTF-8 bytes do, but for surrogates: those stand for the highest code points. */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === length) return a.length - b.length;
  return weigh(a.charCodeAt(at)) - weigh(b.charCodeAt(at));
}

function weigh(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

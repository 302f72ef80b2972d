/** A bucket in memory that behaves as S3 does, and a client of any bucket that dies at a chosen write. */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NotFoundError, ObjectTooLargeError, PreconditionFailedError } from '../../lib/base/errors.ts';
import type { ObjectInfo, ObjectStore, StoredObject } from '../../lib/store/object-store.ts';

export interface MemoryObjectStore extends ObjectStore {
  keys(): string[];
  /** For assertions on what is in the bucket. Undefined where no object stands. */
  text(key: string): string | undefined;
  /** Another bucket that holds the same by now. */
  fork(options?: MemoryObjectStoreOptions): MemoryObjectStore;
}

export interface MemoryObjectStoreOptions {
  /** Epoch milliseconds, for `lastModified`; without it 2030, after all rows that tests drop. */
  readonly now?: () => number;
  /** Awaited before each operation takes effect: lets a test choose how concurrent clients interleave. */
  readonly pause?: () => Promise<unknown>;
}

/** The process that used the store is dead: whatever it calls from now on has no effect. */
export class KilledError extends Error {
  override readonly name = 'KilledError';
}

export interface MortalObjectStore extends ObjectStore {
  /** Writes (put, copy, delete) asked for so far. */
  writes(): number;
  dead(): boolean;
  kill(): void;
}

export interface DeathPlan {
  /** Counted from 0 over put, copy and delete; never where undefined. */
  readonly atWrite?: number;
  /** Whether that write still reaches the bucket. */
  readonly stage?: 'before' | 'after';
}

export function createMemoryObjectStore(options: MemoryObjectStoreOptions = {}): MemoryObjectStore {
  return createHolding(new Map(), options);
}

function createHolding(
  objects: Map<string, StoredObject>,
  options: MemoryObjectStoreOptions,
): MemoryObjectStore {
  const { now = () => Date.UTC(2030, 0, 1), pause = nextTurn } = options;

  function find(key: string): StoredObject {
    const found = objects.get(key);
    if (found === undefined) throw new NotFoundError(key);
    return found;
  }

  function write(key: string, body: Uint8Array): { etag: string } {
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const lastModified = Math.floor(now() / 1000) * 1000;
    objects.set(key, { key, size: body.length, etag, lastModified, body });
    return { etag };
  }

  function sorted(prefix: string): StoredObject[] {
    return [...objects.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }

  return {
    async get(key, { maxBytes = Infinity, lastBytes = Infinity } = {}) {
      await pause();
      const found = find(key);
      if (found.size > maxBytes) throw new ObjectTooLargeError(found, maxBytes);
      return { ...found, body: found.body.slice(Math.max(0, found.size - lastBytes)) };
    },
    async head(key) {
      await pause();
      return withoutBody(find(key));
    },
    async put(key, body, { ifAbsent, ifMatch } = {}) {
      const copy = body.slice();
      await pause();
      if (ifAbsent && objects.has(key)) throw new PreconditionFailedError(key, 'If-None-Match: *');
      if (ifMatch !== undefined) {
        const existing = objects.get(key);
        if (existing?.etag !== ifMatch) throw new PreconditionFailedError(key, `If-Match: ${ifMatch}`);
      }
      return write(key, copy);
    },
    async copy(from, to, { ifMatch }) {
      await pause();
      const source = find(from);
      if (source.etag !== ifMatch) throw new PreconditionFailedError(to, `If-Match: ${ifMatch} of ${from}`);
      write(to, source.body);
    },
    async delete(key) {
      await pause();
      objects.delete(key);
    },
    async *list(prefix, { startAfter = '' } = {}) {
      await pause();
      yield* sorted(prefix)
        .filter(({ key }) => Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) > 0)
        .map(withoutBody);
    },
    async *listFolders(prefix) {
      await pause();
      const ends = sorted(prefix).map(({ key }) => ({ key, end: key.indexOf('/', prefix.length) + 1 }));
      yield* new Set(ends.flatMap(({ key, end }) => (end === 0 ? [] : [key.slice(0, end)])));
    },
    keys: () => [...objects.keys()].sort(),
    text: (key) => {
      const found = objects.get(key);
      return found && new TextDecoder().decode(found.body);
    },
    fork: (forked = options) => createHolding(new Map(objects), forked),
  };
}

/** One process's view of a bucket: at the planned write it dies, and every later call throws KilledError. */
export function createMortalStore(store: ObjectStore, plan: DeathPlan = {}): MortalObjectStore {
  const { atWrite, stage = 'before' } = plan;
  let writes = 0;
  let dead = false;

  function assertAlive(): void {
    if (dead) throw new KilledError('this process was killed');
  }

  async function write<T>(effect: () => Promise<T>): Promise<T> {
    assertAlive();
    const fatal = writes++ === atWrite;
    if (fatal && stage === 'before') dead = true;
    assertAlive();
    try {
      return await effect();
    } finally {
      // A write that was refused is one after which it may die, too.
      if (fatal) dead = true;
      assertAlive();
    }
  }

  async function read<T>(effect: () => Promise<T>): Promise<T> {
    assertAlive();
    const result = await effect();
    assertAlive();
    return result;
  }

  async function* whileAlive<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const item of items) {
      assertAlive();
      yield item;
    }
  }

  return {
    get: (key, options) => read(() => store.get(key, options)),
    head: (key) => read(() => store.head(key)),
    put: (key, body, options) => write(() => store.put(key, body, options)),
    copy: (from, to, options) => write(() => store.copy(from, to, options)),
    delete: (key) => write(() => store.delete(key)),
    list: (prefix, options) => whileAlive(store.list(prefix, options)),
    listFolders: (prefix) => whileAlive(store.listFolders(prefix)),
    writes: () => writes,
    dead: () => dead,
    kill: () => {
      dead = true;
    },
  };
}

function withoutBody({ key, size, etag, lastModified }: StoredObject): ObjectInfo {
  return { key, size, etag, lastModified };
}

/** Files of people in the bucket, such as silences. One that cannot be used goes to quarantine, and the others count. */
import { AnswerError, NotFoundError, ObjectTooLargeError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import type { LeftOut } from '../../window/left-out.ts';
import type { StoreContext } from './context.ts';
import { recordLeftOut } from './left-out-notes.ts';
import { quarantine, withoutQuarantined } from './quarantine.ts';

const MAX_BYTES = 1_000_000;
const READS_AT_ONCE = 16;

export interface AnswerFiles<T> {
  readonly prefix: string;
  /** What one is called, for messages and codes: `silence`. */
  readonly what: string;
  /** Of a key; undefined where it is none of them. */
  readonly nameOf: (key: string) => string | undefined;
  /** What none of them is called, to be read on from "it is called …". */
  readonly endings?: string | undefined;
  /** @throws AnswerError where it cannot be used */
  readonly parse: (text: string, of: { readonly source: string; readonly name: string }) => T;
  /** Parts of one that cannot be used while the rest is. */
  readonly leftOutOf?: ((answer: T) => readonly LeftOut[]) | undefined;
}

/** By name. What is called otherwise goes to quarantine too; folder markers and dot files are left alone. */
export type LoadAnswers<T> = (context: StoreContext) => Promise<readonly T[]>;

interface Read<T> {
  readonly etag: string;
  readonly answer: T;
}

export function createAnswerLoader<T>(files: AnswerFiles<T>): LoadAnswers<T> {
  const { prefix } = files;
  /**
   * Files by key, as they were read last. A process lives for hours and needs the silences every minute, and most of them
   * have ended long ago or have not changed. Only a file that is listed with another ETag is read again.
   */
  const lastRead = new WeakMap<ObjectStore, ReadonlyMap<string, Read<T>>>();
  return async (context) => {
    const { store } = context;
    const listed: ObjectInfo[] = [];
    for await (const info of store.list(prefix)) listed.push(info);
    if (listed.length === 0) return [];
    const objects = await withoutQuarantined(store, { prefix, objects: listed });
    const before = lastRead.get(store);
    const found = new Map<string, Read<T>>();
    await forEachConcurrently(objects, READS_AT_ONCE, async ({ key, etag }) => {
      const known = before?.get(key);
      const answer = known?.etag === etag ? known : await read(context, key, files);
      if (answer !== undefined) found.set(key, answer);
    });
    lastRead.set(store, found);
    return objects.flatMap(({ key }) => {
      const known = found.get(key);
      return known === undefined ? [] : [known.answer];
    });
  };
}

async function read<T>(
  context: StoreContext,
  key: string,
  { prefix, what, nameOf, parse, leftOutOf, endings = 'neither NAME.yml nor NAME.yaml' }: AnswerFiles<T>,
): Promise<Read<T> | undefined> {
  const name = nameOf(key);
  if (name === undefined && (key.endsWith('/') || /\/[._][^/]*$/.test(key))) return undefined;
  let etag: string | undefined;
  try {
    if (name === undefined) {
      const why = key.slice(prefix.length).includes('/')
        ? `it lies in a folder, and only what lies in ${prefix} itself is read`
        : `it is called ${endings}`;
      throw new AnswerError(`no-${what}`, `${key} is no ${what}: ${why}`);
    }
    const stored = await context.store.get(key, { maxBytes: MAX_BYTES });
    etag = stored.etag;
    const answer = parseAny(parse, new TextDecoder().decode(stored.body), { source: key, name });
    const leftOut = leftOutOf?.(answer) ?? [];
    if (leftOut.length > 0) await recordLeftOut(context, { detector: 'none', key, etag, leftOut });
    return { etag, answer };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    if (!(error instanceof AnswerError) && !(error instanceof ObjectTooLargeError)) throw error;
    await quarantine(context, { detector: 'none', key, error, ...(etag !== undefined && { etag }) });
    return undefined;
  }
}

/** An unexpected error counts as a fault of this file too. If it were thrown further, nobody would be told of anything. */
function parseAny<T>(parse: AnswerFiles<T>['parse'], ...[text, of]: Parameters<AnswerFiles<T>['parse']>): T {
  try {
    return parse(text, of);
  } catch (cause) {
    if (cause instanceof AnswerError) throw cause;
    throw new AnswerError('unreadable', `${of.source} cannot be read: ${String(cause)}`, { cause });
  }
}

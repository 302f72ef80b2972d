/** The silences of the bucket. One that cannot be used goes to quarantine, and the others count. */
import { parseSilencing, type Silencing } from '../../answers/silencing.ts';
import { AnswerError, NotFoundError, ObjectTooLargeError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import { SILENCES_PREFIX, silenceOfKey } from '../../store/keys.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import type { StoreContext } from '../shared/context.ts';
import { quarantine, withoutQuarantined } from '../shared/quarantine.ts';

const MAX_BYTES = 1_000_000;
const READS_AT_ONCE = 16;

interface Read {
  readonly etag: string;
  readonly silencing: Silencing;
}

/**
 * By key, as they were read last: this is asked for every minute by a process that lives for hours, and most silences have
 * ended long ago or have not changed. What is listed with another ETag is read.
 */
const lastRead = new WeakMap<ObjectStore, ReadonlyMap<string, Read>>();

/** By name. What is called otherwise goes to quarantine too; folder markers and dot files are left alone. */
export async function loadSilencings(context: StoreContext): Promise<readonly Silencing[]> {
  const { store } = context;
  const listed: ObjectInfo[] = [];
  for await (const info of store.list(SILENCES_PREFIX)) listed.push(info);
  if (listed.length === 0) return [];
  const objects = await withoutQuarantined(store, { prefix: SILENCES_PREFIX, objects: listed });
  const before = lastRead.get(store);
  const found = new Map<string, Read>();
  await forEachConcurrently(objects, READS_AT_ONCE, async ({ key, etag }) => {
    const known = before?.get(key);
    const silencing = known?.etag === etag ? known : await read(context, key);
    if (silencing !== undefined) found.set(key, silencing);
  });
  lastRead.set(store, found);
  return objects.flatMap(({ key }) => found.get(key)?.silencing ?? []);
}

async function read(context: StoreContext, key: string): Promise<Read | undefined> {
  const name = silenceOfKey(key);
  if (name === undefined && (key.endsWith('/') || /\/[._][^/]*$/.test(key))) return undefined;
  let etag: string | undefined;
  try {
    if (name === undefined)
      throw new AnswerError(
        'no-silence',
        `${key} is no silence: it is called neither NAME.yml nor NAME.yaml`,
      );
    const stored = await context.store.get(key, { maxBytes: MAX_BYTES });
    etag = stored.etag;
    const silencing = parseSilencing(new TextDecoder().decode(stored.body), { source: key, name });
    return { etag, silencing };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    if (!(error instanceof AnswerError) && !(error instanceof ObjectTooLargeError)) throw error;
    await quarantine(context, { detector: 'none', key, error, ...(etag !== undefined && { etag }) });
    return undefined;
  }
}

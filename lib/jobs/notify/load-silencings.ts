/** The silences of the bucket. One that cannot be used goes to quarantine, and the others count. */
import { parseSilencing, type Silencing } from '../../answers/silencing.ts';
import { AnswerError, NotFoundError, ObjectTooLargeError } from '../../base/errors.ts';
import { SILENCES_PREFIX, silenceOfKey } from '../../store/keys.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import type { StoreContext } from '../shared/context.ts';
import { quarantine, withoutQuarantined } from '../shared/quarantine.ts';

const MAX_BYTES = 1_000_000;

/** By name. What is called otherwise goes to quarantine too; folder markers and dot files are left alone. */
export async function loadSilencings(context: StoreContext): Promise<readonly Silencing[]> {
  const listed: ObjectInfo[] = [];
  for await (const info of context.store.list(SILENCES_PREFIX)) listed.push(info);
  if (listed.length === 0) return [];
  const objects = await withoutQuarantined(context.store, { prefix: SILENCES_PREFIX, objects: listed });
  const silencings: Silencing[] = [];
  for (const { key } of objects) {
    const silencing = await read(context, key);
    if (silencing !== undefined) silencings.push(silencing);
  }
  return silencings;
}

async function read(context: StoreContext, key: string): Promise<Silencing | undefined> {
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
    return parseSilencing(new TextDecoder().decode(stored.body), { source: key, name });
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    if (!(error instanceof AnswerError) && !(error instanceof ObjectTooLargeError)) throw error;
    await quarantine(context, { detector: 'none', key, error, ...(etag !== undefined && { etag }) });
    return undefined;
  }
}

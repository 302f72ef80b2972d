/** What was said of an incident so far, with the ETags that forms are made for. */
import { parseSilencing, type Silencing } from '../../answers/silencing.ts';
import { type Verdict, verdictSchema } from '../../answers/verdict.ts';
import { AnswerError, ArtifactError, NotFoundError, ObjectTooLargeError } from '../../base/errors.ts';
import { decodeJson } from '../../store/json.ts';
import { feedbackKey, silenceKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';

export interface Said<T> {
  readonly etag: string;
  /** Undefined: something stands there that cannot be read. */
  readonly value: T | undefined;
}

const MAX_BYTES = 1_000_000;

/** Undefined where nothing stands there. */
export function readSaidVerdict(
  store: Pick<ObjectStore, 'get'>,
  incidentId: string,
): Promise<Said<Verdict> | undefined> {
  const key = feedbackKey(incidentId);
  return read(store, key, (body) => {
    const verdict = decodeJson(key, body, verdictSchema);
    return verdict.id === incidentId ? verdict : undefined;
  });
}

/** The one that is called as the incident, as alerts' commands and forms call theirs. */
export function readSaidSilence(
  store: Pick<ObjectStore, 'get'>,
  incidentId: string,
): Promise<Said<Silencing> | undefined> {
  const key = silenceKey(incidentId);
  return read(store, key, (body) =>
    parseSilencing(new TextDecoder().decode(body), { source: key, name: incidentId }),
  );
}

async function read<T>(
  store: Pick<ObjectStore, 'get'>,
  key: string,
  parse: (body: Uint8Array) => T | undefined,
): Promise<Said<T> | undefined> {
  let etag: string | undefined;
  try {
    const stored = await store.get(key, { maxBytes: MAX_BYTES });
    etag = stored.etag;
    return { etag, value: parse(stored.body) };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    if (error instanceof ObjectTooLargeError) return { etag: error.etag, value: undefined };
    if (etag !== undefined && (error instanceof ArtifactError || error instanceof AnswerError))
      return { etag, value: undefined };
    throw error;
  }
}

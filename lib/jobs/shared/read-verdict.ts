import { type Verdict, verdictSchema } from '../../answers/verdict.ts';
import { ArtifactError, NotFoundError, ObjectTooLargeError } from '../../base/errors.ts';
import { decodeJson } from '../../store/json.ts';
import { feedbackKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';

/** Of a verdict: people may put anything there, and a training reads all of them. */
const MAX_BYTES = 1_000_000;

/**
 * @returns undefined where there is none
 * @throws ArtifactError where it cannot be read, is too large, or is of another id than its key
 */
export async function readVerdict(store: Pick<ObjectStore, 'get'>, id: string): Promise<Verdict | undefined> {
  const key = feedbackKey(id);
  try {
    const verdict = decodeJson(key, (await store.get(key, { maxBytes: MAX_BYTES })).body, verdictSchema);
    if (verdict.id === id) return verdict;
    throw new ArtifactError('bad-json', `${key} is of another id: ${JSON.stringify(verdict.id)}`);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    if (error instanceof ObjectTooLargeError)
      throw new ArtifactError(error.code, error.message, { cause: error });
    throw error;
  }
}

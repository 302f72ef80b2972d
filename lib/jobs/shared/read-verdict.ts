import { type Verdict, verdictSchema } from '../../answers/verdict.ts';
import { ArtifactError, NotFoundError } from '../../base/errors.ts';
import { decodeJson } from '../../store/json.ts';
import { feedbackKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';

/**
 * @returns undefined where there is none
 * @throws ArtifactError where it cannot be read, or is of another id than its key
 */
export async function readVerdict(store: Pick<ObjectStore, 'get'>, id: string): Promise<Verdict | undefined> {
  const key = feedbackKey(id);
  try {
    const verdict = decodeJson(key, (await store.get(key)).body, verdictSchema);
    if (verdict.id === id) return verdict;
    throw new ArtifactError('bad-json', `${key} is of another id: ${JSON.stringify(verdict.id)}`);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Writes what people say into the bucket, by a command or by a link alike. */
import type { Verdict } from '../../answers/verdict.ts';
import { encodeJson } from '../../store/json.ts';
import { feedbackKey } from '../../store/keys.ts';
import type { ObjectStore, PutOptions } from '../../store/object-store.ts';

/** What has to stand there, or not; left out: whoever speaks last is right. */
export type AnswerCondition = Pick<PutOptions, 'ifAbsent' | 'ifMatch'>;

/** @returns its key @throws PreconditionFailedError where the condition does not hold */
export async function writeVerdict(
  store: Pick<ObjectStore, 'put'>,
  verdict: Verdict,
  condition: AnswerCondition = {},
): Promise<string> {
  const key = feedbackKey(verdict.id);
  await store.put(key, encodeJson(verdict), { contentType: 'application/json', ...condition });
  return key;
}

/** A silence or an exclusion. @param text YAML, as it can be read @throws PreconditionFailedError where the condition does not hold */
export async function writeAnswerFile(
  store: Pick<ObjectStore, 'put'>,
  { key, text }: { readonly key: string; readonly text: string },
  condition: AnswerCondition,
): Promise<void> {
  await store.put(key, new TextEncoder().encode(text), { contentType: 'application/yaml', ...condition });
}

/** The windows that scoring has before it. */
import { scoresKey, scoresPrefix } from '../../store/keys.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import { readScored } from '../../store/scored-windows.ts';

export interface PendingWindow extends ObjectInfo {
  /** It had no scores when they were listed. */
  readonly isNew: boolean;
  /** These very bytes were scored before, and their scores taken away since. */
  readonly isAgain: boolean;
}

/**
 * Windows without scores, or whose scores are of other bytes.
 * @param objects every window of the detector that can be read
 */
export async function selectPending(
  store: ObjectStore,
  detector: string,
  objects: readonly ObjectInfo[],
): Promise<readonly PendingWindow[]> {
  const scoredAt = new Map<string, number>();
  for await (const { key, lastModified } of store.list(scoresPrefix(detector)))
    scoredAt.set(key, lastModified);
  const etags = objects.length === 0 ? new Map<string, string>() : await readScored(store, detector);
  return objects.flatMap((info): PendingWindow[] => {
    const scored = scoredAt.get(scoresKey(info.key));
    const etag = etags.get(info.key);
    if (scored === undefined) return [{ ...info, isNew: true, isAgain: etag === info.etag }];
    const isDone = etag === undefined ? info.lastModified <= scored : etag === info.etag;
    return isDone ? [] : [{ ...info, isNew: false, isAgain: false }];
  });
}

/** The windows that scoring has before it: told from the bucket, whatever an event says. */
import { NotFoundError } from '../../base/errors.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { scoresKey, scoresPrefix } from '../../store/keys.ts';
import type { ObjectInfo, ObjectStore, StoredObject } from '../../store/object-store.ts';
import { readScored, type StoredScored, scoredEtags } from '../../store/scored-windows.ts';
import type { LookedAt } from './looked-at.ts';
import { listInScope } from './window-scope.ts';

export interface PendingWindow extends ObjectInfo {
  /** It had no scores when they were listed. */
  readonly isNew: boolean;
  /** These very bytes were scored before, and their scores taken away since. */
  readonly isAgain: boolean;
  /** Other bytes stood in its place when it was scored. */
  readonly isCorrected: boolean;
  /** Its bytes, where they were read to know of it. */
  readonly stored?: StoredObject | undefined;
}

export interface SelectedWindows {
  readonly pending: readonly PendingWindow[];
  /** Window key → ETag of those that were scored and are not noted yet. */
  readonly unnoted: ReadonlyMap<string, string>;
  /** What was noted before; undefined where nothing is, or nothing was asked. */
  readonly noted: StoredScored | undefined;
}

/**
 * Windows without scores, or whose scores are of other bytes.
 * @param given.windows those of them that are looked at
 * @param given.state of the detector; undefined where it could not be read
 * @param given.noted where it was read already
 */
export async function selectPending(
  store: ObjectStore,
  detector: string,
  given: {
    readonly windows: Pick<LookedAt, 'objects' | 'scope'>;
    readonly state: DetectorState | undefined;
    readonly noted?: StoredScored | undefined;
  },
): Promise<SelectedWindows> {
  const { objects, scope } = given.windows;
  const [scores, noted] = await Promise.all([
    listInScope(store, scope, { prefix: scoresPrefix(detector), keyOf: scoresKey }),
    objects.length === 0 ? undefined : (given.noted ?? readScored(store, detector)),
  ]);
  const scoredAt = new Map(scores.objects.map(({ key, lastModified }) => [key, lastModified]));
  const etags = scoredEtags(noted);
  const decided = given.state === undefined ? new Map<string, string>() : decidedEtags(given.state);
  const unnoted = new Map<string, string>();
  const pending = objects.flatMap((info): PendingWindow[] => {
    const { key, etag } = info;
    const scored = scoredAt.get(scoresKey(key));
    // What was scored is noted now and then: of the rest, what was decided on and times tell.
    const known = etags.get(key) ?? decided.get(key);
    if (scored === undefined) {
      const isAgain = known === etag;
      return [{ ...info, isNew: true, isAgain, isCorrected: known !== undefined && !isAgain }];
    }
    const isInTime = etags.has(key) || info.lastModified <= scored;
    const isDone = isInTime && (known === undefined || known === etag);
    // Scores are of what was decided on last, but for bytes that a run died at.
    if (known !== undefined && !etags.has(key) && (isDone || known !== etag)) unnoted.set(key, known);
    return isDone ? [] : [{ ...info, isNew: false, isAgain: false, isCorrected: known !== etag }];
  });
  return { pending, unnoted, noted };
}

/** Window key → ETag of the newest bytes that were decided on, of the windows that were decided on last. */
export function decidedEtags({ decided }: Pick<DetectorState, 'decided'>): ReadonlyMap<string, string> {
  return new Map(
    decided.map((id) => {
      // A key may have any character, an ETag has no "@".
      const at = id.lastIndexOf('@');
      return [id.slice(0, at), id.slice(at + 1)];
    }),
  );
}

/** Whether another run scored it since the scores were listed. What has scores of other bytes is scored again. */
export async function isScored(
  store: ObjectStore,
  { key, isNew }: Pick<PendingWindow, 'key' | 'isNew'>,
): Promise<boolean> {
  if (!isNew) return false;
  try {
    await store.head(scoresKey(key));
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

/** What people said of a detector's incidents before this one: how often it was right. */
import { ArtifactError } from '../../../base/errors.ts';
import { forEachConcurrently } from '../../../base/limit-concurrency.ts';
import type { AnsweredIncidents } from '../../../report/incident/incident-input.ts';
import { FEEDBACK_PREFIX, feedbackKey } from '../../../store/keys.ts';
import type { ObjectStore } from '../../../store/object-store.ts';
import { readVerdict } from '../../shared/read-verdict.ts';

const READS_AT_ONCE = 8;

export interface MeasuredAnswers {
  /** Undefined where nobody answered one. */
  readonly answered: AnsweredIncidents | undefined;
  /** Verdicts on them that cannot be used. */
  readonly unreadable: number;
}

/**
 * Verdicts of that time are listed, and those on these incidents are read. Where there are none before it, nothing is asked of the bucket.
 * @param incidentIds of the detector, before this one; each the id of a key
 */
export async function measureAnswered(
  store: Pick<ObjectStore, 'get' | 'list'>,
  incidentIds: readonly string[],
): Promise<MeasuredAnswers> {
  if (incidentIds.length === 0) return { answered: undefined, unreadable: 0 };
  const wanted = new Map(incidentIds.map((id) => [feedbackKey(id), id]));
  // Of keys, which are listed in another order than ids are in where one id is the beginning of another.
  const inOrder = [...wanted.keys()].sort();
  const newest = inOrder.at(-1)!;
  const ids: string[] = [];
  // Ids begin with their time: older answers cost no page of the list, nor do newer ones.
  const startAfter = `${FEEDBACK_PREFIX}${wanted.get(inOrder[0]!)}`;
  for await (const { key } of store.list(FEEDBACK_PREFIX, { startAfter })) {
    const id = wanted.get(key);
    if (id !== undefined) ids.push(id);
    if (key >= newest) break;
  }
  let [count, real, unreadable] = [0, 0, 0];
  await forEachConcurrently(ids, READS_AT_ONCE, async (id) => {
    try {
      const verdict = await readVerdict(store, id);
      // Taken back since it was listed.
      if (verdict === undefined) return;
      count++;
      if (verdict.verdict === 'true') real++;
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      unreadable++;
    }
  });
  return { answered: count === 0 ? undefined : { count, real }, unreadable };
}

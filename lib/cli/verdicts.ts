/** Verdicts of the bucket, and what they say of each detector. */
import type { Verdict } from '../answers/verdict.ts';
import { ArtifactError, NotFoundError } from '../base/errors.ts';
import { forEachConcurrently } from '../base/limit-concurrency.ts';
import { readIncident } from '../jobs/notify/read-incidents.ts';
import { readVerdict } from '../jobs/shared/read-verdict.ts';
import { anomalyKey, FEEDBACK_PREFIX, idOfFeedbackKey } from '../store/keys.ts';
import type { ObjectStore } from '../store/object-store.ts';

/** Of what was answered. An incident of several detectors counts for each of them. */
export interface Answered {
  readonly true: number;
  readonly false: number;
  readonly expected: number;
  /** Share of them that were true. */
  readonly precision: number;
}

export interface MeasuredAnswers {
  /** Detectors without a verdict are absent. */
  readonly byDetector: ReadonlyMap<string, Answered>;
  /** Verdicts that cannot be used, each by its key and why. */
  readonly problems: readonly string[];
}

const READS_AT_ONCE = 16;

/**
 * Writes nothing.
 * @param detectors whose answers are counted
 * @param known those of the bucket: a verdict on an anomaly of another one of them is none of these, and no problem
 */
export async function measureAnswers(
  store: ObjectStore,
  detectors: readonly string[],
  known: readonly string[],
): Promise<MeasuredAnswers> {
  const said = new Map<string, Verdict['verdict'][]>();
  const keys: string[] = [];
  for await (const { key } of store.list(FEEDBACK_PREFIX))
    if (idOfFeedbackKey(key) !== undefined) keys.push(key);
  const problemOf = new Map<string, string>();
  await forEachConcurrently(keys, READS_AT_ONCE, async (key) => {
    const id = idOfFeedbackKey(key)!;
    try {
      const verdict = await readVerdict(store, id);
      if (verdict === undefined) return;
      const of = await findDetectors(store, id, [...new Set([...detectors, ...known])]);
      if (of.length === 0 && (await readIncident(store, id)) === undefined)
        problemOf.set(key, `${key} is of no incident and of no anomaly of any detector`);
      for (const detector of of.filter((name) => detectors.includes(name)))
        said.set(detector, [...(said.get(detector) ?? []), verdict.verdict]);
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      problemOf.set(key, error.message);
    }
  });
  // In the order of keys, whichever was read first.
  const problems = keys.flatMap((key) => problemOf.get(key) ?? []);
  return { byDetector: new Map([...said].map(([detector, of]) => [detector, count(of)])), problems };
}

/** Those of the given ones that an incident, or an anomaly, is of. */
export async function findDetectors(
  store: ObjectStore,
  id: string,
  detectors: readonly string[],
): Promise<readonly string[]> {
  const incident = await readIncident(store, id);
  if (incident !== undefined)
    return detectors.filter((name) => incident.members.some(({ detector }) => detector === name));
  const found: string[] = [];
  for (const detector of detectors) {
    try {
      await store.head(anomalyKey(detector, id));
      found.push(detector);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  return found;
}

function count(said: readonly Verdict['verdict'][]): Answered {
  const of = (verdict: Verdict['verdict']): number => said.filter((each) => each === verdict).length;
  const [right, wrong, expected] = [of('true'), of('false'), of('expected')];
  return { true: right, false: wrong, expected, precision: right / said.length };
}

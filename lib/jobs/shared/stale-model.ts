/** Finds a model that should have been replaced by now, and what in the bucket tells why it was not. Reads only. */
import { type Exclusion, parseExclusion } from '../../answers/exclusion.ts';
import { matchesAll } from '../../answers/matcher.ts';
import { AnswerError, NotFoundError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { EXCLUSIONS_PREFIX, exclusionOfKey } from '../../store/keys.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import { FUTURE_TOLERANCE } from '../../window/time-bounds.ts';
import { newestData } from './newest-data.ts';
import { namedRange } from './window-objects.ts';

export interface StaleModel {
  /** Epoch ms at which the first data came that a training was due for. */
  readonly since: number;
  /** Epoch ms: end of the data that the model in use was trained on. */
  readonly trainedUntil: number;
  /** Names of exclusions that take away data of the newest `lookback`. */
  readonly excludedBy: readonly string[];
}

/** Ms from data that a training is due for to a model: the schedule is hourly, and a fit may take several runs. */
const LONGEST_TRAINING = 3 * 3_600_000;
const MOST_BYTES = 1_000_000;

export async function findStaleModel(
  store: ObjectStore,
  given: {
    readonly detector: Detector;
    readonly state: DetectorState;
    readonly objects: readonly ObjectInfo[];
    readonly now: number;
  },
): Promise<StaleModel | undefined> {
  const { detector, state, objects, now } = given;
  const { trainedUntil, phase } = state;
  if (phase !== 'active' || trainedUntil === undefined || trainedUntil > now + FUTURE_TOLERANCE)
    return undefined;
  const due = trainedUntil + detector.training.every;
  if (newestData(state, now + FUTURE_TOLERANCE) < due) return undefined;
  const since = dueSince(objects, due);
  if (since === undefined || now - since <= LONGEST_TRAINING) return undefined;
  const range = { start: now - detector.training.lookback, end: now };
  const exclusions = await readExclusions(store);
  const excludedBy = exclusions.filter(
    ({ matchers, from, until }) =>
      from < range.end &&
      until > range.start &&
      matchesAll(
        matchers.filter(({ name }) => name === 'detector'),
        { detector: detector.name, entity: '', workload: '' },
      ),
  );
  return { since, trainedUntil, excludedBy: excludedBy.map(({ name }) => name) };
}

/** Dropped files say nothing of their times: one that came after `due` is taken to be of that time. */
function dueSince(objects: readonly ObjectInfo[], due: number): number | undefined {
  let since: number | undefined;
  for (const info of objects) {
    const end = namedRange(info)?.end ?? info.lastModified;
    if (end >= due) since = Math.min(since ?? Infinity, info.lastModified);
  }
  return since;
}

/** Those that can be used; what cannot is told of by the training. */
async function readExclusions(store: ObjectStore): Promise<readonly Exclusion[]> {
  const found: Exclusion[] = [];
  for await (const { key, size } of store.list(EXCLUSIONS_PREFIX)) {
    const name = exclusionOfKey(key);
    if (name === undefined || size > MOST_BYTES) continue;
    try {
      const { body } = await store.get(key);
      found.push(parseExclusion(new TextDecoder().decode(body), { source: key, name }));
    } catch (error) {
      if (!(error instanceof AnswerError) && !(error instanceof NotFoundError)) throw error;
    }
  }
  return found;
}

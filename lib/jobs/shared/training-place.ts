/** What is known of a training that is beyond the function: for whoever tells of it. */
import { unitOf } from '../../config/work-unit.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { readPlace, type TrainingJob, type TrainingPlace } from '../../store/training-place.ts';
import type { LoadedDetector } from './load-detectors.ts';
import { SOFTWARE_VERSION } from './software-version.ts';
import { SET_ASIDE_FOR, sayTriedAgain } from './training-attempts.ts';
import { sayNeeds } from './training-needs.ts';

/** Jobs that fail one after the other: then there is a day without one, as after two deaths of a function. */
export const MOST_FAILURES = 2;
/** Ms that one may take to be asked for: the function that asks may end before it hears that there is one. */
const LONGEST_ASKING = 3_600_000;
const SILENT_END = 'it ended without a word';

/** With other settings, or another release, a training is judged anew. */
export function identifyTraining({ manifestHash }: Pick<LoadedDetector, 'manifestHash'>): string {
  return `${SOFTWARE_VERSION} ${manifestHash}`;
}

/** Of the detector as it is set now; undefined where its training fits the function, or was not tried yet. */
export async function findTrainingPlace(
  store: ObjectStore,
  loaded: LoadedDetector,
): Promise<TrainingPlace | undefined> {
  const { place } = await readPlace(store, unitOf(loaded.detector));
  return place?.identity === identifyTraining(loaded) ? place : undefined;
}

/** Waits for a container, or trains. @param now epoch ms */
export function isJobUnderWay(place: TrainingPlace | undefined, now: number): boolean {
  const job = place?.job;
  return job !== undefined && job.endedAt === undefined && now < lastsUntil(job);
}

/** Jobs that failed one after the other, and the newest of them: one that ended without a word is among them. */
export function findFailures(
  { failures, failure, job }: TrainingPlace,
  now: number,
): { readonly count: number; readonly at: number; readonly reason: string } | undefined {
  if (job !== undefined && hasVanished(job, now))
    return { count: failures + 1, at: lastsUntil(job), reason: SILENT_END };
  return failures === 0 || failure === undefined ? undefined : { count: failures, ...failure };
}

/** Epoch ms until which no further job is asked for; undefined: one may be. */
export function setAsideUntil(place: TrainingPlace, now: number): number | undefined {
  const failed = findFailures(place, now);
  if (failed === undefined || failed.count < MOST_FAILURES) return undefined;
  const until = failed.at + SET_ASIDE_FOR;
  return now < until ? until : undefined;
}

/** What somebody has to look at; undefined where it is trained, or will be. */
export function sayProblem(
  place: TrainingPlace,
  now: number,
): { readonly since: number; readonly message: string } | undefined {
  if (place.refused !== undefined) return { since: place.at, message: place.refused };
  const failed = findFailures(place, now);
  if (failed === undefined) return undefined;
  return {
    since: failed.at,
    message: `the training of ${place.detector} takes about ${sayNeeds(place)}, beyond the function, and ${failed.count === 1 ? 'its job' : `${failed.count} jobs`} failed: ${failed.reason}; ${isJobUnderWay(place, now) ? 'another one is under way' : sayTriedAgain(setAsideUntil(place, now))}`,
  };
}

function hasVanished(job: TrainingJob, now: number): boolean {
  return job.endedAt === undefined && now >= lastsUntil(job);
}

/** One that nobody knows to be there may never have been asked for; if it comes all the same, it finds that nobody waits for it. */
function lastsUntil({ id, startedBy, askedAt, until }: TrainingJob): number {
  return id === undefined && startedBy === undefined ? Math.min(until, askedAt + LONGEST_ASKING) : until;
}

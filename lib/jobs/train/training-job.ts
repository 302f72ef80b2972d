/** What becomes of a job that trains one detector, as its record says. Each step is harmless to repeat. */
import { quoteForeign } from '../../base/foreign-text.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { movePlace, type TrainingJob, type TrainingPlace } from '../../store/training-place.ts';

export interface JobIdentity {
  readonly detector: string;
  readonly name: string;
}

/** Characters of a reason that are kept: some are what a server said. */
const LONGEST_REASON = 1_000;

/**
 * The job's process begins. AWS Batch starts it again where the platform took it away, by the same id.
 * @param id of AWS Batch
 * @returns undefined where it is not to train: another job was asked for since, or a double of it was first
 */
export async function beginJob(
  store: ObjectStore,
  { detector, name, id }: JobIdentity & { readonly id: string },
): Promise<TrainingJob | undefined> {
  const isOwn = ({ job }: TrainingPlace): boolean =>
    job?.name === name && job.endedAt === undefined && (job.startedBy ?? id) === id;
  const place = await movePlace(store, detector, (found) =>
    isOwn(found) ? { ...found, job: { ...(found.job as TrainingJob), startedBy: id } } : undefined,
  );
  return place !== undefined && isOwn(place) ? place.job : undefined;
}

/**
 * Notes that the job has ended, as the job itself or AWS Batch reports: the first report counts.
 * @param reason why it failed; undefined: it did not
 * @returns whether this was told first here
 */
export async function endJob(
  store: ObjectStore,
  { detector, name }: JobIdentity,
  { at, reason }: { readonly at: number; readonly reason: string | undefined },
): Promise<boolean> {
  let isFirst = false;
  await movePlace(store, detector, (place) => {
    const { job } = place;
    isFirst = job?.name === name && job.endedAt === undefined;
    if (!isFirst || job === undefined) return undefined;
    const ended = { ...place, job: { ...job, endedAt: at } };
    if (reason !== undefined)
      return {
        ...ended,
        failures: place.failures + 1,
        failure: { ...place.failure, at, reason: quoteForeign(reason, LONGEST_REASON) },
      };
    const { failure: _, ...rest } = ended;
    return { ...rest, failures: 0 };
  });
  return isFirst;
}

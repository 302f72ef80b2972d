/** What the bucket says of a training that takes several runs, as the run that holds it writes it. */
import { PreconditionFailedError, RetryLaterError } from '../../base/errors.ts';
import { trainingProgressKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { type TrainingProgress, writeProgress } from '../../store/training-progress.ts';

export type TrainingIdentity = Pick<
  TrainingProgress,
  'detector' | 'version' | 'inputs' | 'holes' | 'lineage'
>;

export interface TrainingRecord {
  /** As this run wrote it last. */
  readonly progress: TrainingProgress;
  /** @throws TakenOverError where another run wrote since */
  save(next: TrainingProgress): Promise<void>;
  /** From the next `save` on. */
  forgetCheckpoint(): void;
  /** The version stands, or will never. */
  close(): Promise<void>;
  /** The next run may go on at once. */
  release(): Promise<void>;
}

/** Another run goes on with this training: it is its by now. */
export class TakenOverError extends RetryLaterError {}

/**
 * @param found in the bucket: undefined, or of another version, where this one starts anew
 * @param etag of progress.json, whatever it holds; undefined where there is none
 */
export function openRecord(
  identity: TrainingIdentity,
  found: TrainingProgress | undefined,
  etag: string | undefined,
  store: ObjectStore,
): TrainingRecord {
  let latest = etag;
  let progress: TrainingProgress =
    found?.version === identity.version
      ? withoutClaim(found)
      : { ...identity, formatVersion: 1, phase: 'open', pauses: 0 };
  // A run that finds nothing and leaves nothing does not touch the bucket; what it finds of another version is over.
  let isKept = found !== undefined;

  return {
    get progress() {
      return progress;
    },
    save,
    forgetCheckpoint() {
      const { checkpoint: _, ...rest } = progress;
      progress = rest;
    },
    async close() {
      if (isKept) await saveUnlessTakenOver({ ...withoutClaim(progress), phase: 'closed' });
    },
    async release() {
      if (progress.claimedUntil !== undefined) await saveUnlessTakenOver(withoutClaim(progress));
    },
  };

  async function saveUnlessTakenOver(next: TrainingProgress): Promise<void> {
    try {
      await save(next);
    } catch (error) {
      if (!(error instanceof TakenOverError)) throw error;
    }
  }

  async function save(next: TrainingProgress): Promise<void> {
    try {
      ({ etag: latest } = await writeProgress(store, next, latest));
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
      throw new TakenOverError(
        'training-taken-over',
        `${trainingProgressKey(identity.detector)} was written by another run`,
        { cause: error },
      );
    }
    progress = next;
    isKept = true;
  }
}

export function withoutClaim(progress: TrainingProgress): TrainingProgress {
  const { claimedUntil: _, ...rest } = progress;
  return rest;
}

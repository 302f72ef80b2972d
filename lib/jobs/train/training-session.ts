/**
 * One run of a training that may take several. Only a model that asks for a checkpoint has one; the others write nothing.
 * The first run settles the data to learn from. The later runs load exactly that data, whatever arrived since, so that they
 * go on with the same matrix. A run holds a claim while it lasts, so that no two runs do the same work.
 */
import { ArtifactError, ModelError, RetryLaterError, TidewatchError } from '../../base/errors.ts';
import type { Checkpoint, FittedModel } from '../../models/framework/contract.ts';
import {
  isSameCheckpoint,
  readCheckpoint,
  readProgress,
  type TrainingProgress,
  writeCheckpoint,
} from '../../store/training-progress.ts';
import type { TrainContext } from '../shared/context.ts';
import { openRecord, TakenOverError, type TrainingIdentity, withoutClaim } from './training-record.ts';

/**
 * Most runs of one training: at 15 minutes each they take a day and a night. A training that takes longer has wrong
 * settings, and its model would be older than the data that it is to judge.
 */
export const MAX_PAUSES = 96;
/** Ms that a claim outlasts its run: the run's own clock and the bucket's need not agree to the second. */
const CLAIM_SLACK = 5_000;

export interface OpenTraining {
  /** Undefined where none is under way. */
  readonly progress: TrainingProgress | undefined;
  /** Of progress.json, whatever it holds; undefined where there is none. */
  readonly etag: string | undefined;
  /** When a run last wrote it, epoch ms. */
  readonly lastModified: number;
}

export interface TrainingSession {
  readonly checkpoint: Checkpoint;
  /** The newest checkpoint is of no use to the model: the next read gives none. */
  dropCheckpoint(why: ArtifactError): void;
  /**
   * The time is up; another run goes on from the checkpoint.
   * @throws ModelError where this run brought the checkpoint no further, or there were too many runs
   */
  pause(timeUp: RetryLaterError): Promise<void>;
  /** The version stands, or will never: nothing goes on from here. */
  close(): Promise<void>;
  /** Failed, perhaps not for good: the next run may go on at once. */
  release(): Promise<void>;
}

/** What is under way for a detector, read from the bucket. */
export async function findOpenTraining(detector: string, context: TrainContext): Promise<OpenTraining> {
  const found = await readProgress(context.store, detector);
  if (found === undefined) return { progress: undefined, etag: undefined, lastModified: -Infinity };
  const { etag } = found;
  if (found.progress === undefined) {
    context.telemetry.warn('the progress of a training cannot be read; it starts anew', {
      detector,
      error: found.problem.message,
    });
    return { progress: undefined, etag, lastModified: -Infinity };
  }
  const { progress, lastModified } = found;
  return { progress: progress.phase === 'open' ? progress : undefined, etag, lastModified };
}

export function isClaimed({ progress }: OpenTraining, now: number): boolean {
  return progress?.claimedUntil !== undefined && now < progress.claimedUntil;
}

/**
 * @param given.open what stands in the bucket: the session goes on with it where it is of the same version
 */
export function openSession(
  given: {
    readonly identity: TrainingIdentity;
    readonly open: OpenTraining;
  },
  context: TrainContext,
): TrainingSession {
  const { identity, open } = given;
  const { store, telemetry, now, deadline } = context;
  const record = openRecord(identity, open.progress, open.etag, store);
  const { close, release } = record;
  let checkpointAtStart = record.progress.checkpoint;

  return { checkpoint: { read, write }, dropCheckpoint, pause, close, release };

  async function read(): ReturnType<Checkpoint['read']> {
    const remaining = deadline.remaining();
    // Without a deadline it is somebody's terminal, where a claim would outlive an interrupted run.
    if (Number.isFinite(remaining))
      await record.save({
        ...record.progress,
        claimedUntil: Math.ceil(now() + Math.max(0, remaining) + CLAIM_SLACK),
      });
    try {
      return await readCheckpoint(store, record.progress);
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      dropCheckpoint(error);
      return undefined;
    }
  }

  async function write(state: Parameters<Checkpoint['write']>[0]): Promise<void> {
    const checkpoint = await writeCheckpoint(store, identity, state);
    await record.save({ ...record.progress, checkpoint });
  }

  function dropCheckpoint(why: ArtifactError): void {
    telemetry.warn('a checkpoint cannot be used; the training starts anew', {
      detector: identity.detector,
      version: identity.version,
      error: why.message,
    });
    record.forgetCheckpoint();
    // The same bytes, made anew, are progress.
    checkpointAtStart = undefined;
  }

  async function pause(timeUp: RetryLaterError): Promise<void> {
    const { detector, version } = identity;
    const { checkpoint } = record.progress;
    const pauses = record.progress.pauses + 1;
    if (checkpoint === undefined || isSameCheckpoint(checkpoint, checkpointAtStart)) {
      // With a checkpoint, another run may have more time; without one, newer data does as well.
      await (checkpoint === undefined ? close() : release());
      throw new ModelError(
        'no-progress',
        `${detector}: a run of the training of ${version} ended before it came any further than the one before: ${timeUp.message}. It needs more time, less data (training.lookback) or a smaller model`,
        { cause: timeUp },
      );
    }
    if (pauses > MAX_PAUSES) {
      await close();
      throw new ModelError(
        'too-many-runs',
        `${detector}: the training of ${version} is not done after ${pauses} runs; at most ${MAX_PAUSES + 1}: ${timeUp.message}`,
        { cause: timeUp },
      );
    }
    await record.save({ ...withoutClaim(record.progress), pauses });
  }
}

/**
 * Does the work of one run. Whatever its result is, the session writes it into the bucket.
 * @param work throws RetryLaterError where its time is up and a checkpoint was left
 * @returns `paused`: another run has to go on. `taken-over`: another run does already
 * @throws what the work throws, and what `pause` does
 */
export async function runInSession<T>(
  session: TrainingSession,
  work: (session: TrainingSession) => Promise<T>,
): Promise<{ readonly outcome: 'done'; readonly result: T } | { readonly outcome: 'paused' | 'taken-over' }> {
  try {
    return { outcome: 'done', result: await work(session) };
  } catch (error) {
    if (error instanceof TakenOverError) return { outcome: 'taken-over' };
    if (error instanceof RetryLaterError) return pauseUnlessTakenOver(session, error);
    // An error of ours comes again with the same inputs; one of the network need not.
    await (error instanceof TidewatchError ? session.close() : session.release());
    throw error;
  }
}

/** Fits with the session's checkpoint, and without it where the model cannot read it. */
export async function fitInSession(
  session: TrainingSession,
  fit: (checkpoint: Checkpoint) => Promise<FittedModel>,
): Promise<FittedModel> {
  let isUsed = false;
  const { checkpoint } = session;
  const watched: Checkpoint = {
    async read() {
      const state = await checkpoint.read();
      isUsed ||= state !== undefined;
      return state;
    },
    write: checkpoint.write,
  };
  try {
    return await fit(watched);
  } catch (error) {
    if (!(error instanceof ArtifactError) || !isUsed) throw error;
    session.dropCheckpoint(error);
    return await fit(checkpoint);
  }
}

async function pauseUnlessTakenOver(
  session: TrainingSession,
  timeUp: RetryLaterError,
): Promise<{ readonly outcome: 'paused' | 'taken-over' }> {
  try {
    await session.pause(timeUp);
    return { outcome: 'paused' };
  } catch (error) {
    if (error instanceof TakenOverError) return { outcome: 'taken-over' };
    throw error;
  }
}

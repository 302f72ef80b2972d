/** One fit of one member: found finished where an earlier run left it, otherwise done now and kept. */
import { FeatureError, ModelError, RetryLaterError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { FitRun, FittedModel, ModelState, RegisteredModel } from '../../framework/contract.ts';
import type { Progress } from './progress.ts';

export interface MemberFit {
  /** Of the member among the others, for its seed. */
  readonly index: number;
  /** With the place, for its part of a checkpoint: what a member of other params left is none of this one's. */
  readonly name: string;
  readonly registered: RegisteredModel;
  /** What `registered` made of the member's params. */
  readonly params: unknown;
  readonly run: FitRun;
  readonly startFrom?: ModelState | undefined;
  readonly progress: Progress;
}

/** `older`: a trial on the older rows. */
export type Part = 'older' | 'whole';

/** Odd: seeds of members next to each other have nothing in common. */
const SEED_STRIDE = 0x9e3779b9;

/**
 * @param given.run the checkpoint in it is the ensemble's own; the part gets a share of it
 * @throws ModelError, FeatureError where the data cannot carry this member
 * @throws RetryLaterError where the run's time is up
 */
export async function fitPart(
  { index, name, registered, params, run, startFrom, progress }: MemberFit,
  part: Part,
  x: FeatureMatrix,
): Promise<FittedModel> {
  const at = `${index} ${name} ${part}`;
  const finished = progress.read(at);
  if (finished !== undefined)
    return { ...(await registered.load(finished.state)), summary: finished.summary };
  if (run.deadline.remaining() <= 0)
    throw new RetryLaterError(
      'deadline',
      `the fit stopped before member ${index}: 0 ms of its time are left`,
    );
  const checkpoint = progress.checkpointOf(at);
  const { checkpoint: _, startFrom: __, ...others } = run;
  const fitted = await registered.fit(x, params, {
    ...others,
    seed: (run.seed + Math.imul(index, SEED_STRIDE)) >>> 0,
    ...(checkpoint !== undefined && { checkpoint }),
    ...(startFrom !== undefined && { startFrom }),
  });
  await progress.finish(at, { state: fitted.save(), summary: fitted.summary });
  return fitted;
}

/** Not enough or not the right data for this model; nothing that another run or another machine would change. */
export function isRefusal(error: unknown): error is ModelError | FeatureError {
  return error instanceof ModelError || error instanceof FeatureError;
}

/**
 * One member: fitted on all rows, and put on the common scale by scores of rows that it had not seen. A rehearsal on
 * the older rows scores the newest ones: a model's scores of its own training rows are lower than those of any others,
 * and the more so the closer it fits.
 */
import { FeatureError, ModelError, RetryLaterError } from '../../errors.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { fitScoreTail, LEAST_SCORES, type ScoreTail } from '../../statistics/score-tail.ts';
import type { FitRun, FittedModel, ModelState, RegisteredModel } from '../contract.ts';
import type { EnsembleParams, MemberParams } from './params.ts';
import type { Progress } from './progress.ts';

export interface FittedMember extends MemberParams {
  readonly model: FittedModel;
  readonly tail: ScoreTail;
  /** Per row of the training matrix, by a model that had not seen it where that could be had; NaN elsewhere. */
  readonly judged: Float64Array;
  readonly notes: readonly string[];
}

export interface MemberFit {
  /** Of the member among the others, for its seed and its part of a checkpoint. */
  readonly index: number;
  readonly member: MemberParams;
  readonly registered: RegisteredModel;
  /** What `registered` made of the member's params. */
  readonly params: unknown;
  readonly x: FeatureMatrix;
  readonly heldBack: EnsembleParams['heldBack'];
  readonly run: FitRun;
  readonly startFrom: ModelState | undefined;
  readonly progress: Progress;
}

/** Fewest held-back scores that a tail is made of; with fewer it is made of the training rows'. */
const LEAST_HELD_BACK = 10 * LEAST_SCORES;
/** Odd: seeds of members next to each other have nothing in common. */
const SEED_STRIDE = 0x9e3779b9;

/**
 * @throws ModelError, FeatureError where the data cannot carry this member
 * @throws RetryLaterError where the run's time is up
 */
export async function fitMember(given: MemberFit): Promise<FittedMember> {
  const { x, member, heldBack, run } = given;
  const notes: string[] = [];
  const isNormal = (row: number): boolean => run.labels?.[row] !== 1;
  const rehearsed = heldBack > 0 ? await rehearse(given, notes) : undefined;
  const model = await fitPart(given, 'whole', x, run);
  notes.push(...model.summary.notes);
  const judged = rehearsed ?? (await model.score(x));
  const bad = judged.find((score) => Math.abs(score) === Infinity);
  if (bad !== undefined) throw new ModelError('bad-score', `a training row has the score ${bad}`);
  return { ...member, model, tail: fitScoreTail(judged.filter((_, row) => isNormal(row))), judged, notes };
}

/** Scores of the newest rows by a model of the older ones; undefined where that yields too few. */
async function rehearse(given: MemberFit, notes: string[]): Promise<Float64Array | undefined> {
  const { x, run, heldBack } = given;
  const times = x.times.toSorted();
  const cut = times[Math.floor((1 - heldBack) * times.length)];
  const older = x.times.map((time) => Number(cut !== undefined && time < cut));
  const kept = Uint32Array.from(x.times.keys()).filter((row) => older[row] === 1);
  try {
    if (kept.length === 0 || x.times.length - kept.length < LEAST_HELD_BACK) return undefined;
    const labels = run.labels && Uint8Array.from(kept, (row) => run.labels![row]!);
    const { labels: _, ...others } = run;
    const model = await fitPart(given, 'older', pickRows(x, kept), { ...others, ...(labels && { labels }) });
    const scores = (await model.score(x)).map((score, row) => (older[row] === 1 ? Number.NaN : score));
    const usable = scores.filter((score, row) => Number.isFinite(score) && run.labels?.[row] !== 1);
    return usable.length >= LEAST_HELD_BACK ? scores : undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    notes.push(
      `its scale comes from its own training rows: fitted on the oldest ${kept.length} rows it said "${error.message}"`,
    );
    return undefined;
  }
}

/** Not enough or not the right data for this model; nothing that another run or another machine would change. */
export function isRefusal(error: unknown): error is ModelError | FeatureError {
  return error instanceof ModelError || error instanceof FeatureError;
}

async function fitPart(
  given: MemberFit,
  part: 'older' | 'whole',
  x: FeatureMatrix,
  run: FitRun,
): Promise<FittedModel> {
  const { index, registered, params, progress, startFrom } = given;
  const name = `${index} ${part}`;
  const finished = progress.read(name);
  if (finished !== undefined) return registered.load(finished);
  if (run.deadline.remaining() <= 0)
    throw new RetryLaterError(
      'deadline',
      `the fit stopped before member ${index}: 0 ms of its time are left`,
    );
  const checkpoint = progress.checkpointOf(name);
  const { checkpoint: _, startFrom: __, ...others } = run;
  const fitted = await registered.fit(x, params, {
    ...others,
    ...(run.onProgress !== undefined && { onProgress: shareProgress(run.onProgress, part, given.heldBack) }),
    seed: (run.seed + Math.imul(index, SEED_STRIDE)) >>> 0,
    ...(checkpoint !== undefined && { checkpoint }),
    ...(startFrom !== undefined && { startFrom }),
  });
  await progress.finish(name, fitted.save());
  return fitted;
}

/** A rehearsal is the first half of a member's work. */
function shareProgress(
  onProgress: (done: number) => void,
  part: 'older' | 'whole',
  heldBack: number,
): (done: number) => void {
  if (heldBack === 0) return onProgress;
  return (done) => onProgress((Number(part === 'whole') + done) / 2);
}

function pickRows(x: FeatureMatrix, rows: Uint32Array): FeatureMatrix {
  const width = x.names.length;
  const values = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries())
    values.set(x.values.subarray(row * width, (row + 1) * width), at * width);
  return {
    names: x.names,
    entities: x.entities,
    entityOf: Uint32Array.from(rows, (row) => x.entityOf[row]!),
    times: Float64Array.from(rows, (row) => x.times[row]!),
    values,
  };
}

/**
 * One member: fitted on all rows, and put on the common scale by scores of rows that it had not seen. A trial on
 * the older rows scores the newest ones: a model's scores of its own training rows are lower than those of any others,
 * and the more so the closer it fits.
 */
import { ModelError } from '../../../base/errors.ts';
import { extendLabels } from '../../../features/extend-labels.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { ScoreTail } from '../../../maths/score-tail.ts';
import type { FittedModel } from '../../framework/contract.ts';
import { fitPart, isRefusal, type MemberFit, type Part } from './fit-part.ts';
import type { MemberParams } from './params.ts';
import { findStep } from './smooth.ts';
import { fitNormalTail, LEAST_VALIDATION_ROWS, type ValidationSplit } from './split-validation.ts';

export interface FittedMember extends MemberParams {
  readonly model: FittedModel;
  readonly tail: ScoreTail;
  /** Per row of the training matrix, by a model that had not seen it where that could be had; NaN elsewhere. */
  readonly judged: Float64Array;
  readonly notes: readonly string[];
}

/**
 * @param held undefined: the scale is made of the training rows' scores
 * @throws ModelError, FeatureError where the data cannot carry this member
 * @throws RetryLaterError where the run's time is up
 */
export async function fitMember(
  x: FeatureMatrix,
  member: MemberParams,
  given: MemberFit,
  held: ValidationSplit | undefined,
): Promise<FittedMember> {
  const { labels } = given.run;
  const notes: string[] = [];
  const tried = held && (await tryOut(x, given, held, notes));
  const model = await fitPart(held === undefined ? given : shareProgress(given, 'whole'), 'whole', x);
  notes.push(...model.summary.notes);
  const judged = tried ?? (await model.score(x));
  const bad = judged.find((score) => Math.abs(score) === Infinity);
  if (bad !== undefined) throw new ModelError('bad-score', `a training row has the score ${bad}`);
  const tail = fitNormalTail(x, judged, { labels, contextRows: model.contextRows });
  return { ...member, model, tail, judged, notes };
}

/** Scores of the newest rows by a model of the older ones; undefined where that yields too few. */
async function tryOut(
  x: FeatureMatrix,
  given: MemberFit,
  { older, isOlder, labels }: ValidationSplit,
  notes: string[],
): Promise<Float64Array | undefined> {
  const { labels: all, ...others } = given.run;
  const part = { ...given, run: { ...others, ...(labels !== undefined && { labels }) } };
  try {
    const model = await fitPart(shareProgress(part, 'older'), 'older', older);
    const touched =
      all && extendLabels(x, { labels: all, contextRows: model.contextRows, step: findStep(x) });
    const scores = (await model.score(x)).map((score, row) => (isOlder[row] === 1 ? Number.NaN : score));
    const usable = scores.filter((score, row) => Number.isFinite(score) && touched?.[row] !== 1).length;
    if (usable >= LEAST_VALIDATION_ROWS) return scores;
    notes.push(
      `its scale comes from its own training rows: ${usable} of the newest rows have a score and are out of the reach of a label, it takes ${LEAST_VALIDATION_ROWS}`,
    );
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    notes.push(
      `its scale comes from its own training rows: fitted on the oldest ${older.times.length} rows it said "${error.message}"`,
    );
    return undefined;
  }
}

/** A trial is the first half of a member's work. */
function shareProgress(given: MemberFit, part: Part): MemberFit {
  const { onProgress, ...run } = given.run;
  if (onProgress === undefined) return given;
  return {
    ...given,
    run: { ...run, onProgress: (done) => onProgress((Number(part === 'whole') + done) / 2) },
  };
}

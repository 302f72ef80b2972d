/**
 * A backtest on the past: the candidates are fitted on the older part of a sample, score the newest part as it was,
 * which puts them on one scale, and score it again with planted faults, which shows what each would have found.
 */

import { extendLabels } from '../../../features/extend-labels.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { ScoreTail } from '../../../maths/score-tail.ts';
import { toCommonScale } from '../ensemble/combine.ts';
import { fitPart, isRefusal, type MemberFit } from '../ensemble/fit-part.ts';
import { findStep } from '../ensemble/smooth.ts';
import { fitNormalTail, LEAST_VALIDATION_ROWS, type ValidationSplit } from '../ensemble/split-validation.ts';
import { type Planted, plantFaults } from './plant-faults.ts';

/** Of one candidate. */
export interface Trial {
  readonly tail: ScoreTail;
  /** Surprises of the validation's rows with the planted faults in them; NaN where older, known to be odd, or unscored. */
  readonly surprises: Float64Array;
  /** Of the model that was tried. */
  readonly unscoredRows: number;
}

export interface Stage {
  readonly x: FeatureMatrix;
  readonly labels: Uint8Array | undefined;
  readonly held: ValidationSplit;
  readonly planted: Planted;
}

/** Nothing is drawn that another run would draw otherwise. */
const SEED = 0x71de;

export function setStage(x: FeatureMatrix, held: ValidationSplit, labels: Uint8Array | undefined): Stage {
  return { x, labels, held, planted: plantFaults(x, { isOlder: held.isOlder, seed: SEED }) };
}

/**
 * @returns a sentence's end where the candidate can't be fitted on the older rows, or scores too few of the newest
 * @throws RetryLaterError where the run's time is up
 */
export async function tryCandidate(
  { x, labels, held, planted }: Stage,
  given: MemberFit,
): Promise<Trial | string> {
  const { labels: _, ...others } = given.run;
  const run = { ...others, ...(held.labels !== undefined && { labels: held.labels }) };
  try {
    const model = await fitPart({ ...given, run }, 'older', held.older);
    const { contextRows, unscoredRows } = model;
    const odd = labels && extendLabels(x, { labels, contextRows, step: findStep(x) });
    const judged = (scores: Float64Array): Float64Array =>
      scores.map((score, row) => (held.isOlder[row] === 1 || odd?.[row] === 1 ? Number.NaN : score));
    const asItWas = judged(await model.score(x));
    const usable = asItWas.filter((score) => !Number.isNaN(score)).length;
    if (usable < LEAST_VALIDATION_ROWS)
      return `${usable} of the newest rows have a score and are out of the reach of a label, a scale takes ${LEAST_VALIDATION_ROWS}`;
    const tail = fitNormalTail(x, asItWas, { labels: undefined, contextRows });
    const surprises = toCommonScale(tail, judged(await model.score(planted.x)));
    return { tail, surprises, unscoredRows };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return `fitted on the oldest ${held.older.times.length} rows it said "${error.message}"`;
  }
}

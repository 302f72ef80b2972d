/** The training's older rows, which a trial is fitted on, and its newest ones, the validation, which it is judged by. */

import { extendLabels } from '../../../features/extend-labels.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { pickRows } from '../../../features/pick-rows.ts';
import { fitScoreTail, LEAST_SCORES, type ScoreTail } from '../../../maths/score-tail.ts';
import { findStep } from './smooth.ts';

/** Fewest scores of the validation that a tail is made of. */
export const LEAST_VALIDATION_ROWS: number = 10 * LEAST_SCORES;

export interface ValidationSplit {
  /** Per row of the whole, 1 = older. */
  readonly isOlder: Uint8Array;
  /** The older rows by themselves, and their labels. */
  readonly older: FeatureMatrix;
  readonly labels: Uint8Array | undefined;
}

/**
 * @param share of the rows that are the validation, by time over all entities
 * @returns undefined where one of both sides has too few rows to say anything
 */
export function splitValidation(
  x: FeatureMatrix,
  { share, labels }: { readonly share: number; readonly labels: Uint8Array | undefined },
): ValidationSplit | undefined {
  const times = x.times.toSorted();
  const cut = times[Math.floor((1 - share) * times.length)];
  const isOlder = Uint8Array.from(x.times, (time) => Number(cut !== undefined && time < cut));
  const rows = Uint32Array.from(x.times.keys()).filter((row) => isOlder[row] === 1);
  if (rows.length === 0 || x.times.length - rows.length < LEAST_VALIDATION_ROWS) return undefined;
  return {
    isOlder,
    older: pickRows(x, rows),
    labels: labels && Uint8Array.from(rows, (row) => labels[row]!),
  };
}

/**
 * Of the scores of rows that count as normal: not labelled, nor looking back on one that is.
 * @param given.contextRows that a score looks back on
 * @throws ModelError as `fitScoreTail` does
 */
export function fitNormalTail(
  x: FeatureMatrix,
  scores: Float64Array,
  given: { readonly labels: Uint8Array | undefined; readonly contextRows: number },
): ScoreTail {
  const { labels, contextRows } = given;
  const touched = labels && extendLabels(x, { labels, contextRows, step: findStep(x) });
  return fitScoreTail(scores.filter((_, row) => touched?.[row] !== 1));
}

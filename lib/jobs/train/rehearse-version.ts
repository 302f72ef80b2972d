/**
 * What a detector says of rows that it has not seen. Training scores are no measure of that: a model knows its own rows,
 * and the closer it fits the less it is surprised by them. So the history is cut into blocks of time, and each is judged
 * by a model that was fitted on the others.
 */
import { RetryLaterError } from '../../base/errors.ts';
import type { EvidenceFold } from '../../evidence/calibrate-evidence.ts';
import { findBriefEntities } from '../../features/brief-entities.ts';
import { extendLabels } from '../../features/extend-labels.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { pickRows } from '../../features/pick-rows.ts';
import { LEAST_SCORES } from '../../maths/score-tail.ts';
import { takeSample } from '../../models/compose/auto/take-sample.ts';
import { isRefusal } from '../../models/compose/ensemble/fit-part.ts';
import type { FitRun, RegisteredModel } from '../../models/framework/contract.ts';

/** Blocks: each model knows three quarters of the history. */
const BLOCKS = 4;
/** Rows that are rehearsed on: more change no level by a percent, and cost as many more fits. */
const MOST_ROWS = 200_000;

export interface RehearsalInput {
  readonly x: FeatureMatrix;
  readonly labels: Uint8Array | undefined;
  /** Rows of `x` as they would be if nothing was known of some entities, by their index in it. */
  readonly forget: (x: FeatureMatrix, isForgotten: (entity: number) => boolean) => RowsToRehearse;
  /** Per row of `x`, by the version's own model: stands in where a model is not fitted anew. */
  readonly scores: Float64Array;
  readonly model: RegisteredModel;
  readonly params: unknown;
  readonly run: Pick<FitRun, 'seed' | 'deadline'>;
  /** Ms. */
  readonly step: number;
  /** Rows that a score looks back on. */
  readonly contextRows: number;
  /** False: the version's own scores are taken, for a model that takes too long to fit several times. */
  readonly fitsAnew: boolean;
}

interface RowsToRehearse extends Pick<EvidenceFold, 'x' | 'leastChanges'> {
  /** What a model is asked about in place of `x`. */
  readonly calm: () => FeatureMatrix;
}

type Block = EvidenceFold & RowsToRehearse;

export interface Rehearsal {
  readonly folds: readonly EvidenceFold[];
  /** Why the model's scores are of rows that it had learned from; undefined where they are not. */
  readonly why: string | undefined;
}

export async function rehearse(given: RehearsalInput): Promise<Rehearsal> {
  const rough = cutBlocks(withScores(given), given);
  if (!given.fitsAnew)
    return { folds: rough, why: `${given.model.kind} takes too long to fit several times` };
  const folds: EvidenceFold[] = [];
  try {
    for (const fold of rough) {
      const scores = await scoreAnew(given, fold);
      if (scores === undefined) return { folds: rough, why: 'no part of it could carry a fit' };
      folds.push({ ...fold, scores });
    }
    return { folds, why: undefined };
  } catch (error) {
    // The version itself is fitted: better levels that are said to be rough than no version.
    if (error instanceof RetryLaterError) return { folds: rough, why: 'the time of this training was up' };
    throw error;
  }
}

/** Per row 1 where it is neither labelled nor scored by what a labelled row left behind. */
export function findNormalRows(
  x: FeatureMatrix,
  given: Pick<RehearsalInput, 'labels' | 'contextRows' | 'step'>,
): Uint8Array {
  const { labels, contextRows, step } = given;
  if (labels === undefined) return new Uint8Array(x.times.length).fill(1);
  return extendLabels(x, { labels, contextRows, step }).map((touched) => 1 - touched);
}

interface Sampled {
  readonly x: FeatureMatrix;
  readonly scores: Float64Array;
  readonly normal: Uint8Array;
}

/** All rows, or an even part of them. */
function withScores({ x, labels, scores, contextRows, step }: RehearsalInput): Sampled {
  const normal = findNormalRows(x, { labels, contextRows, step });
  if (x.times.length <= MOST_ROWS) return { x, scores, normal };
  const sample = takeSample(x, { labels: undefined, mostRows: MOST_ROWS });
  return {
    x: sample.x,
    scores: Float64Array.from(sample.rows, (row) => scores[row]!),
    normal: Uint8Array.from(sample.rows, (row) => normal[row]!),
  };
}

/** By time, over all entities. Who is hardly there but in the judged block is not known, as a new one will not be. */
function cutBlocks(
  { x, scores, normal }: Sampled,
  { forget }: Pick<RehearsalInput, 'forget'>,
): readonly Block[] {
  const times = x.times.toSorted();
  const bounds = Array.from({ length: BLOCKS + 1 }, (_, at) =>
    at === BLOCKS ? Infinity : times[Math.floor((at * times.length) / BLOCKS)]!,
  );
  return Array.from({ length: BLOCKS }, (_, at) => {
    const isJudged = (row: number): boolean =>
      x.times[row]! >= bounds[at]! && x.times[row]! < bounds[at + 1]!;
    const learned = normal.map((is, row) => (isJudged(row) ? 0 : is));
    const isBrief = findBriefEntities(x, (row) => learned[row] === 1);
    return {
      ...forget(x, (entity) => isBrief[entity] === 1),
      scores,
      learned,
      judged: normal.map((is, row) => (isJudged(row) ? is : 0)),
    };
  }).filter(({ learned, judged }) => learned.includes(1) && judged.includes(1));
}

/** @returns undefined where the rest cannot carry a fit, or is given too few scores */
async function scoreAnew(
  { model, params, run }: RehearsalInput,
  { x, learned, calm }: Block,
): Promise<Float64Array | undefined> {
  try {
    const rows = Uint32Array.from(learned.keys()).filter((row) => learned[row] === 1);
    const fitted = await model.fit(pickRows(x, rows), params, run);
    const scores = await fitted.score(calm());
    const usable = scores.filter((score, row) => learned[row] === 1 && !Number.isNaN(score)).length;
    return usable < LEAST_SCORES ? undefined : scores;
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/**
 * What a model says of rows that it has not seen. Training scores are no measure of that: a model knows its own rows,
 * and the closer it fits the less it is surprised by them. So the detector is fitted on the oldest part of its history
 * as it will be on all of it, judges what came next, and again with more of it: forward chaining.
 *
 * Scores of two fits compare by how surprising each is for its own training rows.
 */
import type { Detector } from '../config/detector.ts';
import type { ScoredRows } from '../decision/contract.ts';
import { FeatureError, ModelError } from '../errors.ts';
import { buildMatrix, deviations } from '../features/build-matrix.ts';
import { fitScaler } from '../features/scaler.ts';
import { shadowLabels } from '../features/shadow-labels.ts';
import type { PlannedRows } from '../features/source-columns.ts';
import type { FitRun, RegisteredModel } from '../models/contract.ts';
import { fitScoreTail, type ScoreTail, surprisesOf } from '../statistics/score-tail.ts';

export interface Rehearsal {
  /** Held-back rows of all folds, with surprises for scores; each entity of a fold is one of its own. */
  readonly rows: ScoredRows;
  /** Of those rows, where the data has labels: 1 also where a score looks back on a labelled row. */
  readonly labels: Uint8Array | undefined;
  readonly folds: number;
}

export interface RehearsalInput {
  readonly planned: PlannedRows;
  readonly model: RegisteredModel;
  readonly params: unknown;
  readonly scaler: Detector['scaler'];
  readonly run: FitRun;
}

/** Shares of the history, by time, after which a fold begins to judge; it ends where the next one begins. */
const CUTS: readonly number[] = [0.4, 0.6, 0.8];

/**
 * @param given.run its labels belong to the rows of `planned`
 * @returns undefined where no part of the history can carry a fit
 * @throws RetryLaterError where the run's time is up
 */
export async function rehearse(given: RehearsalInput): Promise<Rehearsal | undefined> {
  const { window, rows: chosen } = given.planned;
  const all = chosen ?? Uint32Array.from(window.times.keys());
  const times = Float64Array.from(all, (row) => window.times[row]!);
  const ordered = times.toSorted();
  const folds: Fold[] = [];
  for (const [i, cut] of CUTS.entries()) {
    const from = ordered[Math.floor(cut * ordered.length)];
    const to = ordered[Math.floor((CUTS[i + 1] ?? 1) * ordered.length)] ?? Number.POSITIVE_INFINITY;
    if (from === undefined) continue;
    const fold = await judgeFold(given, { all, times, from, to });
    if (fold !== undefined) folds.push(fold);
  }
  if (folds.length === 0) return undefined;
  const { labels } = given.run;
  return {
    rows: joinFolds(folds),
    labels: labels && Uint8Array.from(folds.flatMap(({ touched }) => [...touched])),
    folds: folds.length,
  };
}

/** A score by which the final model's rows are as surprising as `surprise` was in the rehearsal. */
export function fitTrainingTail(scores: Float64Array, labels: Uint8Array | undefined): ScoreTail {
  return fitScoreTail(labels === undefined ? scores : scores.filter((_, row) => labels[row] !== 1));
}

interface Fold {
  readonly rows: ScoredRows;
  /** Per row, 1 = labelled anomalous, or scored by what a labelled row left behind. Empty without labels. */
  readonly touched: Uint8Array;
}

interface Cut {
  /** Rows of the window that are trained on. */
  readonly all: Uint32Array;
  readonly times: Float64Array;
  /** Epoch ms: judged from there, up to there (exclusive). */
  readonly from: number;
  readonly to: number;
}

async function judgeFold(given: RehearsalInput, { all, times, from, to }: Cut): Promise<Fold | undefined> {
  const { planned, model, params, run } = given;
  const seen = Uint32Array.from(all.keys()).filter((i) => times[i]! < to);
  const older = seen.filter((i) => times[i]! < from);
  const { labels, onProgress: _, checkpoint: __, startFrom: ___, ...rest } = run;
  const pick = (positions: Uint32Array): Uint32Array => positions.map((i) => all[i]!);
  try {
    const known = { ...planned, rows: pick(older) };
    const scaler = fitScaler({ ...known, kind: given.scaler });
    const knownLabels = labels && Uint8Array.from(older, (i) => labels[i]!);
    const fitted = await model.fit(buildMatrix({ ...known, scaler }), params, {
      ...rest,
      ...(knownLabels !== undefined && { labels: knownLabels }),
    });
    const x = buildMatrix({ ...planned, rows: pick(seen), scaler });
    const scores = await fitted.score(x);
    const far = deviations(x, scaler).values;
    const isOlder = Uint8Array.from(seen, (i) => Number(times[i]! < from));
    const touched =
      labels &&
      shadowLabels(x, {
        labels: Uint8Array.from(seen, (i) => labels[i]!),
        contextRows: planned.plan.contextRows + fitted.contextRows,
        step: planned.window.step,
      });
    const tail = fitTrainingTail(
      scores.filter((_, row) => isOlder[row] === 1),
      touched?.filter((_, row) => isOlder[row] === 1),
    );
    const judged = Uint32Array.from(seen.keys()).filter((row) => isOlder[row] === 0);
    return {
      touched: touched === undefined ? new Uint8Array() : Uint8Array.from(judged, (row) => touched[row]!),
      rows: {
        entities: x.entities,
        entityOf: judged.map((row) => x.entityOf[row]!),
        times: Float64Array.from(judged, (row) => x.times[row]!),
        scores: surprisesOf(
          tail,
          Float64Array.from(judged, (row) => scores[row]!),
        ),
        deviations: Float64Array.from(judged, (row) => far[row]!),
      },
    };
  } catch (error) {
    // Too little to fit on: the next fold has more.
    if (error instanceof ModelError || error instanceof FeatureError) return undefined;
    throw error;
  }
}

function joinFolds(folds: readonly Fold[]): ScoredRows {
  const width = folds[0]!.rows.entities.length;
  const join = (pick: (rows: ScoredRows) => Iterable<number>): number[] =>
    folds.flatMap(({ rows }) => [...pick(rows)]);
  return {
    entities: folds.flatMap(({ rows }, fold) => rows.entities.map((entity) => `${fold}/${entity}`)),
    entityOf: Uint32Array.from(
      folds.flatMap(({ rows }, fold) => Array.from(rows.entityOf, (entity) => entity + fold * width)),
    ),
    times: Float64Array.from(join(({ times }) => times)),
    scores: Float64Array.from(join(({ scores }) => scores)),
    deviations: Float64Array.from(join((rows) => rows.deviations)),
  };
}

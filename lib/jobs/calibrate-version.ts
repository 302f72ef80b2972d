/** When the rows of a new version are anomalous, and what its scores mean. */
import type { Detector } from '../config/detector.ts';
import { formatFalseAlarms } from '../config/false-alarm-budget.ts';
import type { ModelKind } from '../config/model-kind.ts';
import { calibrateBudget, type ScoreCalibration } from '../decision/calibration.ts';
import type { DecisionPolicy, ScoredRows } from '../decision/contract.ts';
import { calibrateExtreme } from '../decision/extreme-deviation.ts';
import { calibrateThreshold } from '../decision/threshold.ts';
import { ModelError, RetryLaterError } from '../errors.ts';
import { shadowLabels } from '../features/shadow-labels.ts';
import { lowerBound } from '../statistics/quantile.ts';
import { fitScoreTail, LEAST_SCORES, surprisesOf } from '../statistics/score-tail.ts';
import { fitTrainingTail, type Rehearsal, type RehearsalInput, rehearse } from './rehearse.ts';

export interface CalibratedVersion {
  readonly policy: DecisionPolicy;
  /** Absent where fewer training rows than a tail needs have a score. */
  readonly calibration: ScoreCalibration | undefined;
  /** Of the training scores, in percent: how many lie below the threshold. */
  readonly percentile: number;
  /** Whole sentences, for people. */
  readonly notes: readonly string[];
}

/** A fit of these takes minutes to hours: a budget then stands on the scores of their own training rows. */
const UNREHEARSED: ReadonlySet<string> = new Set<ModelKind | 'arima'>([
  'attention',
  'bilstm',
  'lstm',
  'lstm-autoencoder',
  'prophet',
  'arima',
]);

/**
 * Rows labelled anomalous have no part in what is normal, nor have those whose scores look back on one.
 * @param given.rows of the training, scored by the model
 * @param given.contextRows rows that a score looks back on
 * @throws ModelError where too few rows have a score
 */
export async function calibrateVersion(given: {
  readonly detector: Detector;
  readonly rows: ScoredRows;
  readonly labels: Uint8Array | undefined;
  readonly contextRows: number;
  readonly step: number;
  readonly rehearsal: Omit<RehearsalInput, 'scaler'>;
}): Promise<CalibratedVersion> {
  const { detector, rows, labels, contextRows, step } = given;
  const { minDeviation, k, n, resolveAfter, falseAlarms, percentile } = detector.threshold;
  const rules = { minDeviation, k, n, resolveAfter };
  const touched = labels && shadowLabels(rows, { labels, contextRows, step });
  const normal = touched === undefined ? rows.scores : rows.scores.filter((_, row) => touched[row] !== 1);
  const extremeDeviation = calibrateExtreme({ rows, labels, policy: rules, step });
  if (falseAlarms === undefined) {
    const { threshold } = calibrateThreshold(normal, percentile);
    const isEnough = normal.filter((score) => !Number.isNaN(score)).length >= LEAST_SCORES;
    return {
      policy: { threshold, minDeviation, extremeDeviation, k, n, resolveAfter },
      calibration: isEnough ? { tail: fitScoreTail(normal), heldBack: false } : undefined,
      percentile,
      notes: [],
    };
  }
  const training = fitTrainingTail(rows.scores, touched);
  const { rehearsal, why } = await tryRehearsal({ ...given.rehearsal, scaler: detector.scaler });
  const { threshold, calibration } = calibrateBudget({
    training,
    heldBack: rehearsal?.rows ?? { ...rows, scores: surprisesOf(training, rows.scores) },
    isHeldBack: rehearsal !== undefined,
    labels: rehearsal === undefined ? touched : rehearsal.labels,
    rules,
    step,
    budget: falseAlarms,
  });
  return {
    policy: { threshold, minDeviation, extremeDeviation, k, n, resolveAfter },
    calibration,
    percentile: shareBelow(normal, threshold),
    notes: describeBudget(calibration, why),
  };
}

/** @returns why there is none, where there is none */
async function tryRehearsal(
  input: RehearsalInput,
): Promise<{ readonly rehearsal?: Rehearsal; readonly why?: string }> {
  const { kind } = input.model;
  if (UNREHEARSED.has(kind)) return { why: `${kind} takes too long to fit several times` };
  try {
    const rehearsal = await rehearse(input);
    return rehearsal ? { rehearsal } : { why: 'no older part of the history could carry a fit' };
  } catch (error) {
    // The version itself is fitted: better a threshold that is said to be rough than no version.
    if (error instanceof RetryLaterError) return { why: 'the time of this training was up' };
    throw error;
  }
}

function describeBudget({ budget }: ScoreCalibration, why: string | undefined): readonly string[] {
  if (budget === undefined) throw new ModelError('no-budget', 'a threshold from a budget without its budget');
  const days = (budget.exposure / 86_400_000).toPrecision(2);
  const notes: string[] = [];
  if (why !== undefined)
    notes.push(
      `The threshold for ${formatFalseAlarms(budget)} stands on scores of the training rows, as ${why}: on new rows expect more false alarms.`,
    );
  if (budget.peaks === 0)
    notes.push(
      `Too few incidents in ${days} days to tell how often they come: the threshold for ${formatFalseAlarms(budget)} stands on single rows, and is on the safe side.`,
    );
  else if (budget.beyond > 1)
    notes.push(
      `The threshold for ${formatFalseAlarms(budget)} is extrapolated from ${budget.peaks} smaller incidents in ${days} days: ${budget.beyond.toPrecision(2)} times rarer than those days could show.`,
    );
  if (budget.expected < 0.99 * budget.count)
    notes.push(
      `The data opens fewer incidents than ${formatFalseAlarms(budget)} at any threshold: about ${budget.expected.toPrecision(2)} are to be expected.`,
    );
  return notes;
}

function shareBelow(scores: Float64Array, threshold: number): number {
  const sorted = scores.filter((score) => !Number.isNaN(score)).sort();
  return (100 * lowerBound(sorted, threshold)) / sorted.length;
}

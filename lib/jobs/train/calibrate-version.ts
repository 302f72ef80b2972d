/** When the rows of a new version are anomalous, and what its scores mean. */
import type { Detector } from '../../config/detector.ts';
import { formatFalseAlarms, shareBudget } from '../../config/false-alarm-budget.ts';
import { KIND_FACTS } from '../../config/model-kind.ts';
import type { ScoreCalibration } from '../../decision/calibration.ts';
import type { DecisionPolicy, ScoredRows } from '../../decision/contract.ts';
import { calibrateExtreme } from '../../decision/extreme-deviation.ts';
import { calibrateThreshold } from '../../decision/threshold.ts';
import { calibrateEvidence } from '../../evidence/calibrate-evidence.ts';
import { type FittedEvidence, gatherEvidence, type RowEvidence } from '../../evidence/evidence.ts';
import { countSettleRows } from '../../evidence/statistics.ts';
import { holdWeek } from '../../expectation/seasonal-curve.ts';
import { extendLabels } from '../../features/extend-labels.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { forgetEntities } from '../../features/forget-entities.ts';
import type { FeaturePlan } from '../../features/plan.ts';
import type { FittedScaler } from '../../features/scaler.ts';
import { lowerBound } from '../../maths/quantile.ts';
import { fitScoreTail, LEAST_SCORES } from '../../maths/score-tail.ts';
import { calmMatrix } from '../shared/calm-matrix.ts';
import { findDirections, findLeastChanges, findLeastOffZero } from '../shared/least-changes.ts';
import { findNormalRows, type RehearsalInput, rehearse } from './rehearse-version.ts';

export interface CalibratedVersion {
  readonly policy: DecisionPolicy;
  /** Absent where fewer training rows than a tail needs have a score. */
  readonly calibration: ScoreCalibration | undefined;
  /** Undefined where the detector asks for the rule of a percentile. */
  readonly evidence: FittedEvidence | undefined;
  /** Of the training's rows, where the version gathers it. */
  readonly rowEvidence: RowEvidence | undefined;
  /** Of the training's rows: what the policy holds against its threshold. */
  readonly levels: Float64Array;
  /** Of the training rows, in percent: how many lie below the threshold. */
  readonly percentile: number;
  /** Whole sentences, for people. */
  readonly notes: readonly string[];
}

/** Evidence at which an anomaly opens, and below which a row of an open one is no longer part of it. */
const OPENS_AT = 1;
const HOLDS_ABOVE = 0.6;

interface Given {
  readonly detector: Detector;
  readonly plan: FeaturePlan;
  readonly scaler: FittedScaler;
  readonly x: FeatureMatrix;
  /** Of the training, scored by the model. */
  readonly rows: ScoredRows;
  readonly labels: Uint8Array | undefined;
  /** Rows that a score looks back on. */
  readonly contextRows: number;
  readonly step: number;
  readonly rehearsal: Pick<RehearsalInput, 'model' | 'params' | 'run'>;
}

/**
 * Rows labelled anomalous have no part in what is normal, nor have those whose scores look back on one.
 * @throws ModelError where too few rows have a score
 */
export function calibrateVersion(given: Given): Promise<CalibratedVersion> | CalibratedVersion {
  return given.detector.threshold.rule === 'evidence' ? byEvidence(given) : byPercentile(given);
}

async function byEvidence(given: Given): Promise<CalibratedVersion> {
  const { detector, plan, scaler, x, rows, labels, contextRows, step } = given;
  const { settleAfter, resolveAfter } = detector.threshold;
  const budget = shareBudget(detector.threshold.falseAlarms, detector.shard);
  const leastChanges = findLeastChanges({ detector, plan, scaler });
  const scaled = { scaler, leastOffZero: findLeastOffZero({ detector, plan }) };
  const { folds, why } = await rehearse({
    ...given.rehearsal,
    x,
    labels,
    forget: (some, isForgotten) => {
      const rest = forgetEntities(some, scaled, isForgotten);
      const of = { detector, plan, scaler: rest.scaler };
      return { x: rest.x, leastChanges: findLeastChanges(of), calm: () => calmMatrix(rest.x, of) };
    },
    scores: rows.scores,
    step,
    contextRows,
    fitsAnew: KIND_FACTS[given.rehearsal.model.kind].rehearses === 'anew',
  });
  const evidence = calibrateEvidence({
    whole: { x, scores: rows.scores, learned: findNormalRows(x, { labels, contextRows, step }) },
    folds,
    settings: {
      step,
      settleAfter,
      budget,
      leastChanges,
      directions: findDirections({ detector, plan }),
      lookback: contextRows,
    },
  });
  const rowEvidence = gatherEvidence({
    x,
    scores: rows.scores,
    lookback: contextRows,
    fitted: evidence,
    leastChanges,
  });
  const { metrics, joint } = rowEvidence;
  const levels = metrics.map((own, row) => Math.max(own, joint[row]!));
  return {
    evidence,
    rowEvidence,
    levels,
    policy: {
      by: 'evidence',
      threshold: OPENS_AT,
      holdAbove: HOLDS_ABOVE,
      settleRows: countSettleRows(evidence.plan),
      // Training that saw no weekend predicts a weekday for it, and what is off that all Saturday does not drift.
      ...(holdWeek(x.times, x.timeZone) && { driftRows: evidence.plan.recent.rows }),
      minDeviation: 0,
      k: 1,
      n: 1,
      resolveAfter,
    },
    calibration: { tail: evidence.tail, heldBack: false },
    percentile: shareBelow(levels, OPENS_AT),
    notes:
      why === undefined
        ? []
        : [
            `The levels for ${formatFalseAlarms(budget)} stand on the model's scores of its own training, as ${why}: on new rows expect more false alarms.`,
          ],
  };
}

function byPercentile({ detector, rows, labels, contextRows, step }: Given): CalibratedVersion {
  const { minDeviation, k, n, resolveAfter, percentile } = detector.threshold;
  const touched = labels && extendLabels(rows, { labels, contextRows, step });
  const normal = touched === undefined ? rows.scores : rows.scores.filter((_, row) => touched[row] !== 1);
  const extremeDeviation = calibrateExtreme({ rows, labels, policy: { k, n }, step });
  const { threshold } = calibrateThreshold(normal, percentile);
  const isEnough = normal.filter((score) => !Number.isNaN(score)).length >= LEAST_SCORES;
  return {
    evidence: undefined,
    rowEvidence: undefined,
    levels: rows.scores,
    policy: { threshold, minDeviation, extremeDeviation, k, n, resolveAfter },
    calibration: isEnough ? { tail: fitScoreTail(normal), heldBack: false } : undefined,
    percentile,
    notes: [],
  };
}

function shareBelow(values: Float64Array, threshold: number): number {
  const sorted = values.toSorted();
  return (100 * lowerBound(sorted, threshold)) / sorted.length;
}

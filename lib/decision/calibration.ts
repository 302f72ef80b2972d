/** What a score means: how often normal rows reach it, and the threshold that a false-alarm budget allows. */
import type { FalseAlarmBudget } from '../config/false-alarm-budget.ts';
import { fitScoreTail, type ScoreTail, scoreOf, surpriseOf, surprisesOf } from '../statistics/score-tail.ts';
import type { ScoredRows } from './contract.ts';
import { levelRows, type PeakRules } from './incident-peaks.ts';
import { type BudgetThreshold, findBudgetThreshold, measureExposure } from './incident-rate.ts';

/** Kept with the version. */
export interface ScoreCalibration {
  /** Of scores of the version's model: how surprising each is for normal rows. */
  readonly tail: ScoreTail;
  /**
   * Whether the tail is of rows that the model had not seen. Of its own training rows it makes new ones look more
   * surprising than they are.
   */
  readonly heldBack: boolean;
  /** Where the threshold comes from a budget. */
  readonly budget?: CalibratedBudget;
}

export interface CalibratedBudget extends FalseAlarmBudget {
  /** False incidents that the threshold is expected to open in `per`. */
  readonly expected: number;
  /** Incidents of held-back rows that it was estimated from; 0: none, and the tail of single rows stands in. */
  readonly peaks: number;
  /** Ms of held-back data. */
  readonly exposure: number;
  /** How many times rarer than what that data could show; above 1 the threshold is extrapolated. */
  readonly beyond: number;
}

/** How often normal rows score as high as a row did. */
export interface Rarity {
  /** Once in so many rows; whole, 1 or more. */
  readonly onceIn: number;
  /** Rarer than that: the data behind the calibration bears no larger number out. */
  readonly isBound: boolean;
  /** Whether those rows were new to the model, or ones that it had been fitted on. */
  readonly heldBack: boolean;
}

/** Times as rare as the rarest of the calibrated rows that is still claimed. */
const CLAIMED_BEYOND = 10;

/** @param score finite */
export function describeRarity({ tail, heldBack }: ScoreCalibration, score: number): Rarity {
  const limit = CLAIMED_BEYOND * tail.rows;
  const onceIn = 10 ** Math.min(surpriseOf(tail, score), Math.log10(limit));
  return { onceIn: Math.round(onceIn), isBound: onceIn >= limit * (1 - 1e-9), heldBack };
}

/**
 * @param given.training tail of the model's own training scores
 * @param given.heldBack rows that were judged in a rehearsal; their scores are surprises of the rehearsal's own training
 * @param given.labels of those rows: known anomalies have no part in what is normal
 */
export function calibrateBudget(given: {
  readonly training: ScoreTail;
  readonly heldBack: ScoredRows;
  /** False: they are the training rows themselves, for want of others. */
  readonly isHeldBack: boolean;
  readonly labels: Uint8Array | undefined;
  readonly rules: PeakRules;
  readonly step: number;
  readonly budget: FalseAlarmBudget;
}): { readonly threshold: number; readonly calibration: ScoreCalibration } {
  const { training, heldBack, isHeldBack, labels, rules, step, budget } = given;
  // As the final model would have scored them, by rank in the tail of its own training.
  const scores = heldBack.scores.map((surprise) =>
    Number.isNaN(surprise) ? surprise : scoreOf(training, surprise),
  );
  const tail = fitScoreTail(labels === undefined ? scores : scores.filter((_, row) => labels[row] !== 1));
  const levels = levelRows({
    rows: { ...heldBack, scores: surprisesOf(tail, scores) },
    labels,
    rules,
    step,
  });
  const found = findBudgetThreshold(levels, budget) ?? boundByRows(levels, budget);
  const { threshold, ...said } = found;
  return {
    threshold: scoreOf(tail, threshold),
    calibration: { tail, heldBack: isHeldBack, budget: { ...budget, ...said } },
  };
}

/**
 * Where next to no incidents were seen: no more rows in the budget's time above the threshold than incidents allowed.
 * An incident takes k of them, so it is on the safe side.
 */
function boundByRows(
  levels: Parameters<typeof measureExposure>[0] & { readonly levels: Float64Array },
  budget: FalseAlarmBudget,
): BudgetThreshold {
  const exposure = measureExposure(levels);
  const rows = (levels.levels.length * budget.per) / exposure;
  return {
    threshold: Math.max(0, Math.log10(rows / budget.count)),
    expected: budget.count,
    peaks: 0,
    exposure,
    beyond: budget.per / (budget.count * exposure),
  };
}

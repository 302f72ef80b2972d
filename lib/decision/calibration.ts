/** What a score means: how often normal rows reach it. */
import type { FalseAlarmBudget } from '../config/false-alarm-budget.ts';
import { type ScoreTail, surpriseOf } from '../maths/score-tail.ts';

/** Kept with the version. */
export interface ScoreCalibration {
  /** Of scores of the version's model: how surprising each is for normal rows. */
  readonly tail: ScoreTail;
  /**
   * Whether the tail is of rows that the model had not seen. Of its own training rows it makes new ones look more
   * surprising than they are.
   */
  readonly heldBack: boolean;
  /** Of versions whose threshold came from a budget of false alarms: they are read, and no longer made. */
  readonly budget?: CalibratedBudget;
}

export interface CalibratedBudget extends FalseAlarmBudget {
  /** False alarms that the threshold is expected to raise in `per`. */
  readonly expected: number;
  /** Anomalies of held-back rows that it was estimated from; 0: none, and the tail of single rows stands in. */
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

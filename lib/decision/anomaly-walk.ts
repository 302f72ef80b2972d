/** An anomaly while a window's rows are walked through: what it was before, what they make of it, and what people hear of that. */
import type { DecisionPolicy, OpenAnomaly, Transition } from './contract.ts';
import { isMaterialRise } from './material-rise.ts';
import { forgetLevels } from './settling.ts';

export interface RecentRow {
  readonly time: number;
  readonly score: number;
  /** Of this window; undefined where an earlier window held it. */
  readonly row: number | undefined;
}

/** Lives for one `decideWindow` call; mutable inside it. */
export interface AnomalyWalk {
  anomaly: OpenAnomaly;
  readonly openedHere: boolean;
  /** Of one that a stretch opened here, and not known with which row of it it began: epoch ms of the first of them. */
  readonly earliestStart: number | undefined;
  /** Of one that a slow drift opened here, while the row of that tells most: the column that drifted. */
  drifted: number | undefined;
  /** Row of this window that tells what the anomaly is about. */
  telling: RecentRow | undefined;
  /** Epoch ms, exclusive; undefined while it is open. */
  end: number | undefined;
  /** Whether what moved had stayed when it ended. */
  hasSettled: boolean;
  /** Whether it ended with its pod. */
  isGone: boolean;
}

/** Above every score: stands until a window under the new model says what the anomaly scores there. */
const UNTOLD = Number.MAX_VALUE;

export function goOn(anomaly: OpenAnomaly): AnomalyWalk {
  return {
    anomaly,
    openedHere: false,
    earliestStart: undefined,
    drifted: undefined,
    telling: undefined,
    end: undefined,
    hasSettled: false,
    isGone: false,
  };
}

/**
 * Under a new model an anomaly goes on, and its old scores mean nothing: what people were told counts as the first
 * score that this model gives it.
 */
export function rebase(
  open: OpenAnomaly,
  { modelVersion, policy }: { readonly modelVersion: string; readonly policy: DecisionPolicy },
): OpenAnomaly {
  if (open.modelVersion === modelVersion) return open;
  const { joint: _, levels, ...rest } = open;
  return { ...rest, ...forgetLevels(levels), modelVersion, peakScore: policy.threshold, toldScore: UNTOLD };
}

/** At most one of `opened` and `updated`, then `settled` or `resolved`. Each tells what is known at the end of the window. */
export function describeChanges(
  changed: AnomalyWalk,
  { entity, policy }: { readonly entity: string; readonly policy: DecisionPolicy },
): Transition[] {
  const transitions: Transition[] = [];
  const { earliestStart = Infinity } = changed;
  const tell = (state: Transition['state']): void => {
    const sequence = changed.anomaly.sequence + 1;
    changed.anomaly = { ...changed.anomaly, sequence, toldScore: changed.anomaly.peakScore };
    transitions.push({
      anomalyId: changed.anomaly.id,
      entity,
      state,
      sequence,
      start: changed.anomaly.start,
      ...keepFirstAnomalous(changed.anomaly),
      ...keepDriftOf(changed.anomaly),
      lastAnomalous: changed.anomaly.lastAnomalous,
      end: state === 'resolved' || state === 'settled' ? changed.end : undefined,
      ...(state === 'opened' && earliestStart < changed.anomaly.start && { earliestStart }),
      ...(state === 'opened' && changed.drifted !== undefined && { drifted: changed.drifted }),
      ...(state === 'resolved' && changed.isGone && { isGone: true }),
      tellingRow: changed.telling?.row,
      peakScore: changed.anomaly.peakScore,
    });
  };
  if (changed.openedHere) tell('opened');
  else if (changed.end === undefined && isMateriallyWorse(changed.anomaly, policy)) tell('updated');
  if (changed.end !== undefined) tell(changed.hasSettled ? 'settled' : 'resolved');
  else if (changed.anomaly.toldScore === UNTOLD && changed.telling !== undefined)
    changed.anomaly = { ...changed.anomaly, toldScore: changed.anomaly.peakScore };
  return transitions;
}

/** Absent where it is the start, so that tracks and states stay as they were. */
export function keepFirstAnomalous({
  start,
  firstAnomalous = start,
}: Pick<OpenAnomaly, 'start' | 'firstAnomalous'>): Pick<OpenAnomaly, 'firstAnomalous'> {
  return firstAnomalous === start ? {} : { firstAnomalous };
}

export function keepDriftOf({ driftOf }: Pick<OpenAnomaly, 'driftOf'>): Pick<OpenAnomaly, 'driftOf'> {
  return driftOf === undefined ? {} : { driftOf };
}

function isMateriallyWorse({ peakScore, toldScore }: OpenAnomaly, policy: DecisionPolicy): boolean {
  return isMaterialRise(toldScore, peakScore, policy);
}

/** Whether a row of this score says better what the anomaly is about than the one that does so far. */
export function tellsMore({ telling, anomaly }: AnomalyWalk, score: number, policy: DecisionPolicy): boolean {
  const { toldScore, driftOf } = anomaly;
  // What opened a slow drift is no evidence of its rows: another metric that is a little off is not what it is about.
  if (telling === undefined && driftOf !== undefined && toldScore !== UNTOLD)
    return isMaterialRise(toldScore, score, policy);
  if (telling === undefined || isMaterialRise(telling.score, score, policy)) return true;
  // Of an anomaly that goes on from an earlier window: the row that makes an update due.
  return isMaterialRise(toldScore, score, policy) && !isMaterialRise(toldScore, telling.score, policy);
}

/** The earlier one where they are equal. */
export function higher(a: RecentRow, b: RecentRow): RecentRow {
  return b.score > a.score ? b : a;
}

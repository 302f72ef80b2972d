/** What a change of an anomaly comes to, in words and numbers that people can act on: what alerts are made of. */
import type { Detector } from '../config/detector.ts';
import type { Transition } from '../decision/contract.ts';
import type {
  AlertRelated,
  AlertRestart,
  AlertRollout,
  AlertSettled,
  AlertSilence,
  AlertWorst,
  AnomalyFacts,
  DescribedAnomaly,
  Reason,
} from './alert.ts';
import { carryMetadata } from './carry-metadata.ts';
import { unitOfMetric } from './metric-unit.ts';
import type { Fate } from './say-silence.ts';
import { summarize } from './summarize.ts';

/** Reasons that are kept: past those, a share is a few percent, and a message has 256 KiB. */
const MOST_REASONS = 20;

/** What restarts again and again need not be told more often. */
const MOST_RESTARTS = 5;
/** Of several, the newest: they lie nearest to what went wrong. */
export const MOST_ROLLOUTS = 5;
/** A deviation has three decimals. */
const ROUND = 1000;

/**
 * @param given.reasons of the transition's peak row, largest share first; units and deviations are added
 * @param given.step ms that a row stands for
 * @param given.by what the transition's score and the threshold are of; left out: the model's scores
 * @param given.threshold from which a row is anomalous
 */
export function describeAnomaly(given: {
  readonly transition: Transition;
  readonly reasons: readonly Reason[];
  readonly detector: Detector;
  readonly step: number;
  readonly model: AnomalyFacts['model'];
  readonly by?: AnomalyFacts['by'];
  readonly silence?: AlertSilence;
  /** With `silence`; only the sentence has it. */
  readonly fate?: Fate | undefined;
  /** Oldest first. */
  readonly restarts?: readonly AlertRestart[];
  /** Oldest first. */
  readonly rollouts?: readonly AlertRollout[];
  readonly settled?: AlertSettled | undefined;
  readonly worst?: AlertWorst | undefined;
  readonly related?: readonly AlertRelated[] | undefined;
  readonly threshold: number;
  readonly rarity?: AnomalyFacts['rarity'];
  readonly objects: AnomalyFacts['objects'];
}): DescribedAnomaly {
  const { transition, detector, model, by, threshold, objects, step } = given;
  const reasons = given.reasons.map((reason) => withDeviation(withUnit(reason, detector)));
  const settled = given.settled && withUnit(given.settled, detector);
  const worst = given.worst && withUnit(given.worst, detector);
  return {
    formatVersion: 1,
    anomalyId: transition.anomalyId,
    changeId: `${transition.anomalyId}-${String(transition.sequence).padStart(4, '0')}`,
    state: transition.state,
    ...(transition.isGone === true && { isGone: true }),
    detector: detector.name,
    targetService: detector.targetService ?? null,
    entity: transition.entity,
    severity: detector.alertSeverity,
    ...carryMetadata(detector.metadata),
    summary: summarize({
      who: transition.entity || detector.targetService || detector.name,
      transition,
      reasons,
      step,
      by,
      threshold,
      silence: given.silence,
      fate: given.fate,
      restartedAt: given.restarts?.[0]?.at,
      settled,
      worst,
    }),
    reasons: reasons.slice(0, MOST_REASONS),
    reasonsLeftOut: Math.max(0, reasons.length - MOST_REASONS),
    ...(given.restarts !== undefined &&
      given.restarts.length > 0 && { restarts: given.restarts.slice(0, MOST_RESTARTS) }),
    ...(given.rollouts !== undefined &&
      given.rollouts.length > 0 && { rollouts: given.rollouts.slice(-MOST_ROLLOUTS) }),
    ...(worst !== undefined && { worst }),
    ...(given.related !== undefined && given.related.length > 0 && { related: given.related }),
    ...(settled !== undefined && { settled }),
    ...(by !== undefined && { by }),
    ...(given.silence !== undefined && { silence: given.silence }),
    score: transition.peakScore,
    threshold,
    // How rare a score is says nothing of evidence.
    ...(by === 'evidence'
      ? { falseAlarms: detector.threshold.falseAlarms }
      : given.rarity !== undefined && { rarity: given.rarity }),
    start: new Date(transition.start).toISOString(),
    lastAnomalous: new Date(transition.lastAnomalous).toISOString(),
    end: transition.end === undefined ? null : new Date(transition.end).toISOString(),
    model,
    objects,
  };
}

function withDeviation(reason: Reason): Reason {
  const { value, usual, usualLow, usualHigh } = reason;
  if (value === null) return { ...reason, deviation: null };
  const deviation = Math.round(((value - usual) / ((usualHigh - usualLow) / 2)) * ROUND) / ROUND;
  // What is -0 here is 0 in JSON.
  return { ...reason, deviation: Number.isFinite(deviation) ? deviation + 0 : null };
}

/** What was derived from a metric brings the unit that it has. */
function withUnit<T extends Pick<Reason, 'metric' | 'unit'> & { readonly derived?: string | undefined }>(
  reason: T,
  detector: Detector,
): T {
  if (reason.unit !== undefined || reason.derived !== undefined) return reason;
  const query = detector.metrics.find(({ name }) => name === reason.metric)?.query;
  const unit = unitOfMetric(reason.metric, query);
  return unit === undefined ? reason : { ...reason, unit };
}

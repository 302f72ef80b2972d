/** What of a row is held against the policy: its score and deviation, or its evidence. */
import type { RowEvidence } from '../evidence/evidence.ts';
import type { DecisionPolicy, EntityTrack, ScoredRows } from './contract.ts';
import { isAnomalous } from './is-anomalous.ts';

export interface JudgedRow {
  /** What is compared with the threshold; NaN where the row says nothing. */
  readonly level: number;
  /** Whether it opens an incident, or is one of the k that do. */
  readonly anomalous: boolean;
  /** Whether it is part of an incident that is open. */
  readonly holds: boolean;
  /** By evidence: whether it is off what training foretells, wherever it has been of late. */
  readonly isAway: boolean;
  /** By evidence: what single metrics, or several together, say; and what the model alone says. */
  readonly metrics: number;
  readonly joint: number;
  /** By evidence: series and side that say it, as `RowEvidence.series`; -1: several metrics together, -2: the model. */
  readonly cause: number;
  /** By evidence: the same in words that outlive a version, such as `cpu above`. */
  readonly reason: string;
  /** By evidence of metrics: rows that it looks back on, its own included; otherwise 1. */
  readonly stretch: number;
}

const BY_MODEL = -2;
const REASON = { ofModel: 'the model', ofSeveral: 'several metrics' } as const;
/** Of a usual level of the model's evidence, the share that a row has to reach to be part of it. */
const STILL_USUAL = 0.5;

/** @param usual evidence of the model that counts as usual since an incident of this entity settled */
export function judgeRow(
  { scores, deviations, evidence }: ScoredRows,
  row: number,
  given: { readonly policy: DecisionPolicy; readonly usual?: EntityTrack['usualJoint'] },
): JudgedRow {
  const { policy, usual } = given;
  if (policy.by !== 'evidence' || evidence === undefined) {
    const score = scores[row]!;
    const anomalous = isAnomalous(score, deviations[row]!, policy);
    return {
      level: score,
      anomalous,
      holds: anomalous,
      isAway: false,
      metrics: 0,
      joint: 0,
      cause: BY_MODEL,
      reason: REASON.ofModel,
      stretch: 1,
    };
  }
  const joint = evidence.joint[row]!;
  const level = Math.max(evidence.metrics[row]!, joint - (usual?.level ?? 0));
  const holdAbove = policy.holdAbove ?? policy.threshold;
  return {
    level,
    anomalous: level >= policy.threshold,
    holds: level >= holdAbove,
    isAway:
      evidence.anchored[row]! >= holdAbove || (usual !== undefined && joint >= STILL_USUAL * usual.level),
    metrics: evidence.metrics[row]!,
    joint,
    ...(level > evidence.metrics[row]!
      ? { cause: BY_MODEL, reason: REASON.ofModel, stretch: 1 }
      : {
          cause: evidence.series[row]!,
          reason: nameSeries(evidence, row),
          stretch: Math.max(1, evidence.stretch[row]!),
        }),
  };
}

function nameSeries({ series, names }: RowEvidence, row: number): string {
  const told = series[row]!;
  return told < 0 ? REASON.ofSeveral : `${names[told >> 1]} ${told % 2 === 0 ? 'above' : 'below'}`;
}

/** The usual level after one more row: given up once so many rows in a row stayed well below it. */
export function followUsual(
  usual: EntityTrack['usualJoint'],
  joint: number,
  giveUpAfter: number,
): EntityTrack['usualJoint'] {
  if (usual === undefined) return undefined;
  const below = joint < STILL_USUAL * usual.level ? usual.below + 1 : 0;
  return below >= giveUpAfter ? undefined : { ...usual, below };
}

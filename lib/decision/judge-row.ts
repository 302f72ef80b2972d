/** What of a row is held against the policy: its score and deviation, or its evidence. */
import { OFF_UNITS, type RowEvidence } from '../evidence/evidence.ts';
import type { DecisionPolicy, EntityTrack, ScoredRows } from './contract.ts';
import { isAnomalous } from './is-anomalous.ts';
import type { OffMetric } from './slow-drift.ts';

export interface JudgedRow {
  /** What is compared with the threshold; NaN where the row says nothing. */
  readonly level: number;
  /** Whether it opens an anomaly, or is one of the k that do. */
  readonly anomalous: boolean;
  /** Whether it is part of an anomaly that is open. */
  readonly holds: boolean;
  /** By evidence: whether any metric is off what training foretells, wherever it has been of late. */
  readonly isAway: boolean;
  /** By evidence: the metrics that are off what training foretells by as much as alerts. */
  readonly off: readonly OffMetric[];
  /** By evidence: how far one reason's metric is off what training foretells, to that side: 1 is what alerts. */
  readonly offOf: (reason: string) => number;
  /** By evidence: whether that metric, where it is off, stays where it has been of late. */
  readonly staysAt: (reason: string) => boolean;
  /** By evidence: whether the model says about as much as is usual since it settled. */
  readonly isUsualOfModel: boolean;
  /** By evidence: what single metrics, or several together, say; and what the model alone says. */
  readonly metrics: number;
  readonly joint: number;
  /** By evidence: series and side that say it, as `RowEvidence.series`; -1: several metrics together, -2: the model. */
  readonly cause: number;
  /** By evidence: the same in words that outlive a version, such as `cpu above`. */
  readonly reason: string;
  /** By evidence: of the metric that tells most, whatever the model says; undefined where none does by itself. */
  readonly metricReason: string | undefined;
  /** By evidence of metrics: rows that it looks back on, its own included; otherwise 1. */
  readonly stretch: number;
  /** By evidence: steps back to the row with which that began, as far as the row knows; otherwise 0. */
  readonly sinceOnset: number;
}

const BY_MODEL = -2;
const REASON = { ofModel: 'the model', ofSeveral: 'several metrics' } as const;
/** Of a usual level of the model's evidence, the share that a row has to reach to be part of it. */
const STILL_USUAL = 0.5;

/** @param usual evidence of the model that counts as usual since an anomaly of this entity settled */
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
      off: [],
      offOf: offNothing,
      staysAt: () => false,
      isUsualOfModel: false,
      metrics: 0,
      joint: 0,
      cause: BY_MODEL,
      reason: REASON.ofModel,
      metricReason: undefined,
      stretch: 1,
      sinceOnset: 0,
    };
  }
  const joint = evidence.joint[row]!;
  const level = Math.max(evidence.metrics[row]!, joint - (usual?.level ?? 0));
  const holdAbove = policy.holdAbove ?? policy.threshold;
  const metricReason = nameSeries(evidence, row);
  return {
    level,
    anomalous: level >= policy.threshold,
    holds: level >= holdAbove,
    isAway: evidence.anchored[row]! >= holdAbove,
    off: policy.driftRows === undefined ? [] : listOff(evidence, row, policy.threshold),
    offOf: (reason) => measureOff(evidence, row, reason),
    staysAt: (reason) => isAtLevel(evidence, row, reason),
    isUsualOfModel: usual !== undefined && joint >= STILL_USUAL * usual.level,
    metrics: evidence.metrics[row]!,
    joint,
    metricReason,
    ...(level > evidence.metrics[row]!
      ? { cause: BY_MODEL, reason: REASON.ofModel, stretch: 1, sinceOnset: evidence.jointSinceOnset[row]! }
      : {
          cause: evidence.series[row]!,
          reason: metricReason ?? REASON.ofSeveral,
          stretch: Math.max(1, evidence.stretch[row]!),
          sinceOnset: evidence.sinceOnset[row]!,
        }),
  };
}

const SIDES = { above: ' above', below: ' below' } as const;

function nameSeries({ series, names }: RowEvidence, row: number): string | undefined {
  const told = series[row]!;
  return told < 0 ? undefined : `${names[told >> 1]}${told % 2 === 0 ? SIDES.above : SIDES.below}`;
}

/** -1 where it is no metric of this version. */
function columnOf({ names }: RowEvidence, reason: string): number {
  return names.indexOf(reason.slice(0, -SIDES.below.length));
}

/** Whether a reason is of this column, to either side. */
export function isReasonOf(reason: string | undefined, name: string): boolean {
  return reason === name + SIDES.above || reason === name + SIDES.below;
}

/** 0 where it is not off to that side, or is no metric of this version. */
export function measureOff(evidence: RowEvidence, row: number, reason: string): number {
  const { names, off } = evidence;
  const column = columnOf(evidence, reason);
  if (column < 0) return 0;
  const value = off[row * names.length + column]! / OFF_UNITS;
  return Math.max(0, reason.endsWith(SIDES.below) ? -value : value);
}

function listOff(
  { names, off, anchored }: RowEvidence,
  row: number,
  threshold: number,
): readonly OffMetric[] {
  if (anchored[row]! < threshold) return [];
  const found: OffMetric[] = [];
  const from = row * names.length;
  for (const [column, name] of names.entries()) {
    const level = Math.abs(off[from + column]!) / OFF_UNITS;
    if (level < threshold) continue;
    const side = off[from + column]! > 0 ? 'above' : 'below';
    found.push({ reason: `${name}${SIDES[side]}`, cause: 2 * column + Number(side === 'below'), level });
  }
  return found;
}

function isAtLevel(evidence: RowEvidence, row: number, reason: string): boolean {
  const column = columnOf(evidence, reason);
  return column >= 0 && evidence.agree[row * evidence.names.length + column] === 1;
}

function offNothing(): number {
  return 0;
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

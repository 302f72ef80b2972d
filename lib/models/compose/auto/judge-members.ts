/** Whether a companion helps, by the planted faults of a trial. */

import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { averagePrecision } from '../../../maths/metrics/precision-recall.ts';
import { volumeUnderSurface } from '../../../maths/metrics/volume-under-surface.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';
import { combineSurprises } from '../ensemble/combine.ts';
import type { Candidate } from './choose-members.ts';
import type { Planted } from './plant-faults.ts';
import type { Trial } from './try-candidate.ts';

export interface Tried {
  readonly candidate: Candidate;
  readonly trial: Trial;
}

export interface Verdict {
  readonly kept: readonly Candidate[];
  /** Whole sentences. */
  readonly notes: readonly string[];
}

/** Faults below which a trial says nothing of who is better. */
const LEAST_FAULTS = 8;
/**
 * Share of what the leader finds alone that it has to find with a companion. Planted faults are not those of the field:
 * they tell a companion that is out of its depth, not which of two good ones is better.
 */
const LEAST_KEPT = 0.8;
/** Rows around a fault that count in part. */
const BUFFER = 50;

/**
 * @param tried the leader first
 * @param x that the trial scored
 */
export function judgeMembers(tried: readonly Tried[], planted: Planted, x: FeatureMatrix): Verdict {
  const [leader, ...companions] = tried;
  if (leader === undefined) return { kept: [], notes: [] };
  const rows = listJudgedRows(tried, x);
  const faults = countFaults(rows, planted, x);
  if (faults < LEAST_FAULTS)
    return {
      kept: tried.map(({ candidate }) => candidate),
      notes: [
        `${faults} faults fit into the newest part of the training, too few to check the members by: they are taken as the profile calls for them.`,
      ],
    };
  const quality = (members: readonly Tried[]): number => measureQuality(members, rows, { planted, x });
  const alone = quality([leader]);
  const checked = companions.map((companion) => ({ companion, with: quality([leader, companion]) }));
  const kept = checked.filter((each) => each.with >= LEAST_KEPT * alone).map(({ companion }) => companion);
  const of = `${faults} faults planted into the newest quarter of the training`;
  return {
    kept: [leader, ...kept].map(({ candidate }) => candidate),
    notes: [
      `Backtest, ${of}: ${leader.candidate.kind} alone finds them with a quality of ${alone.toFixed(2)} (mean of VUS-PR and average precision; 1 is perfect).`,
      ...checked.map(({ companion, with: both }) =>
        kept.includes(companion)
          ? `With ${companion.candidate.kind} beside it ${both.toFixed(2)}: kept.`
          : `With ${companion.candidate.kind} beside it only ${both.toFixed(2)}: left out.`,
      ),
    ],
  };
}

/** Rows that every candidate scores, so that figures compare; entity by entity, in order of time. */
function listJudgedRows(all: readonly Tried[], x: FeatureMatrix): Uint32Array {
  const rows = new Uint32Array(x.times.length);
  let count = 0;
  for (const group of groupRows(x))
    for (const row of group)
      if (all.every(({ trial }) => !Number.isNaN(trial.surprises[row]!))) rows[count++] = row;
  return rows.subarray(0, count);
}

/** Those of which a judged row is part. */
function countFaults(rows: Uint32Array, { labels }: Planted, { entityOf }: FeatureMatrix): number {
  return rows.filter(
    (row, i) =>
      labels[row] === 1 &&
      (i === 0 || labels[rows[i - 1]!] !== 1 || entityOf[rows[i - 1]!] !== entityOf[row]),
  ).length;
}

function measureQuality(
  members: readonly Tried[],
  rows: Uint32Array,
  { planted, x }: { readonly planted: Planted; readonly x: FeatureMatrix },
): number {
  const total = members.reduce((sum, { candidate }) => sum + candidate.weight, 0);
  const combined = combineSurprises(
    members.map(({ trial }) => trial.surprises),
    { combine: 'weighted', agree: 1, weights: members.map(({ candidate }) => candidate.weight / total) },
  );
  const ranked = {
    labels: Uint8Array.from(rows, (row) => planted.labels[row]!),
    scores: Float64Array.from(rows, (row) => combined[row]!),
    entityOf: Uint32Array.from(rows, (row) => x.entityOf[row]!),
  };
  return (volumeUnderSurface(ranked, BUFFER).pr + averagePrecision(ranked)) / 2;
}

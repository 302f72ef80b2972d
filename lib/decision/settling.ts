/**
 * Tells whether metrics stayed at a new level. An anomaly ends either because its metrics are back, or because they stayed
 * away for so long that this is usual by now. What training predicts tells the two apart. Only the metrics that told of the
 * anomaly are asked: another one may have been a little off all along. They have stayed if they are nearer to their level
 * during the anomaly than to what training predicts. And they settle once the rows of late agree with each other: what climbs on or goes to
 * and fro is at no level, and keeps the anomaly open, for a day at most. What does so for longer is how it is by now, and the next training
 * learns it: of an anomaly that is open it does not.
 */
import type { DecisionPolicy, LevelOff, OpenAnomaly } from './contract.ts';
import type { JudgedRow } from './judge-row.ts';

/**
 * A metric that is still off by this share of its distance during the anomaly has stayed. So has one that came half of the way
 * back: people should know of a level that is still as near to that of the fault as to the one before.
 */
const STAYED = 0.5;
/** Share of `settleRows` that it has to last before its level can be the new usual one; it may have begun a little before. */
const LEAST_STAY = 0.5;
/** Ms, and times as long as a level that stays takes, for which a metric that does not stay keeps an anomaly open at most. */
const LONGEST_MOVE = { time: 24 * 3_600_000, settles: 2 } as const;
/** Metrics and sides that are followed, those that told first: an outage moves everything there is. */
const MOST_FOLLOWED = 10;

/** After a row that is part of it. */
export function followLevels(
  levels: OpenAnomaly['levels'] = {},
  { metricReason, metrics, offOf }: JudgedRow,
  { by, threshold, holdAbove = threshold }: DecisionPolicy,
): Pick<OpenAnomaly, 'levels'> {
  if (by !== 'evidence') return {};
  const followed = new Map<string, LevelOff>(Object.entries(levels));
  if (metricReason !== undefined && metrics >= holdAbove && !followed.has(metricReason))
    if (followed.size < MOST_FOLLOWED) followed.set(metricReason, NOT_SEEN);
  if (followed.size === 0) return {};
  return {
    levels: Object.fromEntries(
      [...followed].map(([name, { rows, sum, ...rest }]) => [
        name,
        { ...rest, rows: rows + 1, sum: sum + offOf(name) },
      ]),
    ),
  };
}

const NOT_SEEN: LevelOff = { rows: 0, sum: 0 };

/** Under another version metrics are off by another measure: it has to be seen anew. */
export function forgetLevels(levels: OpenAnomaly['levels']): Pick<OpenAnomaly, 'levels'> {
  return levels === undefined
    ? {}
    : { levels: Object.fromEntries(Object.keys(levels).map((reason) => [reason, NOT_SEEN])) };
}

/** @param last the row that ends it */
export function hasSettled(
  anomaly: OpenAnomaly,
  last: JudgedRow,
  { policy, step }: { readonly policy: DecisionPolicy; readonly step: number },
): boolean {
  return hasLasted(anomaly, { policy, step }) && hasStayed(anomaly, last, policy);
}

/** Whether it lasted long enough for a new usual level. A short burst did not: the metric is back where it was. */
function hasLasted(
  { start, lastAnomalous }: OpenAnomaly,
  { policy, step }: { readonly policy: DecisionPolicy; readonly step: number },
): boolean {
  return (lastAnomalous - start) / step + 1 >= LEAST_STAY * (policy.settleRows ?? 0);
}

/** What the model still says after metrics are back is what it looks back on. */
function hasStayed(anomaly: OpenAnomaly, last: JudgedRow, policy: DecisionPolicy): boolean {
  if (anomaly.byMetrics !== true) return last.isUsualOfModel;
  // Several together told of it, none by itself; or it was opened before levels were kept.
  if (Object.keys(anomaly.levels ?? {}).length === 0) return last.isAway;
  return listStayed(anomaly, last, policy).length > 0;
}

/**
 * Whether it would settle but for a metric that does not stay where it has been of late: it climbs on, wanders, or goes to and fro. Such a
 * row is part of the anomaly, unless that has gone on for too long: there is no new level yet.
 */
export function isStillMoving(
  anomaly: OpenAnomaly,
  row: Pick<JudgedRow, 'offOf' | 'staysAt'>,
  { policy, step }: { readonly policy: DecisionPolicy; readonly step: number },
): boolean {
  if (anomaly.byMetrics !== true || !hasLasted(anomaly, { policy, step })) return false;
  const longest = Math.max(LONGEST_MOVE.time, LONGEST_MOVE.settles * (policy.settleRows ?? 0) * step);
  if (anomaly.lastAnomalous - anomaly.start >= longest) return false;
  return listStayed(anomaly, row, policy).some((reason) => !row.staysAt(reason));
}

/**
 * Whether it is a slow drift that people heard of less than `settleRows` ago, and the metric is still off. When they hear of it, it may have been at its
 * new level for hours. But pods of a workload drift one after another, and what comes while an incident is open belongs to it.
 */
export function isStillDrifting(
  { driftOf, start, firstAnomalous = start }: OpenAnomaly,
  { time, offOf }: Pick<JudgedRow, 'offOf'> & { readonly time: number },
  { policy, step }: { readonly policy: DecisionPolicy; readonly step: number },
): boolean {
  if (driftOf === undefined || time - firstAnomalous >= (policy.settleRows ?? 0) * step) return false;
  return offOf(driftOf) >= (policy.holdAbove ?? policy.threshold);
}

/** Of the metrics that are followed, those that have not come back. */
function listStayed(
  { levels = {} }: OpenAnomaly,
  { offOf }: Pick<JudgedRow, 'offOf'>,
  { threshold, holdAbove = threshold }: DecisionPolicy,
): readonly string[] {
  return Object.entries(levels).flatMap(([reason, { rows, sum }]) => {
    const off = offOf(reason);
    return off >= holdAbove && (rows === 0 || off >= (STAYED * sum) / rows) ? [reason] : [];
  });
}

/**
 * What moves slowly is never off where it has been of late: that level moves along, and no stretch says anything. So a metric that has
 * been off what training predicts, to one side, for as long as its level of late looks back, without anybody having been told, is
 * news. Rows of a mean count as a few spreads at most, so that how much farther it went is no matter: it is told once, and again only after it has
 * not been off for a week. What goes on to climb is told by its incident, while that is open.
 *
 * What people know of is not told again: what was off while an anomaly lay open, or before anybody watched. And of an entity
 * that they were told of within a day, they look after it already.
 */
import type { Drift } from './contract.ts';

/** A metric that is off what training predicts. */
export interface OffMetric {
  /** As `JudgedRow.reason`. */
  readonly reason: string;
  /** Series and side, as `RowEvidence.series`. */
  readonly cause: number;
  /** 1 is what alerts. */
  readonly level: number;
}

const DAY = 24 * 3_600_000;
/** Ms for which people remember what they were told of a metric that is no longer off. */
const KNOWN_FOR = 7 * DAY;
/** Ms since people were told of anything of the entity. */
const RESTING = DAY;
/** Ms, and steps, from one row of a drift to the next. */
const TOGETHER = { ms: 30 * 60_000, steps: 2 } as const;
/** Of an entity, those that are known to people first: an outage moves everything there is. */
const MOST_KEPT = 32;

/**
 * After a row.
 * @param row.off the metrics that are off there
 * @param given.isKnown whether people know of what is off at this row
 * @param given.step ms
 */
export function followDrifts(
  drifts: readonly Drift[],
  { time, off }: { readonly time: number; readonly off: readonly OffMetric[] },
  { isKnown, step }: { readonly isKnown: boolean; readonly step: number },
): readonly Drift[] {
  if (drifts.length === 0 && off.length === 0) return drifts;
  const together = Math.max(TOGETHER.ms, TOGETHER.steps * step);
  const begun = new Set(off.map(({ reason }) => reason));
  const followed = drifts.flatMap((drift): readonly Drift[] => {
    const rested = time - drift.until;
    if (rested > (drift.isKnown ? KNOWN_FOR : together)) return [];
    if (!begun.delete(drift.reason)) return [drift];
    const since = rested <= together ? drift.since : time;
    return [{ reason: drift.reason, since, until: time, isKnown: isKnown || drift.isKnown }];
  });
  for (const reason of begun) followed.push({ reason, since: time, until: time, isKnown });
  if (followed.length <= MOST_KEPT) return followed;
  return followed
    .toSorted((a, b) => Number(b.isKnown) - Number(a.isKnown) || a.since - b.since)
    .slice(0, MOST_KEPT);
}

/**
 * @param drifts the row's own included
 * @param given.after ms for which it has to be off
 * @param given.toldAt epoch ms of the newest opening of the entity; undefined: none that is remembered
 * @returns the one that is news, the farthest of several
 */
export function findDrift(
  drifts: readonly Drift[],
  { time, off }: { readonly time: number; readonly off: readonly OffMetric[] },
  {
    after,
    toldAt = Number.NEGATIVE_INFINITY,
  }: { readonly after: number; readonly toldAt: number | undefined },
): (OffMetric & Pick<Drift, 'since'>) | undefined {
  if (off.length === 0 || time - toldAt < RESTING) return undefined;
  const news = off.flatMap((metric) => {
    const drift = drifts.find(({ reason }) => reason === metric.reason);
    if (drift === undefined || drift.isKnown || time - drift.since < after) return [];
    return [{ ...metric, since: drift.since }];
  });
  return news.toSorted((a, b) => b.level - a.level)[0];
}

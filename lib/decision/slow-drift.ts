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
  const known = isKnown ? time : undefined;
  const begun = new Set(off.map(({ reason }) => reason));
  const followed = drifts.flatMap((drift): readonly Drift[] => {
    const rested = time - drift.until;
    if (rested > (isKnownOf(drift) ? KNOWN_FOR : together)) return [];
    if (!begun.delete(drift.reason)) return [drift];
    const since = rested <= together ? drift.since : time;
    return [{ reason: drift.reason, since, until: time, ...noteKnown(drift.knownSince ?? known) }];
  });
  for (const reason of begun) followed.push({ reason, since: time, until: time, ...noteKnown(known) });
  if (followed.length <= MOST_KEPT) return followed;
  return followed
    .toSorted((a, b) => Number(isKnownOf(b)) - Number(isKnownOf(a)) || a.since - b.since)
    .slice(0, MOST_KEPT);
}

function isKnownOf({ knownSince }: Drift): boolean {
  return knownSince !== undefined;
}

function noteKnown(knownSince: number | undefined): Pick<Drift, 'knownSince'> {
  return knownSince === undefined ? {} : { knownSince };
}

/**
 * After an anomaly was taken back: what people know because of it alone, they do not.
 * @param given.driftOf the reason of the drift that opened it
 * @param given.start epoch ms of its first row
 * @param given.lastAnomalous epoch ms of its newest
 */
export function forgetDrifts(
  drifts: readonly Drift[],
  {
    driftOf,
    start,
    lastAnomalous,
  }: { readonly driftOf?: string | undefined; readonly start: number; readonly lastAnomalous: number },
): readonly Drift[] {
  const isWithin = (time: number): boolean => time >= start && time <= lastAnomalous;
  return drifts.flatMap(({ knownSince, ...drift }) => {
    if (drift.reason === driftOf || isWithin(drift.since)) return [];
    // It began before, and people heard of it by nothing else.
    return [{ ...drift, ...noteKnown(isWithin(knownSince ?? Infinity) ? undefined : knownSince) }];
  });
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
    if (drift === undefined || isKnownOf(drift) || time - drift.since < after) return [];
    return [{ ...metric, since: drift.since }];
  });
  return news.toSorted((a, b) => b.level - a.level)[0];
}

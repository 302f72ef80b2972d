/**
 * What moves slowly is never off where it has been of late: that level moves along, and no stretch says anything. So a metric that has
 * been off what training predicts, to one side, for as long as its level of late looks back, without anybody having been told, is
 * news. Once they were told, it is news again where it is twice as far.
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
/** Times as far as people were told of. */
const WORSE = 2;
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
  row: { readonly time: number; readonly off: readonly OffMetric[] },
  given: { readonly isKnown: boolean; readonly step: number; readonly modelVersion: string },
): readonly Drift[] {
  if (drifts.length === 0 && row.off.length === 0) return drifts;
  const { time, off } = row;
  const { isKnown, step, modelVersion } = given;
  const together = Math.max(TOGETHER.ms, TOGETHER.steps * step);
  const levels = new Map(off.map(({ reason, level }) => [reason, level]));
  const followed = drifts.flatMap((drift): readonly Drift[] => {
    const level = levels.get(drift.reason);
    const rested = time - drift.until;
    if (rested > (drift.told > 0 ? KNOWN_FOR : together)) return [];
    if (level === undefined) return [drift];
    levels.delete(drift.reason);
    // Levels of two versions do not compare: how far it is by this one is what people know of.
    const told = drift.told > 0 && drift.modelVersion !== modelVersion ? level : drift.told;
    return [
      {
        reason: drift.reason,
        since: rested <= together ? drift.since : time,
        until: time,
        told: isKnown ? Math.max(told, level) : told,
        modelVersion,
      },
    ];
  });
  for (const [reason, level] of levels)
    followed.push({ reason, since: time, until: time, told: isKnown ? level : 0, modelVersion });
  if (followed.length <= MOST_KEPT) return followed;
  return followed.toSorted((a, b) => b.told - a.told || a.since - b.since).slice(0, MOST_KEPT);
}

/**
 * @param drifts the row's own included
 * @param given.after ms for which it has to be off
 * @param given.toldAt epoch ms of the newest opening of the entity; undefined: none that is remembered
 * @returns the one that is news, the farthest of several
 */
export function findDrift(
  drifts: readonly Drift[],
  row: { readonly time: number; readonly off: readonly OffMetric[] },
  given: { readonly after: number; readonly toldAt: number | undefined },
): (OffMetric & Pick<Drift, 'since'>) | undefined {
  const { time, off } = row;
  const { after, toldAt = Number.NEGATIVE_INFINITY } = given;
  if (off.length === 0 || time - toldAt < RESTING) return undefined;
  const news = off.flatMap((metric) => {
    const drift = drifts.find(({ reason }) => reason === metric.reason);
    if (drift === undefined || time - drift.since < after) return [];
    return metric.level >= WORSE * drift.told ? [{ ...metric, since: drift.since }] : [];
  });
  return news.toSorted((a, b) => b.level - a.level)[0];
}

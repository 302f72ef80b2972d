/**
 * What comes at the same hour of the day is usual after some days: a nightly job that began after the training, a season that
 * has grown. It is told of on the first days, and then once it goes farther, or on longer, than it did. Without this a
 * metric that daily comes to just above its threshold is told of until a training learns it.
 */

/** A stretch in which an entity was off for one reason, whether people were told of it or not. */
export interface Spell {
  /** As `JudgedRow.reason`: it outlives the version that saw it. */
  readonly reason: string;
  /** Epoch ms of the first row and the newest. */
  readonly from: number;
  readonly until: number;
  /** The largest evidence. */
  readonly level: number;
}

const DAY = 24 * 3_600_000;
/** Days that are looked back on. */
const DAYS_BACK = 7;
/** Of these, days at whose same hour it has to have been off. */
const LEAST_DAYS = 2;
/** Ms by which hours may differ: jobs do not begin at the minute, clocks are put back by an hour. */
const SLACK = 3_600_000;
/** Times what it was on another day, from which on it is something else. */
const WORSE = 2;
/** Ms, and steps, within which rows are of one spell. */
const TOGETHER = { ms: 30 * 60_000, steps: 2 } as const;
/** Of an entity; the oldest are forgotten first. */
const MOST_KEPT = 64;

/** @param row time in epoch ms */
export function isUsualAtThisHour(
  spells: readonly Spell[],
  { time, reason, level }: { readonly time: number; readonly reason: string; readonly level: number },
): boolean {
  const alike = spells.filter((spell) => spell.reason === reason && level < WORSE * spell.level);
  let days = 0;
  for (let back = 1; back <= DAYS_BACK && days < LEAST_DAYS; back++) {
    const then = time - back * DAY;
    if (alike.some(({ from, until }) => from - SLACK <= then && then <= until + SLACK)) days++;
  }
  return days >= LEAST_DAYS;
}

/**
 * After a row that is off.
 * @param row time in epoch ms
 * @param step ms
 */
export function noteSpell(
  spells: readonly Spell[],
  { time, reason, level }: { readonly time: number; readonly reason: string; readonly level: number },
  step: number,
): readonly Spell[] {
  const together = Math.max(TOGETHER.ms, TOGETHER.steps * step);
  const at = spells.findLastIndex((spell) => spell.reason === reason);
  const last = spells[at];
  if (last !== undefined && time - last.until <= together)
    return spells.with(at, { ...last, until: time, level: Math.max(last.level, level) });
  const kept = spells.filter(({ until }) => until >= time - DAYS_BACK * DAY - SLACK);
  return [...kept, { reason, from: time, until: time, level }].slice(-MOST_KEPT);
}

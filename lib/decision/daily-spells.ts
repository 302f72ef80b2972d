/**
 * What comes at the same hour of the day is usual after some days: a nightly job that began after the training, a season that
 * has grown. People are told on the first days, and later only if it goes farther, or lasts longer, than before. Without this,
 * a metric that crosses its threshold a little each day would be told of until a training learns it.
 *
 * A fault must not become usual so. A day on which an entity was off most of the time says nothing of one hour. And what grows
 * from day to day is compared with what people were told, not with how far it came while they were told nothing.
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

/** Ms of the day around an hour in which it may be off. Where it is off for longer, that hour is no different from others. */
const MOST_OFF = DAY / 2;

interface OffRow {
  /** Epoch ms. */
  readonly time: number;
  readonly reason: string;
  readonly level: number;
}

/** @param step ms */
export function isUsualAtThisHour(spells: readonly Spell[], row: OffRow, step: number): boolean {
  return row.level < WORSE * usualLevel(spells, row, step);
}

/**
 * After a row that is off.
 * @param step ms
 * @param isTold whether people have been told of it, or hear of it by other rules: otherwise it is held against what was usual before
 */
export function noteSpell(
  spells: readonly Spell[],
  row: OffRow,
  { step, isTold }: { readonly step: number; readonly isTold: boolean },
): readonly Spell[] {
  const { time, reason } = row;
  const usual = isTold ? 0 : usualLevel(spells, row, step);
  const level = row.level < WORSE * usual ? Math.min(row.level, usual) : row.level;
  const together = Math.max(TOGETHER.ms, TOGETHER.steps * step);
  const at = spells.findLastIndex((spell) => spell.reason === reason);
  const last = spells[at];
  if (last !== undefined && time - last.until <= together)
    return spells.with(at, { ...last, until: time, level: Math.max(last.level, level) });
  const kept = spells.filter(({ until }) => until >= time - DAYS_BACK * DAY - SLACK);
  return [...kept, { reason, from: time, until: time, level }].slice(-MOST_KEPT);
}

/** What it came to at this hour of so many days, at least; 0: of fewer. */
function usualLevel(spells: readonly Spell[], { time, reason }: OffRow, step: number): number {
  const same = spells.filter((spell) => spell.reason === reason);
  const levels: number[] = [];
  for (let back = 1; back <= DAYS_BACK; back++) {
    const then = time - back * DAY;
    const near = same.filter(({ from, until }) => from - SLACK <= then && then <= until + SLACK);
    if (near.length > 0 && !isOffMostly(same, then, step))
      levels.push(Math.max(...near.map(({ level }) => level)));
  }
  return levels.sort((a, b) => b - a)[LEAST_DAYS - 1] ?? 0;
}

/** Of the day around a time. */
function isOffMostly(same: readonly Spell[], time: number, step: number): boolean {
  const end = time + DAY / 2;
  let covered = 0;
  let reached = time - DAY / 2;
  for (const { from, until } of same) {
    const begin = Math.max(reached, from - SLACK);
    reached = Math.min(end, Math.max(reached, until + step + SLACK));
    covered += Math.max(0, reached - begin);
  }
  return covered > MOST_OFF;
}

/**
 * Decides whether an opening is news. A departure that comes again and again is told a few times a day, and then only if it
 * is worse or stays: a metric that has begun to burst every half an hour is one piece of news, not fifty. If it is back a
 * few minutes after its end, it was not over. The hours after a fault are full of small faults, caused by it or by people
 * who repair it: of those, too, only what is worse or stays is told. A mean over hours in which a level has settled belongs
 * to what was told then. What comes at the same hour each day is usual after some days (`daily-spells.ts`).
 */
import type { HeldBack, Telling } from './contract.ts';
import { isUsualAtThisHour, type Spell } from './daily-spells.ts';

/** Openings for the same reason within so long, after which the next one is no news… */
const MOST = 3;
const WITHIN = 24 * 3_600_000;
/** …nor is one within so many ms of the end of the last, unless it is `WORSE` times what they were at most. */
const RESTING = 15 * 60_000;
/** For any reason: within so long of other openings it takes the threshold, `WORSE` times for each of so many of them. */
const CLOSE_BY = 6 * 3_600_000;
const MOST_COUNTED = 2;
export const WORSE = 2;
/** Rows that were no news are, once they have gone on for so many ms together, and rows. */
const LASTING = { ms: 15 * 60_000, rows: 3 } as const;
/** Steps from one row that is off to the next that still are together. */
const TOGETHER = 3;

/** What an opening tells of. Epoch ms of the first row that is part of the news, and of the row with which that began. */
export interface NewsSpan {
  readonly since: number;
  readonly start: number;
}

/** Of an entity. */
export interface Memory {
  /** Oldest first. */
  readonly told: readonly Telling[];
  readonly heldBack: HeldBack | undefined;
  readonly spells: readonly Spell[];
}

/**
 * @param next a row that is at the threshold at least
 * @param given.from epoch ms of the first row that it is made of
 * @param given.start epoch ms of the row with which it began: of those, or itself
 * @param given.reason of the row, as `JudgedRow` has it
 * @param given.step ms
 * @returns undefined where it is no news
 */
export function findNews(
  { told, heldBack, spells }: Memory,
  next: Telling,
  given: {
    readonly from: number;
    readonly start: number;
    readonly step: number;
    readonly threshold: number;
    readonly reason: string;
  },
): NewsSpan | undefined {
  const { from, start, step, threshold, reason } = given;
  if (told.some(({ settledAt }) => settledAt !== undefined && from <= settledAt)) return undefined;
  if (isUsualAtThisHour(spells, { ...next, reason }, step)) return undefined;
  const span = beginOf(heldBack, { since: next.time, start }, step);
  if (next.time - span.since >= Math.max(LASTING.ms, (LASTING.rows - 1) * step)) return span;
  // What has settled is over for good: the next departure is from another level.
  const over = told.filter(({ time, until }) => time > next.time - WITHIN && until !== undefined);
  const closeBy = over.filter(({ time }) => time > next.time - CLOSE_BY);
  if (next.level < threshold * WORSE ** Math.min(closeBy.length, MOST_COUNTED)) return undefined;
  const same = over.filter((telling) => isSame(telling, next));
  const last = same.at(-1);
  if (last === undefined) return span;
  if (next.level >= WORSE * Math.max(...same.map(({ level }) => level))) return span;
  // Several metrics together, and the model, are another fault each time for all that is known.
  if (next.cause >= 0 && same.length >= MOST) return undefined;
  return next.time - last.until! > RESTING ? span : undefined;
}

/** After a row that opens an anomaly. */
export function remember({ told, spells }: Memory, next: Telling): Memory {
  return {
    told: [...told.filter(({ time }) => time > next.time - WITHIN), next],
    heldBack: undefined,
    spells,
  };
}

/**
 * After a row that would open one, but is no news.
 * @param given.start epoch ms of the row with which it began
 * @param given.step ms
 */
export function rememberHeldBack(
  memory: Memory,
  { time }: Telling,
  given: { readonly start: number; readonly step: number },
): Memory {
  const { since, start } = beginOf(memory.heldBack, { since: time, start: given.start }, given.step);
  return { ...memory, heldBack: { since, ...(start < since && { start }), until: time } };
}

/** After the newest one has resolved. @param until epoch ms of its last row */
export function rememberEnd(
  memory: Memory,
  { until, peak }: { readonly until: number; readonly peak: number },
): Memory {
  const { told } = memory;
  return {
    ...memory,
    told: told.map((telling, i) =>
      i === told.length - 1 ? { ...telling, until, level: Math.max(telling.level, peak) } : telling,
    ),
  };
}

/** After the newest one has settled. @param settledAt epoch ms of its last row */
export function rememberSettled(memory: Memory, settledAt: number): Memory {
  const { told } = memory;
  return {
    ...memory,
    told: told.map((telling, i) => (i === told.length - 1 ? { ...telling, settledAt } : telling)),
  };
}

/** Of the rows that go on with the one at `own.since`, that one included. */
function beginOf(heldBack: HeldBack | undefined, own: NewsSpan, step: number): NewsSpan {
  if (heldBack === undefined || own.since - heldBack.until > TOGETHER * step) return own;
  const { since, start = since } = heldBack;
  return { since, start };
}

function isSame(one: Telling, other: Telling): boolean {
  return one.cause === other.cause && one.modelVersion === other.modelVersion;
}

/**
 * What comes again and again is told a few times a day, and then only once it is worse or stays: a metric that has begun to
 * burst every half an hour is one piece of news, and not fifty. What is back a few minutes after it was over has not been
 * over.
 */
import type { Telling } from './contract.ts';

/** Openings for the same reason within so long, after which the next one is no news… */
const MOST = 2;
const WITHIN = 24 * 3_600_000;
/** …nor is one within so many ms of the end of the last… */
const RESTING = 6 * 3_600_000;
/** …unless it is so many times what they were at most… */
export const WORSE = 2;
/** …or has been off for so many ms together, and rows. */
const LASTING = { ms: 15 * 60_000, rows: 3 } as const;
/** Steps from one row that is off to the next that still are together. */
const TOGETHER = 3;

/**
 * @param told of the entity, oldest first
 * @param step ms
 * @returns epoch ms of the first row that is part of the news; undefined where it is none
 */
export function findNews(told: readonly Telling[], next: Telling, step: number): number | undefined {
  const same = told.filter(
    // What has settled is over for good: the next departure is from another level.
    (telling) => isSame(telling, next) && telling.time > next.time - WITHIN && telling.until !== undefined,
  );
  const last = same.at(-1);
  if (last === undefined) return next.time;
  const since = returnedAt(last, next, step);
  if (next.level >= WORSE * Math.max(...same.map(({ level }) => level))) return since;
  if (next.time - since >= Math.max(LASTING.ms, (LASTING.rows - 1) * step)) return since;
  // Several metrics together, and the model, are another fault each time for all that is known.
  if (next.cause >= 0 && same.length >= MOST) return undefined;
  return next.time - last.until! > RESTING ? since : undefined;
}

/** After a row that opens an incident. */
export function remember(told: readonly Telling[], next: Telling): readonly Telling[] {
  return [...told.filter(({ time }) => time > next.time - WITHIN), next];
}

/** After a row that would open one, but is no news. */
export function rememberReturn(told: readonly Telling[], next: Telling, step: number): readonly Telling[] {
  const at = told.findLastIndex((telling) => isSame(telling, next) && telling.until !== undefined);
  return told.map((telling, i) =>
    i === at ? { ...telling, until: next.time, since: returnedAt(telling, next, step) } : telling,
  );
}

/** After the newest one has resolved. @param until epoch ms of its last row */
export function rememberEnd(
  told: readonly Telling[],
  { until, peak }: { readonly until: number; readonly peak: number },
): readonly Telling[] {
  return told.map((telling, i) =>
    i === told.length - 1 ? { ...telling, until, level: Math.max(telling.level, peak) } : telling,
  );
}

function returnedAt({ until, since }: Telling, { time }: Telling, step: number): number {
  return since !== undefined && time - until! <= TOGETHER * step ? since : time;
}

function isSame(one: Telling, other: Telling): boolean {
  return one.cause === other.cause && one.modelVersion === other.modelVersion;
}

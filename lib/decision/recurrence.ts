/**
 * What comes again and again is told a few times a day, and then only once it is worse: a metric that has begun to burst
 * every half an hour is one piece of news, and not fifty. What is back a few minutes after it was over has not been over.
 */
import type { Telling } from './contract.ts';

/** Openings for the same reason within so long, after which the next one is no news… */
const MOST = 2;
const WITHIN = 24 * 3_600_000;
/** …unless it is so many times what they were at most. */
const WORSE = 2;
/** Ms after its end within which the same reason is the same news… */
const RESTING = 6 * 3_600_000;
/** …unless it has been off for so many rows again. */
const LASTING = 15;

/** @param told of the entity, oldest first */
export function isNews(told: readonly Telling[], next: Telling): boolean {
  const same = told.filter((telling) => isSame(telling, next) && telling.time > next.time - WITHIN);
  const last = same.at(-1);
  if (last === undefined || next.level >= WORSE * Math.max(...same.map(({ level }) => level))) return true;
  if (same.length >= MOST) return false;
  // What has settled is over for good: the next departure is from another level.
  if (last.until === undefined) return true;
  return next.time - last.until > RESTING || (last.again ?? 0) + 1 >= LASTING;
}

/** After a row that opens an incident. */
export function remember(told: readonly Telling[], next: Telling): readonly Telling[] {
  return [...told.filter(({ time }) => time > next.time - WITHIN), next];
}

/** After a row that would open one, but is no news. */
export function rememberReturn(told: readonly Telling[], next: Telling): readonly Telling[] {
  const at = told.findLastIndex((telling) => isSame(telling, next));
  return told.map((telling, i) =>
    i === at ? { ...telling, until: next.time, again: (telling.again ?? 0) + 1 } : telling,
  );
}

/** After the newest one has resolved. @param until epoch ms of its last row */
export function rememberEnd(told: readonly Telling[], until: number): readonly Telling[] {
  return told.map((telling, i) => (i === told.length - 1 ? { ...telling, until } : telling));
}

function isSame(one: Telling, other: Telling): boolean {
  return one.cause === other.cause && one.modelVersion === other.modelVersion;
}

/**
 * What comes again and again is told a few times a day, and then only once it is worse: a metric that has begun to burst
 * every half an hour is one piece of news, and not fifty.
 */
import type { Telling } from './contract.ts';

/** Openings for the same reason within so long, after which the next one is no news… */
const MOST = 3;
const WITHIN = 24 * 3_600_000;
/** …unless it is so many times what they were at most. */
const WORSE = 2;

/** @param told of the entity, oldest first */
export function isNews(told: readonly Telling[], next: Telling): boolean {
  const same = told.filter(
    ({ time, cause, modelVersion }) =>
      cause === next.cause && modelVersion === next.modelVersion && time > next.time - WITHIN,
  );
  return same.length < MOST || next.level >= WORSE * Math.max(...same.map(({ level }) => level));
}

export function remember(told: readonly Telling[], next: Telling): readonly Telling[] {
  return [...told.filter(({ time }) => time > next.time - WITHIN), next];
}

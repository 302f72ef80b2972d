/** The keys of links, kept for minutes: a rotation is taken up by every process, without asking for each request. */
import type { LinkKeys } from '../../answers/signed-link.ts';

export interface LinkKeyCache {
  /** Those in use, at most five minutes old. @throws what the reading throws; for ten seconds nobody reads again then */
  get(): Promise<LinkKeys>;
  /** Read again, unless that was within the last ten seconds: whoever guesses does not make one read without an end. */
  renew(): Promise<LinkKeys>;
}

/** Ms. After a rotation, the time for which links of a key that is in use no more still hold. */
const LONGEST_KEPT = 5 * 60_000;
const LEAST_KEPT = 10_000;

/** @param given.now epoch ms */
export function createLinkKeyCache(given: {
  readonly read: () => Promise<LinkKeys>;
  readonly now: () => number;
}): LinkKeyCache {
  let known: { readonly keys: Promise<LinkKeys>; readonly at: number; isFailed: boolean } | undefined;

  function within(age: number): Promise<LinkKeys> {
    const now = given.now();
    if (known !== undefined && now - known.at < (known.isFailed ? LEAST_KEPT : age)) return known.keys;
    const mine = { keys: given.read(), at: now, isFailed: false };
    known = mine;
    mine.keys.catch(() => {
      mine.isFailed = true;
    });
    return mine.keys;
  }

  return { get: () => within(LONGEST_KEPT), renew: () => within(LEAST_KEPT) };
}

/** Keeps the keys of links for minutes: every process notices a rotation, without reading the secret for each request. */
import type { AlertLinks } from '../../alert/alert.ts';
import {
  createPageLink,
  isSigned,
  LINK_LIFETIME,
  type LinkKeys,
  type Right,
} from '../../answers/signed-link.ts';

export interface LinkKeyCache {
  /** Those in use, at most five minutes old. @throws what the reading throws; for ten seconds nobody reads again then */
  get(): Promise<LinkKeys>;
  /**
   * Reads the keys again, but not twice within ten seconds: otherwise whoever guesses links would cause a read for each guess.
   * Where they cannot be read, gives those that are known and not too old.
   */
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
  let good: { readonly keys: LinkKeys; readonly at: number } | undefined;
  let tried: { readonly keys: Promise<LinkKeys>; readonly at: number } | undefined;

  async function read(at: number): Promise<LinkKeys> {
    try {
      const keys = await given.read();
      good = { keys, at };
      return keys;
    } catch (error) {
      // A guess may have caused this read. Where it fails, the known keys still hold.
      if (good !== undefined && at - good.at < LONGEST_KEPT) return good.keys;
      throw error;
    }
  }

  function renew(): Promise<LinkKeys> {
    const now = given.now();
    if (tried === undefined || now - tried.at >= LEAST_KEPT) tried = { keys: read(now), at: now };
    return tried.keys;
  }

  return {
    renew,
    get: async () => (good !== undefined && given.now() - good.at < LONGEST_KEPT ? good.keys : await renew()),
  };
}

/** One that another process signed may be of a key that this one has not read yet. */
export async function isSignedByAny(right: Right, signature: string, keys: LinkKeyCache): Promise<boolean> {
  return isSigned(right, signature, await keys.get()) || isSigned(right, signature, await keys.renew());
}

/**
 * Signed links to the pages of incidents. What it gives throws what the reading of the key throws.
 * @param given.base address of the function that serves pages
 * @param given.now epoch ms
 */
export function createPageLinker(given: {
  readonly base: string;
  readonly keys: LinkKeyCache;
  readonly now: () => number;
}): (incidentId: string) => Promise<AlertLinks> {
  const { base, keys, now } = given;
  return async (incidentId) => {
    const { current } = await keys.get();
    const expires = Math.floor((now() + LINK_LIFETIME) / 1000);
    return {
      page: createPageLink({ base, incidentId, expires }, current),
      expires: new Date(expires * 1000).toISOString(),
    };
  };
}

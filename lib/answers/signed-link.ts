/**
 * Addresses that carry their own right: whoever has one may see the page of one incident, and answer it, until it ends. They
 * are signed by a key that only the deployment has, so that nobody makes one up, or another one of one.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** `page`: to see it. The others are of a form on it: to give that answer. */
export type Purpose = 'page' | 'verdict' | 'silence';

export interface Right {
  readonly purpose: Purpose;
  readonly incidentId: string;
  /** Epoch seconds, exclusive. */
  readonly expires: number;
  /**
   * Of a form the ETag of the answer that stood there when it was made, '' where there was none: it writes over that one and
   * no other, so that a form that is sent again, or late, undoes nothing that was said since. Of a page ''.
   */
  readonly seen: string;
}

/** What signs and is held against signatures. */
export interface LinkKeys {
  readonly current: string;
  /** Before the last rotation: what it signed still holds. */
  readonly previous?: string | undefined;
}

/**
 * Ms for which a link holds. People come back to an incident after a holiday, and to its mail when the next training went by
 * their answers or not; the default lookback of trainings is two weeks. It is no password for good either.
 */
export const LINK_LIFETIME: number = 30 * 24 * 3_600_000;

/** Characters of a signature: 256 bits as base64url. */
export const SIGNATURE: RegExp = /^[A-Za-z0-9_-]{43}$/;
/** Told in audits, in place of the signature. */
const NAME_LENGTH = 12;

export function sign({ purpose, incidentId, expires, seen }: Right, key: string): string {
  // As JSON, so that no two rights make the same text.
  const text = JSON.stringify(['tidewatch-link-1', purpose, incidentId, expires, seen]);
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** Whether one of the keys signed it; not whether its time is over. Takes as long for a wrong one as for a right one. */
export function isSigned(right: Right, signature: string, { current, previous }: LinkKeys): boolean {
  const given = createHash('sha256').update(signature).digest();
  const matches = [current, previous ?? current].map((key) =>
    timingSafeEqual(createHash('sha256').update(sign(right, key)).digest(), given),
  );
  return matches.includes(true);
}

/**
 * @param given.base of the function that serves pages
 * @param given.expires epoch seconds
 */
export function createPageLink(
  given: { readonly base: string; readonly incidentId: string; readonly expires: number },
  key: string,
): string {
  const { base, incidentId, expires } = given;
  const signature = sign({ purpose: 'page', incidentId, expires, seen: '' }, key);
  return `${base.replace(/\/+$/, '')}/i/${incidentId}?e=${expires}&s=${signature}`;
}

/** Tells one link from another where the signature itself must not stand. */
export function nameLink(signature: string): string {
  return createHash('sha256').update(signature).digest('hex').slice(0, NAME_LENGTH);
}

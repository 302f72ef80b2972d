/** Signed links to the pages of incidents, where the deployment serves them. */
import type { AlertLinks } from '../../alert/alert.ts';
import { createPageLink, LINK_LIFETIME } from '../../answers/signed-link.ts';
import type { LinkKeyCache } from '../shared/link-keys.ts';

/**
 * What it gives throws what the reading of the key throws.
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

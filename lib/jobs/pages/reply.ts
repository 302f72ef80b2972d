/** Replies, with the headers that each of them has. */
import { ANSWERS_ID } from '../../report/incident/served-page.ts';
import { renderDocument } from '../../report/page/document.ts';
import { html } from '../../report/page/html.ts';
import { STYLE } from '../../report/page/style.ts';
import type { OpenLink, PageResponse } from './contract.ts';

const HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // The address is the right: no other server is to hear of it.
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'private, no-store',
  'x-robots-tag': 'noindex, nofollow',
  'strict-transport-security': 'max-age=31536000',
};

export function reply(status: number, body: string): PageResponse {
  return { status, headers: HEADERS, body };
}

/**
 * The reply to every request without a valid link. It is always the same, byte for byte, so nobody learns from it which
 * incidents, paths or methods there are, or that a link was once valid.
 */
export const NOT_HERE: PageResponse = reply(
  404,
  renderDocument({
    title: 'Nothing here',
    styles: [STYLE],
    body: [
      html`<header><h1>Nothing here</h1><p class="lead">The link is not whole, its time is over, or the key that signed it was changed. The next message about the incident has a new one, and <code>tidewatch incidents show</code> tells of it in any case.</p></header>`,
    ],
  }),
);

/** Back to the page by a GET, so that reloading it sends nothing again. Relative: where the function is, only its caller knows. */
export function redirectToPage({ incidentId, expires, signature }: OpenLink): PageResponse {
  return {
    status: 303,
    headers: { ...HEADERS, location: `../i/${incidentId}?e=${expires}&s=${signature}#${ANSWERS_ID}` },
    body: '',
  };
}

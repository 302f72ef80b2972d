/** The page of an incident with forms on it, each made for the answer that stands there now. */
import { type Purpose, sign } from '../../answers/signed-link.ts';
import { NotFoundError, ObjectTooLargeError } from '../../base/errors.ts';
import { type Refused, renderForms, type SignedForm } from '../../report/incident/answer-forms.ts';
import { INCIDENT_STYLE } from '../../report/incident/incident-style.ts';
import { ANSWERS_ID, isPageOpen, placeForms } from '../../report/incident/served-page.ts';
import { renderDocument } from '../../report/page/document.ts';
import { html } from '../../report/page/html.ts';
import { STYLE } from '../../report/page/style.ts';
import { incidentKey, incidentPageKey } from '../../store/keys.ts';
import type { OpenLink, PageResponse, PagesContext } from './contract.ts';
import { readSaidSilence, readSaidVerdict } from './read-said.ts';
import { NOT_HERE, reply } from './reply.ts';

/** Bytes: with forms it has to fit into the 6 MB that a function answers with, as JSON. */
const LARGEST_PAGE = 4_000_000;
const LARGEST_INCIDENT = 50_000_000;

/** @param refused what was sent and not written */
export async function showPage(
  link: OpenLink,
  context: PagesContext,
  refused?: Refused & { readonly status: 400 | 409 | 413 },
): Promise<PageResponse> {
  const { store, keys, now } = context;
  const { incidentId } = link;
  const [page, verdict, silence, { current }] = await Promise.all([
    readPage(store, incidentId),
    readSaidVerdict(store, incidentId),
    readSaidSilence(store, incidentId),
    keys.get(),
  ]);
  if (page === undefined) return NOT_HERE;
  const formOf = (letter: 'v' | 's', purpose: Purpose, seen = ''): SignedForm => ({
    action: `../${letter}/${incidentId}?e=${link.expires}&s=${link.signature}#${ANSWERS_ID}`,
    seen,
    token: sign({ purpose, incidentId, expires: link.expires, seen }, current),
  });
  const until = silence?.value === undefined ? undefined : (silence.value.until ?? Infinity);
  const isQuiet = until !== undefined && until > now();
  const isOver = isPageOpen(page) === false;
  const forms = renderForms({
    verdict: {
      form: formOf('v', 'verdict', verdict?.etag),
      said: verdict === undefined ? undefined : (verdict.value ?? 'unreadable'),
    },
    silence: {
      form: isQuiet || isOver ? undefined : formOf('s', 'silence', silence?.etag),
      until: isQuiet ? until : undefined,
    },
    refused,
  });
  return reply(refused?.status ?? 200, placeForms(page, forms));
}

/** Undefined: there is no such incident any more. */
async function readPage(store: PagesContext['store'], incidentId: string): Promise<string | undefined> {
  try {
    const { body } = await store.get(incidentPageKey(incidentId), { maxBytes: LARGEST_PAGE });
    return new TextDecoder().decode(body);
  } catch (error) {
    if (error instanceof ObjectTooLargeError)
      return standIn(incidentId, `Its page has more bytes than can be served; it is in the bucket.`);
    if (!(error instanceof NotFoundError)) throw error;
  }
  try {
    await store.get(incidentKey(incidentId), { maxBytes: LARGEST_INCIDENT });
    return standIn(incidentId, 'Its page is written within a minute after the message: look again then.');
  } catch (error) {
    if (error instanceof ObjectTooLargeError) return standIn(incidentId, 'Its page is not there.');
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** A short page with the same forms, where the incident's own page is not there. */
function standIn(incidentId: string, text: string): string {
  return renderDocument({
    title: incidentId,
    styles: [STYLE, INCIDENT_STYLE],
    body: [
      html`<header><p class="quiet note">Tidewatch incident</p><h1>${incidentId}</h1><p class="lead">${text}</p></header><main></main>`,
    ],
  });
}

/**
 * Serves the pages of incidents, and takes what people say on them. There are three routes, each for one incident by a link
 * that is signed and ends: GET /i/ID shows its page and changes nothing, since scanners of mail follow links; POST /v/ID takes a
 * verdict and POST /s/ID a silence, from the forms on it. Everything else is answered as if nothing were here.
 */
import { type Right, SIGNATURE } from '../../answers/signed-link.ts';
import { isObjectId } from '../../store/keys.ts';
import { isSignedByAny } from '../shared/link-keys.ts';
import type { OpenLink, PageRequest, PageResponse, PagesContext } from './contract.ts';
import { NOT_HERE } from './reply.ts';
import { showPage } from './show-page.ts';
import { takeAnswer } from './take-answer.ts';

const ROUTES = { i: 'page', v: 'verdict', s: 'silence' } as const;
const METHODS: Readonly<Record<(typeof ROUTES)[keyof typeof ROUTES], readonly string[]>> = {
  page: ['GET', 'HEAD'],
  verdict: ['POST'],
  silence: ['POST'],
};

interface Asked {
  readonly route: (typeof ROUTES)[keyof typeof ROUTES];
  readonly link: OpenLink;
}

/** @throws what the store and the reading of keys throw */
export async function answerRequest(request: PageRequest, context: PagesContext): Promise<PageResponse> {
  const asked = parseRequest(request);
  const isOpen = asked !== undefined && (await holds(asked.link, context));
  const response = isOpen ? await answer(asked, request, context) : NOT_HERE;
  if (response === NOT_HERE) context.telemetry.count('LinksRefused', 1, { detector: 'none' });
  return request.method === 'HEAD' ? { ...response, body: '' } : response;
}

async function answer(
  { route, link }: Asked,
  request: PageRequest,
  context: PagesContext,
): Promise<PageResponse> {
  if (route === 'page') return await showPage(link, context);
  return await takeAnswer({ what: route, link, request }, context);
}

function parseRequest({ method, path, query }: PageRequest): Asked | undefined {
  const [, letter, incidentId] = /^\/([ivs])\/([^/]{1,128})$/.exec(path) ?? [];
  if (letter === undefined || incidentId === undefined || !isObjectId(incidentId)) return undefined;
  const route = ROUTES[letter as keyof typeof ROUTES];
  if (!METHODS[route].includes(method)) return undefined;
  // Programs that pass links on add members of their own.
  const members = new URLSearchParams(query);
  const [[expires, ...more], [signature, ...others]] = [members.getAll('e'), members.getAll('s')];
  if (more.length > 0 || others.length > 0 || expires === undefined || signature === undefined)
    return undefined;
  if (!/^[1-9]\d{0,10}$/.test(expires) || !SIGNATURE.test(signature)) return undefined;
  return { route, link: { incidentId, expires: Number(expires), signature } };
}

async function holds(
  { incidentId, expires, signature }: OpenLink,
  { keys, now }: PagesContext,
): Promise<boolean> {
  if (now() >= expires * 1000) return false;
  const right: Right = { purpose: 'page', incidentId, expires, seen: '' };
  return await isSignedByAny(right, signature, keys);
}

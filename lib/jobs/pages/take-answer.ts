/**
 * Takes the answer of a form, as the commands would, and notes who gave it and from where. A form replaces only the answer
 * that stood there when its page was shown. If it is sent again, or after somebody else answered, it changes nothing.
 */
import { stringify } from 'yaml';
import { chooseMatchers, matchesEverything } from '../../alert/answer-commands.ts';
import { formatMatcher, type Matcher } from '../../answers/matcher.ts';
import { nameLink, SIGNATURE } from '../../answers/signed-link.ts';
import { parseSilencing } from '../../answers/silencing.ts';
import type { Verdict } from '../../answers/verdict.ts';
import type { Via } from '../../answers/via.ts';
import { PreconditionFailedError } from '../../base/errors.ts';
import { quoteForeign } from '../../base/foreign-text.ts';
import { silenceKey } from '../../store/keys.ts';
import { readIncident } from '../notify/read-incidents.ts';
import type { IncidentObject } from '../notify/record-incident.ts';
import { isSignedByAny } from '../shared/link-keys.ts';
import { type AnswerCondition, writeAnswerFile, writeVerdict } from '../shared/write-answers.ts';
import type { OpenLink, PageRequest, PageResponse, PagesContext } from './contract.ts';
import { type AnswerForm, readFields, readForm, type SilenceForm, type VerdictForm } from './read-form.ts';
import { readSaidSilence, readSaidVerdict } from './read-said.ts';
import { NOT_HERE, redirectToPage } from './reply.ts';
import { showPage } from './show-page.ts';

export interface Sent {
  readonly what: 'verdict' | 'silence';
  readonly link: OpenLink;
  readonly request: PageRequest;
}

/** What one answer is written with. */
interface Answering {
  readonly incident: IncidentObject;
  readonly by: string;
  readonly via: Via;
  readonly at: number;
  readonly condition: AnswerCondition;
}

/** Characters of what a browser calls itself. */
const LONGEST_AGENT = 200;
/** Ms within which two silences of the same length are one that was sent twice. */
const SAME_TIME = 60_000;
const TOO_WIDE =
  'It is of more detectors than a silence can name: by a link it cannot be kept quiet, as everything else would be too. The last command below can.';
const STALE =
  'It was answered meanwhile, as it stands here; what was just sent is not written. Send it again if it is still meant.';

/** @throws what the store throws */
export async function takeAnswer(sent: Sent, context: PagesContext): Promise<PageResponse> {
  const { what, link, request } = sent;
  const { store, keys, telemetry, now } = context;
  const form = readForm(what, request);
  if ('problem' in form)
    return await showPage(link, context, {
      status: form.status,
      text: form.problem,
      ...readFields(request.body),
    });
  const { incidentId, expires } = link;
  const right = { purpose: what, incidentId, expires, seen: form.seen };
  if (!SIGNATURE.test(form.token) || !(await isSignedByAny(right, form.token, keys))) return NOT_HERE;
  const incident = await readIncident(store, incidentId);
  // A digest is answered by its incidents, and has no link.
  if (incident === undefined || incident.state === 'digest') return NOT_HERE;
  // A link is for one incident, however many detectors that is of.
  if (what === 'silence' && matchesEverything(matchersOf(incident)))
    return await showPage(link, context, { status: 400, text: TOO_WIDE, ...readFields(request.body) });
  const answering: Answering = {
    incident,
    by: form.by,
    via: {
      link: nameLink(link.signature),
      sourceIp: quoteForeign(request.sourceIp, LONGEST_AGENT),
      userAgent: quoteForeign(request.userAgent, LONGEST_AGENT),
    },
    at: now(),
    condition: form.seen === '' ? { ifAbsent: true } : { ifMatch: form.seen },
  };
  const audit = {
    detector: incident.members[0]?.detector ?? 'none',
    incidentId,
    answer: what,
    ...('verdict' in form ? { verdict: form.verdict } : { quietForSeconds: form.length / 1000 }),
    by: form.by,
    ...answering.via,
  };
  const outcome = await write(form, answering, context);
  if (outcome === 'stale') {
    telemetry.warn('answer by link not written: it was answered meanwhile', audit);
    return await showPage(link, context, { status: 409, text: STALE, ...readFields(request.body) });
  }
  if (outcome === 'written') {
    telemetry.info('answered by link', audit);
    telemetry.count('AnswersByLink', 1, { detector: audit.detector });
  } else telemetry.info('answer by link came again', audit);
  return redirectToPage(link);
}

/** `stands`: one just like it is there already, from a form that was sent twice. */
async function write(
  form: AnswerForm,
  answering: Answering,
  { store }: PagesContext,
): Promise<'written' | 'stands' | 'stale'> {
  try {
    if (form.what === 'verdict') await writeVerdict(store, makeVerdict(form, answering), answering.condition);
    else await writeAnswerFile(store, makeSilence(form, answering), answering.condition);
    return 'written';
  } catch (error) {
    if (!(error instanceof PreconditionFailedError)) throw error;
    return (await stands(form, answering, store)) ? 'stands' : 'stale';
  }
}

function makeVerdict({ verdict, note }: VerdictForm, { incident, by, via, at }: Answering): Verdict {
  return {
    formatVersion: 1,
    id: incident.incidentId,
    verdict,
    note,
    by,
    at: new Date(at).toISOString(),
    via,
  };
}

/** Of the same incidents as the command that alerts have for it. */
function makeSilence(
  { length }: SilenceForm,
  { incident, by, via, at }: Answering,
): { readonly key: string; readonly text: string } {
  const { incidentId } = incident;
  const matchers = matchersOf(incident).map(formatMatcher);
  const text = stringify({ matchers, until: new Date(at + length).toISOString(), by, via });
  const key = silenceKey(incidentId);
  // What would go to quarantine is not written.
  parseSilencing(text, { source: key, name: incidentId });
  return { key, text };
}

function matchersOf({ incidentId, members }: IncidentObject): readonly Matcher[] {
  return chooseMatchers({ incidentId, members });
}

async function stands(
  form: AnswerForm,
  { incident, by, at, via }: Answering,
  store: PagesContext['store'],
): Promise<boolean> {
  if (form.what === 'verdict') {
    const said = (await readSaidVerdict(store, incident.incidentId))?.value;
    return (
      said !== undefined &&
      said.via?.link === via.link &&
      said.verdict === form.verdict &&
      said.note === form.note &&
      said.by === by
    );
  }
  const said = (await readSaidSilence(store, incident.incidentId))?.value;
  return (
    said?.via?.link === via.link &&
    said.by === by &&
    Math.abs((said.until ?? Infinity) - at - form.length) < SAME_TIME
  );
}

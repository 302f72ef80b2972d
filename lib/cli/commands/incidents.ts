import { toOneLine } from '../../alert/one-line.ts';
import type { Verdict } from '../../answers/verdict.ts';
import { ArtifactError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import { nearestName } from '../../base/nearest-name.ts';
import { listIncidents, readIncident } from '../../jobs/notify/read-incidents.ts';
import type { IncidentObject } from '../../jobs/notify/record-incident.ts';
import { readVerdict } from '../../jobs/shared/read-verdict.ts';
import { isObjectId } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  type Invocation,
  openBucket,
} from '../command.ts';
import type { ExitStatus } from '../exit-code.ts';
import { wholeValue } from '../option-values.ts';
import { formatTable } from '../table.ts';
import { UsageError } from '../usage-error.ts';

const LISTED = 20;
const MOST_LISTED = 10_000;
const READS_AT_ONCE = 16;
const HEADER = ['INCIDENT', 'STATE', 'SEVERITY', 'SINCE', 'UNTIL', 'ANOMALIES', 'WHAT'] as const;

/** Reads only. */
export const incidents: Command = {
  name: 'incidents',
  operands: '[list | show ID]',
  summary: 'show what people were told of, and what not',
  optionsHelp: [
    BUCKET_HELP,
    ['--open', 'list: leaves out what is over'],
    ['--last N', `list: so many of the newest; ${LISTED} where it is not given`],
  ],
  examples: [
    'tidewatch incidents',
    'tidewatch incidents list --open --last 100',
    'tidewatch incidents show ID --json',
  ],
  options: { ...BUCKET_OPTION, open: { type: 'boolean' }, last: { type: 'string' } },
  async run(invocation) {
    const [what = 'list', id, ...more] = invocation.operands;
    if (what === 'list' && id === undefined) return await list(invocation);
    if (what === 'show' && id !== undefined && more.length === 0) return await show(invocation, id);
    throw new UsageError(sayWrongOperands(invocation.operands));
  },
};

/** As ids begin: those of incidents with a time. */
const ID_BEGINS = /^(\d{8}T|digest-)/;

/** Which part is missing, or too much. */
function sayWrongOperands([what = '', ...more]: readonly string[]): string {
  const given = JSON.stringify(more.join(' '));
  // An id alone, or after list.
  const id = what === 'list' ? more[0]! : what;
  const next = ID_BEGINS.test(id)
    ? `did you mean tidewatch incidents show ${id}?`
    : 'see tidewatch incidents --help';
  if (what === 'show')
    return more.length === 0
      ? 'incidents show needs an id, the first column of tidewatch incidents list, such as 20261122T080000Z-0123456789ab'
      : `incidents show takes one id, not ${given}; ${next}`;
  if (what === 'list') return `incidents list takes nothing more, not ${given}; ${next}`;
  const near = nearestName(what, ['list', 'show']);
  if (near !== undefined) return `incidents has no ${JSON.stringify(what)}; did you mean ${near}?`;
  return `incidents takes list, or show and an id, not ${JSON.stringify([what, ...more].join(' '))}; ${next}`;
}

async function list(invocation: Invocation): Promise<ExitStatus> {
  const { output, values } = invocation;
  const last = wholeValue(values, 'last', 1, MOST_LISTED) ?? LISTED;
  const found: IncidentObject[] = [];
  for await (const incident of listIncidents(createContext(invocation, openBucket(invocation)))) {
    if (values.open === true && !isOpen(incident)) continue;
    found.push(incident);
    if (found.length >= last) break;
  }
  const [first, ...rest] = found;
  if (first === undefined) {
    output.print('note', 'no incidents', { incidents: 0 });
    return 'ok';
  }
  // As one table for people, one line each for programs.
  output.print('incident', formatTable([HEADER, ...found.map(toRow)]), first);
  for (const each of rest) output.print('incident', undefined, each);
  return 'ok';
}

async function show(invocation: Invocation, id: string): Promise<ExitStatus> {
  const { values, output } = invocation;
  if (values.open !== undefined || values.last !== undefined)
    throw new UsageError('--open and --last go with incidents list');
  const store = openBucket(invocation);
  const incident = isObjectId(id) ? await readIncident(store, id) : undefined;
  if (incident === undefined) throw new UsageError(`no incident ${JSON.stringify(id)} in this bucket`);
  const [, state, severity, since, until] = toRow(incident);
  const said = await readAnswers(store, incident);
  const own = said.get(id);
  const lines = [
    `${incident.incidentId}: ${state}, ${severity}, ${since} to ${until}`,
    ...(incident.silencedBy === undefined ? [] : [`silenced by silences/${incident.silencedBy}`]),
    ...(incident.mergedInto === undefined
      ? []
      : [`part of ${incident.mergedInto}, which people were told of in its place`]),
    ...(own === undefined ? [] : [sayAnswer(own)]),
    ...(incident.digestId === undefined ? [] : [`told in the digest ${incident.digestId}`]),
    '',
    incident.state === 'digest'
      ? 'incidents, the most important first:'
      : 'anomalies, the probable cause first:',
    ...incident.members.map((member) => {
      const { state, detector, summary, object, incidentId } = member;
      const answer = said.get(idOf(member));
      const told = answer === undefined || answer === own ? '' : `\n    ${sayAnswer(answer)}`;
      return `  ${state} ${detector} ${summary}\n    ${incidentId ?? object}${told}`;
    }),
    '',
    incident.changes.length === 0
      ? incident.digestId === undefined
        ? 'nobody was told'
        : 'nobody was told of it alone'
      : 'told:',
    ...incident.changes.map(
      ({ sequence, alert }) => `  ${sequence} ${alert.state}, ${alert.severity}: ${alert.summary}`,
    ),
  ];
  const verdicts = [...said.values()].flatMap(({ verdict }) => verdict ?? []);
  output.print('incident', lines.join('\n'), { ...incident, verdicts });
  return 'ok';
}

/** One that cannot be read counts for nothing, and says why. */
type Answer =
  | { readonly verdict: Verdict; readonly problem?: never }
  | { readonly verdict?: never; readonly problem: string };

/** By id, of the incident and of its members; those of a digest are incidents. */
async function readAnswers(
  store: ObjectStore,
  { incidentId, members }: IncidentObject,
): Promise<ReadonlyMap<string, Answer>> {
  const ids = [...new Set([incidentId, ...members.map(idOf)])];
  const found = new Map<string, Answer>();
  await forEachConcurrently(ids, READS_AT_ONCE, async (id) => {
    try {
      const verdict = await readVerdict(store, id);
      if (verdict !== undefined) found.set(id, { verdict });
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      found.set(id, { problem: error.message });
    }
  });
  return new Map(ids.flatMap((id) => (found.has(id) ? [[id, found.get(id)!] as const] : [])));
}

function idOf({ anomalyId, incidentId }: IncidentObject['members'][number]): string {
  return incidentId ?? anomalyId;
}

/** "verdict: false by ada, 2026-11-24T09:00:00Z: a load test" */
function sayAnswer({ verdict: said, problem }: Answer): string {
  if (said === undefined) return `its verdict counts for nothing: ${problem}`;
  const { verdict, by, at, note } = said;
  const who = by === undefined ? '' : ` by ${toOneLine(by)}`;
  return `verdict: ${verdict}${who}, ${at}${note === undefined ? '' : `: ${toOneLine(note)}`}`;
}

function toRow(incident: IncidentObject): string[] {
  const { incidentId, severity, members, changes } = incident;
  const start = members.map((member) => member.start).sort()[0];
  const ends = members.flatMap(({ end }) => (end === null ? [] : [end])).sort();
  return [
    incidentId,
    sayState(incident),
    severity,
    incident.start ?? start ?? '-',
    isOpen(incident) ? '-' : (ends.at(-1) ?? '-'),
    incident.state === 'digest' ? `${members.length} incidents` : String(members.length),
    changes.at(-1)?.alert.summary ?? members[0]?.summary ?? '-',
  ];
}

/**
 * What people know of it. `waiting`: for its first message. `for digest`: over the day's budget or by its manifest, and told in the next one.
 * `in digest`: told there. `ended`: over, and there was nothing to tell.
 */
function sayState(incident: IncidentObject): string {
  const { state, status, silencedBy, digestId } = incident;
  const isSilenced = silencedBy !== undefined;
  if (state !== undefined) return isSilenced && isOpen(incident) ? 'silenced' : state;
  if (digestId !== undefined) return 'in digest';
  if (isSilenced) return 'silenced';
  if (status === 'held') return 'for digest';
  // Objects from before the status was kept have none.
  return status === 'closed' || (status === undefined && !isOpen(incident)) ? 'ended' : 'waiting';
}

/** The digest has no end of its own. */
function isOpen({ state, members }: IncidentObject): boolean {
  return state !== 'digest' && members.some(({ end }) => end === null);
}

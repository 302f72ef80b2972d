/** What people were told, beside what happened. */
import type { AlertMember } from '../../lib/alert/alert.ts';
import { workloadOf } from '../../lib/base/workload.ts';
import { inFortnight, type Pod } from './cluster.ts';
import type { Message } from './host.ts';
import { choosePods } from './measure.ts';
import { DAY, HOUR, INCIDENTS, type KnownIncident, OUTAGE, type Scale } from './plan.ts';

/** Of a known incident. Times in ms. */
export interface Told {
  readonly name: string;
  readonly isShow: boolean;
  /** Incidents that people heard of it as: none, one, or more. */
  readonly toldAs: number;
  /** From its start to the first message. */
  readonly delay: number | undefined;
  readonly messages: number;
  readonly isCulpritFirst: boolean | undefined;
  /** The first message. */
  readonly summary: string | undefined;
}

export interface Verdict {
  readonly known: readonly Told[];
  /** The first message of each incident that is none of those, by time; hours since the fortnight began. */
  readonly falseIncidents: readonly {
    readonly hours: number;
    readonly summary: string;
    readonly messages: number;
  }[];
  /** Incidents that tell of Prometheus' outage. */
  readonly outageToldAs: number;
  readonly weeks: number;
  readonly messages: number;
  /** Of each incident that was told of. */
  readonly messagesAnIncident: readonly number[];
}

interface Incident {
  readonly id: string;
  readonly messages: readonly Message[];
  /** Of all its messages. */
  readonly entities: ReadonlySet<string>;
}

export function judge(messages: readonly Message[], pods: readonly Pod[], scale: Scale): Verdict {
  const incidents = listIncidents(messages);
  const known = INCIDENTS.filter(({ parts }) =>
    parts.every((part) => part.to <= scale.days * DAY && choosePods(part, pods).length > 0),
  );
  const matched = new Map<string, string>();
  for (const incident of incidents) {
    const of = known.find((each) => isOf(incident, each, pods));
    if (of !== undefined) matched.set(incident.id, of.name);
    else if (isOfOutage(incident)) matched.set(incident.id, 'outage');
  }
  return {
    known: known.map((each) =>
      tell(
        each,
        incidents.filter(({ id }) => matched.get(id) === each.name),
        pods,
      ),
    ),
    falseIncidents: incidents
      .filter(({ id }) => !matched.has(id))
      .map(({ messages: own }) => ({
        hours: (own[0]!.at - inFortnight(0)) / HOUR,
        summary: own[0]!.alert.summary,
        messages: own.length,
      })),
    outageToldAs: incidents.filter(({ id }) => matched.get(id) === 'outage').length,
    weeks: scale.days / 7,
    messages: messages.length,
    messagesAnIncident: incidents.map(({ messages: own }) => own.length),
  };
}

function listIncidents(messages: readonly Message[]): readonly Incident[] {
  return [...Map.groupBy(messages, ({ alert }) => alert.incidentId)].map(([id, own]) => ({
    id,
    messages: own,
    entities: new Set(
      own.flatMap(({ alert }) => [alert.entity, ...(alert.members ?? []).map((each) => each.entity)]),
    ),
  }));
}

/** Told of while it could be known, and about one of what it happened to. */
function isOf({ messages, entities }: Incident, known: KnownIncident, pods: readonly Pod[]): boolean {
  const { at } = messages[0]!;
  const end = Math.max(...known.parts.map(({ to }) => to));
  if (at < inFortnight(known.start) || at >= inFortnight(end + known.grace + HOUR / 2)) return false;
  const affected = listAffected(known, pods);
  return [...entities].some((entity) => affected.has(entity) || affected.has(nameWorkload(entity)));
}

/** Entities, and workloads where all of their pods are. */
function listAffected({ parts }: KnownIncident, pods: readonly Pod[]): ReadonlySet<string> {
  return new Set(
    parts.flatMap((part) =>
      part.pods === undefined
        ? part.workloads
        : choosePods(part, pods).map(({ workload, name }) => `${workload.namespace}/${name}`),
    ),
  );
}

function nameWorkload(entity: string): string {
  return workloadOf(entity, ['namespace', 'pod']).name;
}

function isOfOutage({ messages }: Incident): boolean {
  const { at, alert } = messages[0]!;
  return (
    alert.silence?.kind === 'source' && at >= inFortnight(OUTAGE.from) && at < inFortnight(OUTAGE.to + HOUR)
  );
}

function tell(known: KnownIncident, incidents: readonly Incident[], pods: readonly Pod[]): Told {
  const first = incidents[0]?.messages[0];
  return {
    name: known.name,
    isShow: known.isShow === true,
    toldAs: incidents.length,
    delay: first && first.at - inFortnight(known.start),
    messages: incidents.reduce((sum, { messages }) => sum + messages.length, 0),
    isCulpritFirst: first && isCulprit(first.alert.members?.[0] ?? first.alert, known, pods),
    summary: first?.alert.summary,
  };
}

/** One of what it began at. */
function isCulprit(
  { entity }: Pick<AlertMember, 'entity'>,
  known: KnownIncident,
  pods: readonly Pod[],
): boolean {
  const affected = listAffected({ ...known, parts: known.parts.slice(0, 1) }, pods);
  return affected.has(entity) || affected.has(nameWorkload(entity));
}

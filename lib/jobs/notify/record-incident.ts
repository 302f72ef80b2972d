/**
 * The incident's object: all of its members as they are, and every message about it so far. A digest has one too, whose
 * members are the probable culprits of its incidents.
 */
import * as z from 'zod';
import type { Alert, AlertMember } from '../../alert/alert.ts';
import { describeDigested, describeMember } from '../../alert/build-incident-alert.ts';
import { alertSchema, memberSchema } from '../../alert/parse-alert.ts';
import { SEVERITIES, type Severity } from '../../config/severity.ts';
import { INCIDENT_STATUSES, type Incident, NOTIFIED_STATES } from '../../incident/contract.ts';
import { rankIncidents } from '../../incident/digest.ts';
import { rankMembers } from '../../incident/rank-members.ts';
import { incidentKey } from '../../store/keys.ts';
import type { NotifyState, PendingNotification } from '../../store/notify-state.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { ALERT_KEYS } from './alert-keys.ts';
import { updateObject } from './update-object.ts';

export interface IncidentObject {
  readonly formatVersion: 1;
  readonly incidentId: string;
  readonly severity: Severity;
  /** Of the newest message; absent where nobody was told of it yet. */
  readonly state?: Alert['state'] | undefined;
  /** ISO 8601 UTC, of the newest message; `end` is null while it is open. */
  readonly start?: string | undefined;
  readonly end?: string | null | undefined;
  /** The silence because of which nobody is told of it; absent where there is none, or its time is over. */
  readonly silencedBy?: string | undefined;
  /** What people know of it; absent in a digest, and in objects from before it was kept. */
  readonly status?: Incident['status'] | undefined;
  /** The digest that told of it. */
  readonly digestId?: string | undefined;
  /** The incident that it turned out to be before anybody was told of it; it is told of there. */
  readonly mergedInto?: string | undefined;
  /** Ranked, the probable culprit first: all of them, also those that joined without a message. */
  readonly members: readonly AlertMember[];
  /** Stretches of entities that came back again and again, between the first one and the newest, which are members. */
  readonly earlier?: readonly IncidentStretch[] | undefined;
  /** Ascending by sequence. */
  readonly changes: readonly { readonly sequence: number; readonly alert: Alert }[];
}

/** Of one entity. ISO 8601 UTC, half-open. */
export interface IncidentStretch extends Pick<AlertMember, 'anomalyId' | 'detector' | 'entity' | 'start'> {
  readonly end: string;
}

/** Read leniently: a newer release may say more. */
export const incidentSchema: z.ZodType<IncidentObject> = z.looseObject({
  formatVersion: z.literal(1),
  incidentId: z.string(),
  severity: z.enum(SEVERITIES),
  state: z.enum(NOTIFIED_STATES).optional(),
  start: z.string().optional(),
  end: z.string().nullable().optional(),
  silencedBy: z.string().optional(),
  status: z.enum(INCIDENT_STATUSES).optional(),
  digestId: z.string().optional(),
  mergedInto: z.string().optional(),
  members: z.array(memberSchema),
  earlier: z
    .array(
      z.looseObject({
        anomalyId: z.string(),
        detector: z.string(),
        entity: z.string(),
        start: z.string(),
        end: z.string(),
      }),
    )
    .optional(),
  changes: z.array(z.looseObject({ sequence: z.int(), alert: alertSchema })),
});

/**
 * Writes what the state has of the incident, and adds the message, if it is of one. A message that is in it stays as it is.
 * @throws RetryLaterError where others kept changing the object
 */
export async function recordIncident(
  store: ObjectStore,
  state: NotifyState,
  given: {
    readonly incidentId: string;
    readonly message?: PendingNotification | undefined;
    /** Most likely it has no object yet. */
    readonly isNew?: boolean;
  },
): Promise<void> {
  const { incidentId, message, isNew = false } = given;
  const known = state.incidents.incidents.find(({ id }) => id === incidentId);
  const members = known === undefined ? undefined : describeMembers(state, known);
  await updateObject(
    store,
    { key: incidentKey(incidentId), schema: incidentSchema, isNew },
    (existing): IncidentObject => {
      const changes = [...(existing?.changes ?? [])];
      if (message !== undefined && !changes.some(({ sequence }) => sequence === message.sequence))
        changes.push({ sequence: message.sequence, alert: message.alert });
      changes.sort((a, b) => a.sequence - b.sequence);
      const newest = changes.at(-1)?.alert;
      const { silencedBy: silencedBefore, ...rest } = existing ?? {};
      const silencedBy = known === undefined ? silencedBefore : known.silencedBy;
      return {
        ...rest,
        ...(silencedBy !== undefined && { silencedBy }),
        ...(known !== undefined && { status: known.status }),
        ...(known?.digestId !== undefined && { digestId: known.digestId }),
        formatVersion: 1,
        incidentId,
        severity: known?.severity ?? message?.alert.severity ?? existing!.severity,
        ...(newest !== undefined && { state: newest.state, start: newest.start, end: newest.end }),
        ...describeEarlier(known),
        members: keepUnknown(existing?.members, members) ?? describeDigest(state, incidentId, message),
        changes,
      };
    },
  );
}

/**
 * Notes of an incident that it is another one by now.
 * @throws RetryLaterError where others kept changing the object
 */
export async function recordMerged(
  store: ObjectStore,
  { incidentId, into }: { readonly incidentId: string; readonly into: Incident },
): Promise<void> {
  await updateObject(
    store,
    { key: incidentKey(incidentId), schema: incidentSchema },
    (existing): IncidentObject => ({
      formatVersion: 1,
      incidentId,
      severity: into.severity,
      members: [],
      changes: [],
      ...existing,
      status: 'closed',
      mergedInto: into.id,
    }),
  );
}

function describeMembers({ anomalies }: NotifyState, { members }: Incident): readonly AlertMember[] {
  return rankMembers(members).map((member) =>
    describeMember(member, anomalies[member.anomalyId]!, ALERT_KEYS),
  );
}

function describeEarlier(known: Incident | undefined): Pick<IncidentObject, 'earlier'> {
  if (known?.earlier === undefined) return {};
  return {
    earlier: known.earlier.map(({ start, end, ...rest }) => ({
      ...rest,
      start: new Date(start).toISOString(),
      end: new Date(end).toISOString(),
    })),
  };
}

/** All that it told of, also what its message has no room for. What is no longer known is as the message has it. */
function describeDigest(
  { anomalies, incidents }: NotifyState,
  digestId: string,
  message: PendingNotification | undefined,
): readonly AlertMember[] {
  const told = incidents.incidents.filter((incident) => incident.digestId === digestId);
  if (told.length === 0) return message?.alert.members ?? [];
  return rankIncidents(told).map((incident) =>
    describeDigested(incident, (id) => anomalies[id]!, ALERT_KEYS),
  );
}

/** Of a member that stays; undefined where there is none of either. */
function keepUnknown(
  before: readonly AlertMember[] | undefined,
  members: readonly AlertMember[] | undefined,
): readonly AlertMember[] | undefined {
  const stored = new Map(before?.map((member) => [member.anomalyId, member]));
  return members?.map((member) => ({ ...stored.get(member.anomalyId), ...member })) ?? before;
}

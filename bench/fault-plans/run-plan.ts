/** A life of the service under a plan, and what must not depend on the plan: its outcome. */
import { createHash } from 'node:crypto';
import type { Alert } from '../../lib/alert/alert.ts';
import type { IncidentObject } from '../../lib/jobs/notify/record-incident.ts';
import { EXPORT_DUE_KEY, NOTIFY_STATE_KEY } from '../../lib/store/keys.ts';
import type { NotifyState } from '../../lib/store/notify-state.ts';
import { runCascade } from './cascade.ts';
import { type Cloud, GROUPED } from './cloud.ts';
import type { Fault, Occasions } from './fault.ts';
import { ALL_FEEDS, type Feed, runService } from './service.ts';

/** Lives that a plan can be of: one service by each of its feeds, the same told of as one incident, and a cascade over three. */
export type Story = Feed | 'grouped' | 'cascade';
export const STORIES: readonly Story[] = [...ALL_FEEDS, 'grouped', 'cascade'];

export interface Outcome {
  /** What the bucket holds, by key: text of JSON, or a hash. Without times of runs. */
  readonly bucket: ReadonlyMap<string, string>;
  /** What each message that subscribers got is of, by notification: how it stands is as of when it was sent. */
  readonly told: ReadonlyMap<string, string>;
  /** Messages that came again although the bucket knew of them, or right after the first. */
  readonly twice: readonly string[];
  /** Messages that came again for want of a receipt, as docs/decisions/0003-alerts-go-out-once.md has it. */
  readonly repeated: number;
  /** Files that were set aside because two runs died at them: what they hold is then missing, as it is meant to be. */
  readonly setAside: number;
  readonly occasions: Occasions;
}

/** Two messages of one notification that are closer are two claims, whatever the clocks say. */
const LEAST_APART = 10_000;

/** @throws Error where the life does not come to its end */
export async function runPlan(story: Story, faults: readonly Fault[]): Promise<Outcome> {
  return describe(await liveThrough(story, faults));
}

function liveThrough(story: Story, faults: readonly Fault[]): Promise<Cloud> {
  if (story === 'cascade') return runCascade(faults);
  if (story === 'grouped') return runService({ feed: 'exported', faults, telling: GROUPED });
  return runService({ feed: story, faults });
}

async function describe(cloud: Cloud): Promise<Outcome> {
  const bucket = new Map<string, string>();
  const nameOf = await nameIncidents(cloud);
  for await (const { key } of cloud.store.list('')) {
    const { body } = await cloud.store.get(key);
    const text = describeObject(key, body, nameOf);
    // What became part of another before anybody was told of it only says so.
    if (text !== undefined && !text.includes('"mergedInto"')) bucket.set(nameKey(key, nameOf), text);
  }
  const told = new Map<string, string>();
  const twice: string[] = [];
  let repeated = 0;
  const lastAt = new Map<string, number>();
  for (const { alert, at, wasKnown } of cloud.published) {
    const { notificationId } = alert;
    const before = lastAt.get(notificationId);
    if (wasKnown || (before !== undefined && at - before < LEAST_APART)) twice.push(sayAlert(alert));
    else if (before !== undefined) repeated++;
    lastAt.set(notificationId, at);
    const message = describeMessage(alert, nameOf);
    told.set(message.notificationId, JSON.stringify(message));
  }
  const setAside = [...bucket.values()].filter((text) => text.includes('"killed-function"')).length;
  return { bucket, told, twice, repeated, setAside, occasions: cloud.occasions() };
}

type NameOf = (incidentId: string) => string;

/**
 * An incident has the id of the anomaly of it that was taken first, which is that of whichever run came first: here it is
 * called by the first of its anomalies' ids.
 */
async function nameIncidents({ store }: Cloud): Promise<NameOf> {
  const names = new Map<string, string>();
  for await (const { key } of store.list('incidents/')) {
    if (!INCIDENT.test(key)) continue;
    const { incidentId, members } = JSON.parse(
      new TextDecoder().decode((await store.get(key)).body),
    ) as IncidentObject;
    const [first] = members.map(({ anomalyId }) => anomalyId).sort();
    if (first !== undefined) names.set(incidentId, first);
  }
  return (incidentId) => names.get(incidentId) ?? incidentId;
}

const INCIDENT = /^incidents\/[^/]+\.json$/;

/** Of the incident's object, its page, or one of its notifications, whose name begins with the incident's id. */
function nameKey(key: string, nameOf: NameOf): string {
  const [, id] = /^incidents\/([^/]+?)(?:\/|\.json$)/.exec(key) ?? [];
  return id === undefined ? key : key.replaceAll(id, nameOf(id));
}

/** Undefined for what says when a run was at what. */
function describeObject(key: string, body: Uint8Array, nameOf: NameOf): string | undefined {
  if (key.endsWith('/scoring.json')) return undefined;
  // Nothing but what saves the next run requests: of whichever run came last.
  if (key.endsWith('/recent-windows.json') || key.endsWith('/file-ranges.json')) return undefined;
  if (key === EXPORT_DUE_KEY) return undefined;
  // A page is drawn after people were told, of what there is to see by then; a run that dies leaves the one before.
  if (/^incidents\/[^/]+\.html$/.test(key)) return undefined;
  if (!key.endsWith('.json')) return createHash('sha256').update(body).digest('hex');
  const text = new TextDecoder().decode(body);
  if (/^incidents\/[^/]+\/[^/]+\.json$/.test(key)) {
    const { published } = JSON.parse(text) as { readonly published?: object };
    return published === undefined ? 'not published' : 'published';
  }
  if (INCIDENT.test(key)) return describeIncident(text, nameOf);
  if (key === NOTIFY_STATE_KEY) return describeNotifyState(text, nameOf);
  if (!key.startsWith('state/')) return text;
  // `late` is for people who look: a run that dies after it has decided leaves none.
  const {
    decided,
    windows,
    late: _,
    ...rest
  } = JSON.parse(text) as {
    readonly decided?: readonly string[];
    readonly windows?: readonly (readonly string[])[];
    readonly late?: unknown;
  };
  // In the order of runs.
  return JSON.stringify({
    ...rest,
    decided: decided?.toSorted(),
    windows: windows?.map(String).sort(),
  });
}

function sayAlert({ state, entity, start }: Alert): string {
  return `${state} ${entity} ${start}`;
}

/**
 * A run that takes over two changes at once words the first message by the second one as well. What each change was, with
 * its reasons, is in the anomaly's object, which is compared as it stands.
 */
export function describeMessage(alert: Alert, nameOf: NameOf): { readonly notificationId: string } {
  const { state, severity, detector, entity, start, members = [] } = alert;
  const { incident, anomaly } = alert.objects;
  const [before, incidentId] = [alert.incidentId, nameOf(alert.incidentId)];
  return Object.assign(
    { notificationId: alert.notificationId.replace(before, incidentId) },
    { incidentId, state, severity, detector, entity, start, of: members.map(({ anomalyId }) => anomalyId) },
    { incident: incident && nameKey(incident, nameOf), anomaly },
  );
}

function describeIncident(text: string, nameOf: NameOf): string {
  const { changes, ...rest } = JSON.parse(text) as IncidentObject;
  const told = changes.map(({ sequence, alert }) => ({ sequence, ...describeMessage(alert, nameOf) }));
  return JSON.stringify({ ...rest, incidentId: nameOf(rest.incidentId), changes: told });
}

/** Without times of runs, and without `taken`, which the run after one that took something over clears. */
function describeNotifyState(text: string, nameOf: NameOf): string {
  const { incidents, anomalies, outbox } = JSON.parse(text) as NotifyState;
  const known = incidents.incidents.map(
    ({ firstSeen: _, toldAt: __, overSince: ___, mergedFrom: ____, id, members, ...rest }) => ({
      ...rest,
      id: nameOf(id),
      // In the order in which they came.
      members: members.toSorted((a, b) => (a.anomalyId < b.anomalyId ? -1 : 1)),
    }),
  );
  return JSON.stringify({
    incidents: known.sort((a, b) => (a.id < b.id ? -1 : 1)),
    openings: incidents.openings.length,
    anomalies: Object.entries(anomalies).sort(),
    outbox,
  });
}

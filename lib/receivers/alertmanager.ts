/**
 * An alert for Alertmanager's `POST /api/v2/alerts`, whose routing, silences and inhibition then hold for it.
 * https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
import type { Alert } from '../alert/alert.ts';
import { pageAddress, pageLink } from '../alert/page-link.ts';
import { isOver } from './receiver-text.ts';

export interface AlertmanagerAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  /** What made it: the incident's page, where there is a link to it. */
  readonly generatorURL?: string;
}

/** Of a name; what differs is an underscore there. */
const NO_LABEL_CHARACTER = /[^a-zA-Z0-9_]/g;

/**
 * What identifies the alert there are its labels, so they are the same in every message about an incident: nothing that
 * changes in its course is among them. Severity does, and a rise is a new alert there; the one before it has to be ended. Which
 * one that was nobody knows who was not told of every step, so each message after the first ends all milder ones.
 *
 * @param given.now epoch ms
 * @param given.openFor ms after which Alertmanager takes an open one for over: longer than `repeatInterval`, as nothing
 * is sent in between
 */
export function toAlertmanagerAlerts(
  alert: Alert,
  { now, openFor }: { readonly now: number; readonly openFor: number },
): readonly AlertmanagerAlert[] {
  // It is of no incident, and nothing would ever end it.
  if (alert.state === 'digest') return [];
  const told = toOne(alert, isOver(alert) ? latest(alert, now) : new Date(now + openFor).toISOString());
  if (alert.state === 'opened') return [told];
  const milder = MILDER[alert.severity] ?? [];
  return [...milder.map((severity) => toOne({ ...alert, severity }, new Date(now).toISOString())), told];
}

const MILDER: Readonly<Record<string, readonly Alert['severity'][]>> = {
  warning: ['info'],
  critical: ['info', 'warning'],
};

function toOne(alert: Alert, endsAt: string): AlertmanagerAlert {
  const page = pageLink(alert);
  return {
    labels: labelsOf(alert),
    annotations: annotationsOf(alert),
    startsAt: alert.start,
    endsAt,
    ...(page !== undefined && { generatorURL: page }),
  };
}

/** Its end, which for Alertmanager must not lie ahead. */
function latest({ end, start }: Alert, now: number): string {
  const time = Math.max(Date.parse(start), Math.min(end === null ? now : Date.parse(end), now));
  return new Date(time).toISOString();
}

/**
 * Those of the culprit of the first message: the same in all of them. Alerts of older releases have the one of each message alone. Of
 * the manifest's own labels none replaces one of ours.
 */
function labelsOf(alert: Alert): Readonly<Record<string, string>> {
  const { detector, targetService, namespace, workload, labels } = alert.firstCulprit ?? {
    detector: alert.detector,
    targetService: alert.targetService,
    labels: alert.labels,
  };
  const own = {
    alertname: 'TidewatchIncident',
    incident: alert.incidentId,
    severity: alert.severity,
    detector,
    service: targetService ?? '',
    namespace: namespace ?? '',
    workload: workload ?? '',
  };
  return withoutEmpty({
    ...Object.fromEntries(Object.entries(labels ?? {}).map(([name, value]) => [toLabelName(name), value])),
    ...withoutEmpty(own),
  });
}

/** An empty label is none to Alertmanager. */
function withoutEmpty(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== ''));
}

function annotationsOf(alert: Alert): Readonly<Record<string, string>> {
  const { bucket, incident } = alert.objects;
  return withoutEmpty({
    ...Object.fromEntries(
      Object.entries(alert.annotations ?? {}).map(([name, value]) => [toLabelName(name), value]),
    ),
    summary: alert.summary,
    state: alert.state,
    entity: alert.entity,
    page: pageAddress(alert) ?? '',
    incident_object: bucket === undefined ? incident : `s3://${bucket}/${incident}`,
  });
}

/** `example.com/team` → `example_com_team`; names cannot begin with a digit, nor be empty. */
function toLabelName(name: string): string {
  const cleaned = name.replaceAll(NO_LABEL_CHARACTER, '_');
  return /^(?:[0-9]|$)/.test(cleaned) ? `_${cleaned}` : cleaned;
}

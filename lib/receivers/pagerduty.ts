/**
 * An alert as an event of PagerDuty's Events API v2, `POST https://events.pagerduty.com/v2/enqueue` (EU: events.eu.pagerduty.com).
 * https://developer.pagerduty.com/docs/send-alert-event
 */
import type { Alert } from '../alert/alert.ts';
import { commandsOf, factsOf, fit, isOver, linksOf } from './receiver-text.ts';

export interface PagerDutyEvent {
  readonly routing_key: string;
  readonly event_action: 'trigger' | 'resolve';
  /** Of the incident: what comes later about it belongs to the same one there. */
  readonly dedup_key: string;
  readonly client: string;
  readonly payload: {
    readonly summary: string;
    readonly source: string;
    readonly severity: Alert['severity'];
    readonly timestamp: string;
    readonly component: string;
    readonly group: string;
    readonly class: string;
    readonly custom_details: Readonly<Record<string, string>>;
  };
  readonly links: readonly { readonly href: string; readonly text: string }[];
}

/** Characters. */
const LONGEST_SUMMARY = 1024;
const LONGEST_KEY = 255;
const LONGEST_FIELD = 1024;
const LONGEST_COMMAND = 4096;

/** Undefined for a digest: it is of no incident, and nobody is to be woken by it. */
export function toPagerDutyEvent(alert: Alert, routingKey: string): PagerDutyEvent | undefined {
  if (alert.state === 'digest') return undefined;
  const who = alert.entity || alert.targetService || alert.detector;
  return {
    routing_key: routingKey,
    event_action: isOver(alert) ? 'resolve' : 'trigger',
    dedup_key: fit(alert.incidentId, LONGEST_KEY),
    client: 'Tidewatch',
    payload: {
      summary: fit(alert.summary, LONGEST_SUMMARY),
      source: fit(who, LONGEST_FIELD),
      severity: alert.severity,
      timestamp: alert.start,
      component: fit(alert.targetService ?? who, LONGEST_FIELD),
      group: fit(alert.detector, LONGEST_FIELD),
      class: alert.by ?? 'score',
      custom_details: Object.fromEntries(
        [...Object.entries(alert.labels ?? {}), ...factsOf(alert)]
          .map(([name, value]) => [fit(name, LONGEST_FIELD), fit(value, LONGEST_FIELD)] as const)
          .concat(commandsOf(alert, LONGEST_COMMAND)),
      ),
    },
    links: linksOf(alert).map(({ name, url }) => ({ href: url, text: name })),
  };
}

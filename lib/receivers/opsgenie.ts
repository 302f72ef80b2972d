/**
 * An alert as requests of Opsgenie's Alert API, below `https://api.opsgenie.com` (EU: api.eu.opsgenie.com).
 * https://docs.opsgenie.com/docs/alert-api
 */
import type { Alert } from '../alert/alert.ts';
import { commandsOf, factsOf, fit, isOver, linksOf } from './receiver-text.ts';

export type OpsgeniePriority = 'P1' | 'P2' | 'P3' | 'P4' | 'P5';

export interface OpsgenieAlert {
  readonly message: string;
  /** Of the incident: an alert that is open under it is not made again. */
  readonly alias: string;
  readonly description: string;
  readonly details: Readonly<Record<string, string>>;
  readonly entity: string;
  readonly source: string;
  readonly priority: OpsgeniePriority;
  readonly tags: readonly string[];
}

export type OpsgenieRequest =
  | { readonly method: 'POST'; readonly path: string; readonly body: OpsgenieAlert | OpsgenieNote }
  | {
      readonly method: 'PUT';
      readonly path: string;
      readonly body: { readonly priority: OpsgeniePriority };
    };

interface OpsgenieNote {
  readonly note: string;
  readonly source: string;
}

/** Characters. */
const LONGEST_MESSAGE = 130;
const LONGEST_ALIAS = 512;
const LONGEST_DESCRIPTION = 15_000;
const LONGEST_ENTITY = 512;
const LONGEST_NOTE = 25_000;
/** Leaves room in the description for links and commands. */
const LONGEST_SUMMARY = 8000;
/** Of all names and values of `details` together. */
const LONGEST_DETAILS = 8000;
const LONGEST_DETAIL = 1000;
const MOST_TAGS = 20;
const LONGEST_TAG = 50;
const SOURCE = 'Tidewatch';
const HTML = /[<>]/;

const PRIORITIES: Readonly<Record<Alert['severity'], OpsgeniePriority>> = {
  critical: 'P1',
  warning: 'P3',
  info: 'P5',
};

/**
 * To be sent one after the other. The opening makes an alert, what comes later is a note on it, a rise raises its priority,
 * and the end closes it; what is back after that is an
 * alert again. Those that can be repeated without a trace come first.
 * @returns none for a digest: it is of no incident, and nobody is to be woken by it
 */
export function toOpsgenieRequests(alert: Alert): readonly OpsgenieRequest[] {
  if (alert.state === 'digest') return [];
  // Under the name of one that is closed it makes a new one; a note on it wakes nobody.
  if (alert.state === 'opened' || alert.isBack === true)
    return [{ method: 'POST', path: '/v2/alerts', body: toOpsgenieAlert(alert) }];
  const note = { note: toPlain(alert.summary, LONGEST_NOTE), source: SOURCE };
  if (isOver(alert)) return [{ method: 'POST', path: pathOf(alert, 'close'), body: note }];
  const noted: OpsgenieRequest = { method: 'POST', path: pathOf(alert, 'notes'), body: note };
  if (alert.state !== 'escalated') return [noted];
  const priority = PRIORITIES[alert.severity];
  return [{ method: 'PUT', path: pathOf(alert, 'priority'), body: { priority } }, noted];
}

function toOpsgenieAlert(alert: Alert): OpsgenieAlert {
  return {
    message: toPlain(alert.summary, LONGEST_MESSAGE),
    alias: aliasOf(alert),
    description: describe(alert),
    details: detailsOf(alert),
    entity: toPlain(alert.entity || alert.targetService || alert.detector, LONGEST_ENTITY),
    source: SOURCE,
    priority: PRIORITIES[alert.severity],
    // A comma separates tags there.
    tags: Object.entries(alert.labels ?? {})
      .slice(0, MOST_TAGS)
      .map(([name, value]) => toPlain(`${name}=${value}`.replaceAll(',', ' '), LONGEST_TAG)),
  };
}

function pathOf(alert: Alert, action: string): string {
  return `/v2/alerts/${encodeURIComponent(aliasOf(alert))}/${action}?identifierType=alias`;
}

function aliasOf({ incidentId }: Alert): string {
  return fit(incidentId, LONGEST_ALIAS);
}

/** Whole lines: the summary, then links and commands as far as there is room. */
function describe(alert: Alert): string {
  const lines = [
    ...linksOf(alert).map(({ name, url }) => `${name}: ${url}`),
    ...commandsOf(alert, LONGEST_DESCRIPTION).map(([label, command]) => `${label}: ${command}`),
  ];
  let text = toPlain(alert.summary, LONGEST_SUMMARY);
  // A command or an address that had to be changed would be another one.
  for (const line of lines)
    if (!HTML.test(line) && text.length + line.length + 1 <= LONGEST_DESCRIPTION) text += `\n${line}`;
  return text;
}

/** Labels and facts, most important first, as far as there is room for all of one. */
function detailsOf(alert: Alert): Readonly<Record<string, string>> {
  const details = new Map<string, string>();
  let room = LONGEST_DETAILS;
  for (const [name, value] of [...factsOf(alert), ...Object.entries(alert.labels ?? {})]) {
    const shown = [toPlain(name, LONGEST_DETAIL), toPlain(value, LONGEST_DETAIL)] as const;
    const length = shown[0].length + shown[1].length;
    if (length > room || details.has(shown[0])) continue;
    room -= length;
    details.set(...shown);
  }
  return Object.fromEntries(details);
}

/** Opsgenie renders HTML, and shows character references as they are where it does not. */
function toPlain(text: string, most: number): string {
  return fit(text, most).replaceAll('<', '‹').replaceAll('>', '›');
}

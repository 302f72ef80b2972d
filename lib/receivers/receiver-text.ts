/** What the payloads of receivers have in common. */
import type { Alert } from '../alert/alert.ts';
import { answersOf } from '../alert/answer-commands.ts';
import { pageAddress, pageLink } from '../alert/page-link.ts';
import { quoteForeign } from '../base/foreign-text.ts';
import { isEnd } from '../incident/contract.ts';

/** In one line of at most `most` code units, the ellipsis included. */
export function fit(text: string, most: number): string {
  return text.length <= most ? quoteForeign(text, most) : quoteForeign(text, most - 1);
}

/** True for what ends an incident. */
export function isOver({ state }: Alert): boolean {
  return isEnd(state);
}

/** Name → what a person wants to see beside the summary, most important first. Empty ones are left out. */
export function factsOf(alert: Alert): readonly (readonly [string, string])[] {
  const { objects, members = [], membersLeftOut = 0 } = alert;
  const count = members.length + membersLeftOut;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['Severity', alert.severity],
    ['Service', alert.targetService],
    ['Entity', alert.entity],
    ['Start', alert.start],
    ['End', alert.end],
    ['Anomalies', count > 1 ? String(count) : null],
    ['Detector', alert.detector],
    ['Page', pageAddress(alert)],
    [
      'Incident',
      objects.bucket === undefined ? objects.incident : `s3://${objects.bucket}/${objects.incident}`,
    ],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, value] as const] : []));
}

/** The incident's page, then annotations that are addresses of web pages, such as runbook and dashboard. */
export function linksOf(alert: Alert): readonly { readonly name: string; readonly url: string }[] {
  const page = pageLink(alert);
  const links = Object.entries(alert.annotations ?? {}).flatMap(([name, url]) =>
    /^https?:\/\//.test(url) && URL.canParse(url) ? [{ name, url: new URL(url).href }] : [],
  );
  return [...(page === undefined ? [] : [{ name: 'page of the incident', url: page }]), ...links];
}

/** What answers it and the command for it; of what is over none that keeps it quiet. Longer ones are left out: cut, they are none. */
export function commandsOf(alert: Alert, longest: number): readonly (readonly [string, string])[] {
  const answers = answersOf(alert);
  return (isOver(alert) ? answers.slice(0, -1) : answers)
    .filter(({ command }) => command.length <= longest)
    .map(({ label, command, covers }) => [covers === undefined ? label : `${label} (${covers})`, command]);
}

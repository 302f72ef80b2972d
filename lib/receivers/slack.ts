/**
 * An alert as a message of Slack's Block Kit, for the address of an incoming webhook.
 * https://docs.slack.dev/reference/block-kit/blocks
 */
import type { Alert } from '../alert/alert.ts';
import { commandsOf, factsOf, fit, linksOf } from './receiver-text.ts';

interface Text {
  readonly type: 'plain_text' | 'mrkdwn';
  readonly text: string;
}

export type SlackBlock =
  | { readonly type: 'header'; readonly text: Text }
  | { readonly type: 'section'; readonly text: Text }
  | { readonly type: 'section'; readonly fields: readonly Text[] }
  | { readonly type: 'context'; readonly elements: readonly Text[] };

export interface SlackMessage {
  /** For notifications and screen readers. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

/** Characters, once they are escaped. */
const LONGEST_HEADER = 150;
const LONGEST_SECTION = 3000;
const LONGEST_FIELD = 2000;
/** Slack shows a section of at most ten fields. */
const MOST_FIELDS = 10;
/** Of the members of an incident, as many as one section holds. */
const SHOWN_MEMBERS = 10;
const LONGEST_MEMBER = 250;

export function toSlackMessage(alert: Alert): SlackMessage {
  const title = `[${alert.state}] ${alert.severity}: ${alert.targetService ?? alert.detector}`;
  const blocks: SlackBlock[] = [
    { type: 'header', text: { type: 'plain_text', text: fit(title, LONGEST_HEADER) } },
    { type: 'section', text: toMarkdown(alert.summary, LONGEST_SECTION) },
    { type: 'section', fields: factsOf(alert).slice(0, MOST_FIELDS).map(toField) },
  ];
  const members = listMembers(alert);
  if (members !== undefined) blocks.push({ type: 'section', text: { type: 'mrkdwn', text: members } });
  const commands = listCommands(alert);
  if (commands !== undefined) blocks.push({ type: 'section', text: { type: 'mrkdwn', text: commands } });
  const links = linksOf(alert).map(
    ({ name, url }) => `<${escapeLink(url)}|${escapeText(fit(name, LONGEST_MEMBER))}>`,
  );
  if (links.length > 0)
    // Ten elements are the most that a context has.
    blocks.push({ type: 'context', elements: links.slice(0, 10).map((text) => ({ type: 'mrkdwn', text })) });
  return { text: toMarkdown(alert.summary, LONGEST_SECTION).text, blocks };
}

function toField([name, value]: readonly [string, string]): Text {
  return { type: 'mrkdwn', text: `*${name}*\n${toMarkdown(value, LONGEST_FIELD - 100).text}` };
}

function listMembers({ members = [], membersLeftOut = 0 }: Alert): string | undefined {
  if (members.length < 2) return undefined;
  const shown = members.slice(0, SHOWN_MEMBERS);
  const left = members.length + membersLeftOut - shown.length;
  const lines = shown.map(({ summary }) => `• ${toMarkdown(summary, LONGEST_MEMBER).text}`);
  return [...lines, ...(left > 0 ? [`and ${left} more`] : [])].join('\n');
}

/** To be copied whole: those that fit, each in a line. */
function listCommands(alert: Alert): string | undefined {
  let text = '';
  for (const [label, command] of commandsOf(alert, LONGEST_SECTION)) {
    const line = `${label}: \`${escapeText(command)}\``;
    // A backtick would end it, and what follows would be read as more of the message.
    if (command.includes('`') || text.length + line.length >= LONGEST_SECTION) continue;
    text += `${text === '' ? '' : '\n'}${line}`;
  }
  return text === '' ? undefined : text;
}

/** Cut until it fits as it is escaped, which makes five characters of an &. */
function toMarkdown(text: string, most: number): Text {
  for (let room = most; ; room = Math.floor(room / 2)) {
    const escaped = escapeText(fit(text, room));
    if (escaped.length <= most) return { type: 'mrkdwn', text: escaped };
  }
}

/** Nobody's entity pings a channel: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapeLink(url: string): string {
  return escapeText(url).replaceAll('|', '%7C');
}

/**
 * An alert as an Adaptive Card, for the address of a Microsoft Teams workflow ("When a Teams webhook request is received").
 * https://learn.microsoft.com/en-us/connectors/teams/
 */
import type { Alert } from '../alert/alert.ts';
import { commandsOf, factsOf, fit, linksOf } from './receiver-text.ts';

/** Shown as it is: of Markdown, which a TextBlock and a Fact read, a TextRun knows nothing. */
interface TextRun {
  readonly type: 'TextRun';
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly size?: 'Large';
  readonly color?: 'Attention' | 'Warning' | 'Good';
  readonly fontType?: 'Monospace';
}

interface RichTextBlock {
  readonly type: 'RichTextBlock';
  readonly inlines: readonly TextRun[];
}

interface OpenUrl {
  readonly type: 'Action.OpenUrl';
  readonly title: string;
  readonly url: string;
}

export interface TeamsMessage {
  readonly type: 'message';
  readonly attachments: readonly [
    {
      readonly contentType: 'application/vnd.microsoft.card.adaptive';
      readonly content: {
        readonly $schema: 'http://adaptivecards.io/schemas/adaptive-card.json';
        readonly type: 'AdaptiveCard';
        readonly version: '1.4';
        /** Read by screen readers. */
        readonly speak: string;
        readonly body: readonly RichTextBlock[];
        readonly actions: readonly OpenUrl[];
        /** Commands are long lines. */
        readonly msteams: { readonly width: 'Full' };
      };
    },
  ];
}

/** Bytes of the whole message: "approximately 28 KB", of which the workflow itself needs some. */
export const LARGEST_TEAMS_MESSAGE = 27_000;
/** Characters. What is bounded by them alone has, at three bytes each, less than 25,000. */
const LONGEST_TITLE = 150;
const LONGEST_SUMMARY = 1000;
const LONGEST_NAME = 50;
const LONGEST_FACT = 300;
const LONGEST_MEMBER = 250;
const LONGEST_COMMAND = 2000;
const LONGEST_ADDRESS = 1000;
const SHOWN_MEMBERS = 10;
/** Teams shows six buttons. */
const MOST_LINKS = 6;

const COLORS = { critical: 'Attention', warning: 'Warning', info: 'Good' } as const;

export function toTeamsMessage(alert: Alert): TeamsMessage {
  const commands = commandsOf(alert, LONGEST_COMMAND);
  const most = Math.min(alert.members?.length ?? 0, SHOWN_MEMBERS);
  for (let members = most; members > 0; members--) {
    const message = write(alert, { members, commands });
    if (fits(message)) return message;
  }
  for (let count = commands.length; count > 0; count--) {
    const message = write(alert, { members: 0, commands: commands.slice(0, count) });
    if (fits(message)) return message;
  }
  return write(alert, { members: 0, commands: [] });
}

function fits(message: TeamsMessage): boolean {
  return Buffer.byteLength(JSON.stringify(message)) <= LARGEST_TEAMS_MESSAGE;
}

function write(
  alert: Alert,
  shown: { readonly members: number; readonly commands: ReturnType<typeof commandsOf> },
): TeamsMessage {
  const title = `[${alert.state}] ${alert.severity}: ${alert.targetService ?? alert.detector}`;
  const summary = fit(alert.summary, LONGEST_SUMMARY);
  const body: RichTextBlock[] = [
    block({
      text: fit(title, LONGEST_TITLE),
      weight: 'Bolder',
      size: 'Large',
      color: COLORS[alert.severity],
    }),
    block({ text: summary }),
    ...factsOf(alert).map(([name, value]) =>
      block({ text: `${name}: `, weight: 'Bolder' }, { text: fit(value, LONGEST_FACT) }),
    ),
    ...listMembers(alert, shown.members),
    ...shown.commands.map(([label, command]) =>
      block({ text: `${label}: `, weight: 'Bolder' }, { text: command, fontType: 'Monospace' }),
    ),
  ];
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    speak: summary,
    body,
    actions: listLinks(alert),
    msteams: { width: 'Full' },
  } as const;
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }],
  };
}

function block(...runs: readonly Omit<TextRun, 'type'>[]): RichTextBlock {
  return { type: 'RichTextBlock', inlines: runs.map((run) => ({ type: 'TextRun', ...run })) };
}

/** Of an incident of one anomaly the summary says it all. */
function listMembers({ members = [], membersLeftOut = 0 }: Alert, shown: number): readonly RichTextBlock[] {
  if (members.length < 2) return [];
  const left = members.length + membersLeftOut - shown;
  return [
    ...members.slice(0, shown).map(({ summary }) => block({ text: `• ${fit(summary, LONGEST_MEMBER)}` })),
    ...(left > 0 ? [block({ text: shown === 0 ? `${left} anomalies` : `and ${left} more` })] : []),
  ];
}

/** One that is too long is left out: cut, it would lead elsewhere. */
function listLinks(alert: Alert): readonly OpenUrl[] {
  return linksOf(alert)
    .map(({ name, url }) => ({ title: fit(name, LONGEST_NAME), url }))
    .filter(({ url }) => url.length <= LONGEST_ADDRESS)
    .slice(0, MOST_LINKS)
    .map((link) => ({ type: 'Action.OpenUrl', ...link }));
}

/** An alert as SNS carries it, and as people read it. */
import { correlationOf } from '../base/correlation.ts';
import type { Alert } from './alert.ts';
import { answersOf } from './answer-commands.ts';
import { toOneLine } from './one-line.ts';
import { UndeliverableError } from './publisher.ts';
import { renderText } from './render-text.ts';
import { renderSubject } from './subject.ts';
import { findLeadingReason } from './summarize.ts';

export interface RenderedAlert {
  /** ASCII, one line, shorter than 100 characters. */
  readonly subject: string;
  /** The alert as JSON: for queues, functions and webhooks. */
  readonly body: string;
  /** For e-mail and terminals. */
  readonly text: string;
  /**
   * What subscribers filter by. Never empty; without an entity, `entity` is the detector's name. Where members have several,
   * a filter passes if it passes one of them.
   */
  readonly attributes: {
    readonly detector: string | readonly string[];
    readonly severity: string;
    readonly entity: string | readonly string[];
    /** The one that the summary names; `none` where no metric has a share. */
    readonly metric: string;
    readonly state: string;
    /** `NAME=VALUE` of each; absent where there is none. */
    readonly labels?: string | readonly string[];
    readonly annotations?: string | readonly string[];
    /** Of the window that it came of: the id that log lines carry. */
    readonly correlationId: string;
  };
}

/** Characters. A filter compares what is left of a longer name. */
const LONGEST_ATTRIBUTE = 256;
/** Bytes of the message with its attributes; 1 KiB is left for what SNS adds. */
const LARGEST_MESSAGE = 255 * 1024;

/** @throws UndeliverableError where it is too large for SNS even without its reasons and members */
export function renderAlert(alert: Alert): RenderedAlert {
  for (let share = 1; ; share /= 2) {
    const cut = cutLists(alert, share);
    const rendered = render(cut, alert);
    const size = messageSize(rendered);
    if (size <= LARGEST_MESSAGE) return rendered;
    if ([cut.reasons, cut.members ?? [], cut.related ?? []].every(({ length }) => length === 0))
      throw new UndeliverableError(
        'alert-too-large',
        `the alert ${alert.notificationId} has ${size} bytes without its reasons; SNS takes ${LARGEST_MESSAGE}`,
      );
  }
}

/** Lists are kept from the front: most telling first. @param share 0 to 1 */
function cutLists(alert: Alert, share: number): Alert {
  const { reasons, members, related } = alert;
  const keptReasons = Math.floor(reasons.length * share);
  const keptMembers = Math.floor((members?.length ?? 0) * share);
  return {
    ...alert,
    reasons: reasons.slice(0, keptReasons),
    reasonsLeftOut: alert.reasonsLeftOut + reasons.length - keptReasons,
    ...(related !== undefined && { related: related.slice(0, Math.floor(related.length * share)) }),
    ...(members !== undefined && {
      members: members.slice(0, keptMembers),
      membersLeftOut: (alert.membersLeftOut ?? 0) + members.length - keptMembers,
    }),
  };
}

/** What `MessageStructure: json` makes of it: e-mail gets the text, SMS the subject, everything else the JSON. */
export function renderSnsMessage({ body, text, subject }: RenderedAlert): string {
  return JSON.stringify({ default: body, email: text, sms: subject });
}

function render(cut: Alert, whole: Alert): RenderedAlert {
  return {
    subject: renderSubject(whole),
    body: escapeNonCharacters(JSON.stringify(cut)),
    text: renderText(cut, answersOf(whole)),
    attributes: {
      detector: toAttributes([cut, ...(cut.members ?? [])].map(({ detector }) => detector)),
      severity: cut.severity,
      entity: toAttributes([cut, ...(cut.members ?? [])].map(({ entity, detector }) => entity || detector)),
      metric: toAttribute(whole.silence?.metrics[0] ?? findLeadingReason(whole.reasons)?.metric ?? 'none'),
      state: cut.state,
      ...(cut.labels !== undefined && { labels: toAttributes(pairsOf(cut.labels)) }),
      ...(cut.annotations !== undefined && { annotations: toAttributes(pairsOf(cut.annotations)) }),
      correlationId: toAttribute(correlationOf(cut.objects.window)),
    },
  };
}

function pairsOf(map: Readonly<Record<string, string>>): string[] {
  return Object.entries(map).map(([name, value]) => `${name}=${value}`);
}

/** One as text, as ever; several as a list. */
function toAttributes(texts: readonly string[]): string | readonly string[] {
  const distinct = [...new Set(texts.map(toAttribute))];
  return distinct.length === 1 ? distinct[0]! : distinct;
}

function toAttribute(text: string): string {
  const line = toOneLine(text).slice(0, LONGEST_ATTRIBUTE).toWellFormed();
  return line.trim() === '' ? 'none' : line;
}

/** SQS refuses U+FFFE and U+FFFF, which JSON.stringify leaves as they are. */
function escapeNonCharacters(json: string): string {
  return json.replaceAll('\ufffe', '\\ufffe').replaceAll('\uffff', '\\uffff');
}

function messageSize(rendered: RenderedAlert): number {
  const attributes = Object.entries(rendered.attributes).map(
    ([name, value]) => `${name}String.Array${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return Buffer.byteLength(renderSnsMessage(rendered) + rendered.subject + attributes.join(''));
}

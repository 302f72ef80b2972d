/** An alert as SNS carries it, and as people read it. */
import { correlationOf } from '../base/correlation.ts';
import { formatFalseAlarms } from '../config/false-alarm-budget.ts';
import type { Alert, AlertSilence } from './alert.ts';
import { formatLength, formatReading, formatValue } from './format-value.ts';
import { toOneLine } from './one-line.ts';
import { UndeliverableError } from './publisher.ts';
import { renderSubject } from './subject.ts';
import { findLeadingReason, nameReason } from './summarize.ts';

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
    if (cut.reasons.length === 0 && (cut.members ?? []).length === 0)
      throw new UndeliverableError(
        'alert-too-large',
        `the alert ${alert.notificationId} has ${size} bytes without its reasons; SNS takes ${LARGEST_MESSAGE}`,
      );
  }
}

/** Both lists are kept from the front: most telling first. @param share 0 to 1 */
function cutLists(alert: Alert, share: number): Alert {
  const { reasons, members } = alert;
  const keptReasons = Math.floor(reasons.length * share);
  const keptMembers = Math.floor((members?.length ?? 0) * share);
  return {
    ...alert,
    reasons: reasons.slice(0, keptReasons),
    reasonsLeftOut: alert.reasonsLeftOut + reasons.length - keptReasons,
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
    text: renderText(cut),
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

function renderText(alert: Alert): string {
  const { model, objects } = alert;
  const facts: readonly (readonly [string, string | null])[] = [
    ['State', alert.state],
    ['Severity', alert.severity],
    ['Detector', alert.detector],
    ['Service', alert.targetService],
    ['Entity', alert.entity],
    ['Start', formatTime(alert.start)],
    ['Last seen', formatTime(alert.lastAnomalous)],
    ['End', alert.end === null ? null : formatTime(alert.end)],
    ['Restarted', formatRestarts(alert)],
    ...(alert.silence !== undefined
      ? listSilence(alert, alert.silence)
      : alert.by === 'evidence'
        ? ([['Evidence', formatEvidence(alert)]] as const)
        : ([
            ['Score', formatScore(alert)],
            ['Rarity', formatRarity(alert)],
          ] as const)),
  ];
  const sources: typeof facts = [
    ['Model', `${model.kind} ${model.version}`],
    ['Trained on', `${formatTime(model.trainedFrom)} to ${formatTime(model.trainedTo)}`],
    ['Bucket', sayBucket(objects)],
    ['Window', objects.window],
    ['Scores', objects.scores],
    ['Incident', objects.incident],
    ['Anomaly', objects.anomaly ?? null],
    ['Message', alert.notificationId],
  ];
  const sections = [
    [toOneLine(alert.summary)],
    formatFacts(facts),
    formatReasons(alert),
    formatMembers(alert),
    formatNext(alert),
    // Where the runbook is, and whose it is.
    formatFacts([alert.annotations ?? {}, alert.labels ?? {}].flatMap(Object.entries<string>)),
    formatFacts(sources),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** "tidewatch-prod-data (eu-west-1)" */
function sayBucket({ bucket, region }: Alert['objects']): string | null {
  if (bucket === undefined) return null;
  return region === undefined ? bucket : `${bucket} (${region})`;
}

/** "2026-11-22 14:31:00 UTC (process_uptime_seconds)" */
function formatRestarts({ restarts = [] }: Alert): string | null {
  if (restarts.length === 0) return null;
  const byTime = Map.groupBy(restarts, ({ at }) => at);
  return Array.from(
    byTime,
    ([at, told]) => `${formatTime(at)} (${told.map(({ metric }) => metric).join(', ')})`,
  ).join(', ');
}

function listSilence(
  { score, threshold }: Alert,
  { kind, metrics, lastHeard }: AlertSilence,
): readonly (readonly [string, string | null])[] {
  const limit = `alerts from ${formatLength(threshold * 1000)}`;
  return [
    [kind === 'late' ? 'Late by' : 'Silent', `${formatLength(score * 1000)} (${limit})`],
    ['Missing', metrics.length > 0 ? metrics.join(', ') : null],
    ['Last heard', formatTime(lastHeard)],
  ];
}

/** Below the threshold it is one metric alone that was too far out: lib/decision/extreme-deviation.ts. */
function formatScore({ score, threshold }: Alert): string {
  const alone = score < threshold ? ', or where one metric alone is far beyond all that was learned' : '';
  return `${formatValue(score, undefined)} (alerts from ${formatValue(threshold, undefined)}${alone})`;
}

/** "2.3 (alerts from 1: as far as normal data goes once in a week)" */
function formatEvidence({ score, threshold, falseAlarms }: Alert): string {
  const limit = falseAlarms === undefined ? '' : `: as far as normal data goes ${sayHowOften(falseAlarms)}`;
  return `${formatValue(score, undefined)} (alerts from ${formatValue(threshold, undefined)}${limit})`;
}

/** "once in a week", "3 times in a day". */
function sayHowOften(budget: NonNullable<Alert['falseAlarms']>): string {
  const [count = '', span = ''] = formatFalseAlarms(budget).split(' per ');
  return `${count === '1' ? 'once' : `${count} times`} in ${/^\d/.test(span) ? span : `a${/^h/.test(span) ? 'n' : ''} ${span}`}`;
}

/** "normal rows score this high once in 40,000" */
function formatRarity({ rarity }: Alert): string | null {
  if (rarity === undefined) return null;
  const { onceIn, isBound, heldBack } = rarity;
  const rounded = Number(onceIn.toPrecision(2)).toLocaleString('en-US');
  return `${heldBack ? 'normal rows score' : 'the rows it learned from score'} this high ${isBound ? 'less than ' : ''}once in ${rounded}`;
}

function formatFacts(facts: readonly (readonly [string, string | null])[]): string[] {
  return facts.flatMap(([name, value]) => (value ? [`${`${name}:`.padEnd(12)}${toOneLine(value)}`] : []));
}

function formatReasons({ reasons, reasonsLeftOut, by }: Alert): string[] {
  if (reasons.length === 0 && reasonsLeftOut === 0) return [];
  const lines = reasons.map(
    (reason) =>
      `  ${`${Math.round(reason.share * 100)}%`.padStart(4)}  ${toOneLine(nameReason(reason))} ${formatReading(reason)}`,
  );
  if (reasonsLeftOut > 0) lines.push(`        and ${reasonsLeftOut} more with smaller shares`);
  return [by === 'silence' ? 'What is missing:' : `Why, by share of the ${by ?? 'score'}:`, ...lines];
}

/** Those that a person reads at three in the morning; the JSON has more, the incident's object has all. */
const SHOWN_MEMBERS = 20;

function formatMembers({ members = [], membersLeftOut = 0, state }: Alert): string[] {
  const count = members.length + membersLeftOut;
  if (count < 2) return [];
  const shown = members.slice(0, SHOWN_MEMBERS);
  const lines = shown.map(({ start, summary }) => `  ${start.slice(11, 16)}  ${toOneLine(summary)}`);
  if (count > shown.length)
    lines.push(`         and ${count - shown.length} more: see the incident's object`);
  return [
    state === 'digest'
      ? `What was not told of, most important first:`
      : `Part of it, the probable cause first (${count}, times UTC):`,
    ...lines,
  ];
}

/** What to do about it, in a sentence. */
function formatNext({ state, members = [], membersLeftOut = 0, end }: Alert): string[] {
  const [first] = members;
  if (first === undefined || end !== null || state === 'digest') return [];
  const count = members.length + membersLeftOut;
  const order =
    count === 1
      ? ''
      : ` first, where it began: the ${count === 2 ? 'other' : `${count - 1} others`} came with it or after it`;
  return [
    `Next: look at ${toOneLine(first.entity || first.workload)}${order}. Its rows around that time are in the objects below.`,
  ];
}

/** "2026-11-22 14:32:00 UTC" */
function formatTime(iso: string): string {
  return iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?Z$/, '$1 $2 UTC');
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

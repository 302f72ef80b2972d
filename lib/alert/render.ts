/** An alert as SNS carries it, and as people read it. */
import { correlationOf } from '../base/correlation.ts';
import { formatFalseAlarms } from '../config/false-alarm-budget.ts';
import type { Alert, AlertSilence } from './alert.ts';
import { formatLength, formatReading, formatValue } from './format-value.ts';
import { toOneLine } from './one-line.ts';
import { UndeliverableError } from './publisher.ts';
import { findLeadingReason, nameReason } from './summarize.ts';

export interface RenderedAlert {
  /** ASCII, one line, shorter than 100 characters. */
  readonly subject: string;
  /** The alert as JSON: for queues, functions and webhooks. */
  readonly body: string;
  /** For e-mail and terminals. */
  readonly text: string;
  /** What subscribers filter by. Never empty; without an entity, `entity` is the detector's name. */
  readonly attributes: {
    readonly detector: string;
    readonly severity: string;
    readonly entity: string;
    /** The one that the summary names; `none` where no metric has a share. */
    readonly metric: string;
    readonly state: string;
    /** Of the window that it came of: the id that log lines carry. */
    readonly correlationId: string;
  };
}

/** "Must be less than 100 characters long": https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const LONGEST_SUBJECT = 99;
/** Characters. A filter compares what is left of a longer name. */
const LONGEST_ATTRIBUTE = 256;
/** Bytes of the message with its attributes; 1 KiB is left for what SNS adds. */
const LARGEST_MESSAGE = 255 * 1024;

/** @throws UndeliverableError where it is too large for SNS even without its reasons */
export function renderAlert(alert: Alert): RenderedAlert {
  for (let kept = alert.reasons.length; ; kept = Math.floor(kept / 2)) {
    const cut: Alert = {
      ...alert,
      reasons: alert.reasons.slice(0, kept),
      reasonsLeftOut: alert.reasonsLeftOut + alert.reasons.length - kept,
    };
    const rendered = render(cut, alert);
    const size = messageSize(rendered);
    if (size <= LARGEST_MESSAGE) return rendered;
    if (kept === 0)
      throw new UndeliverableError(
        'alert-too-large',
        `the alert ${alert.notificationId} has ${size} bytes without its reasons; SNS takes ${LARGEST_MESSAGE}`,
      );
  }
}

/** What `MessageStructure: json` makes of it: e-mail gets the text, SMS the subject, everything else the JSON. */
export function renderSnsMessage({ body, text, subject }: RenderedAlert): string {
  return JSON.stringify({ default: body, email: text, sms: subject });
}

function render(cut: Alert, whole: Alert): RenderedAlert {
  return {
    subject: renderSubject(cut),
    body: escapeNonCharacters(JSON.stringify(cut)),
    text: renderText(cut),
    attributes: {
      detector: toAttribute(cut.detector),
      severity: cut.severity,
      entity: toAttribute(cut.entity || cut.detector),
      metric: toAttribute(whole.silence?.metrics[0] ?? findLeadingReason(whole.reasons)?.metric ?? 'none'),
      state: cut.state,
      correlationId: toAttribute(correlationOf(cut.objects.window)),
    },
  };
}

function renderSubject({ state, severity, summary }: Alert): string {
  const isOver = state === 'resolved' || state === 'settled';
  const line = toAscii(`[${isOver ? state : severity}] ${summary}`);
  return line.length <= LONGEST_SUBJECT ? line : `${line.slice(0, LONGEST_SUBJECT - 3)}...`;
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
    ['Window', objects.window],
    ['Scores', objects.scores],
    ['Incident', objects.incident],
    ['Message', alert.notificationId],
  ];
  const sections = [
    [toOneLine(alert.summary)],
    formatFacts(facts),
    formatReasons(alert),
    formatFacts(sources),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
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

/** "2026-11-22 14:32:00 UTC" */
function formatTime(iso: string): string {
  return iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?Z$/, '$1 $2 UTC');
}

function toAttribute(text: string): string {
  const line = toOneLine(text).slice(0, LONGEST_ATTRIBUTE).toWellFormed();
  return line.trim() === '' ? 'none' : line;
}

function toAscii(text: string): string {
  return (
    toOneLine(text)
      .replaceAll(/[–—−]/g, '-')
      .replaceAll('…', '...')
      .replaceAll('µ', 'u')
      .normalize('NFKD')
      // The accents that NFKD took off their letters.
      .replaceAll(/\p{M}/gu, '')
      .replaceAll(/[^ -~]/gu, '?')
  );
}

/** SQS refuses U+FFFE and U+FFFF, which JSON.stringify leaves as they are. */
function escapeNonCharacters(json: string): string {
  return json.replaceAll('\ufffe', '\\ufffe').replaceAll('\uffff', '\\uffff');
}

function messageSize(rendered: RenderedAlert): number {
  const attributes = Object.entries(rendered.attributes).map(([name, value]) => `${name}String${value}`);
  return Buffer.byteLength(renderSnsMessage(rendered) + rendered.subject + attributes.join(''));
}

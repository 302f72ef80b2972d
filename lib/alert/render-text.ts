/** An alert as people read it: in a mail, at a terminal, at three in the morning. */
import { quoteForeign } from '../base/foreign-text.ts';
import { formatFalseAlarms } from '../config/false-alarm-budget.ts';
import type { Alert, AlertSilence } from './alert.ts';
import { type Answer, showCommand } from './answer-commands.ts';
import { formatLength, formatReading, formatValue } from './format-value.ts';
import { toOneLine } from './one-line.ts';
import { pageAddress, pageLink } from './page-link.ts';
import { findLeadingReason, isFarther, nameReason } from './summarize.ts';

/** Name and what it is; null where there is nothing to say. */
type Facts = readonly (readonly [string, string | null | undefined])[];

/** Characters of a label's or an annotation's name and value that the text shows. */
const LONGEST_SHOWN_NAME = 80;
const LONGEST_SHOWN = 300;
/** Columns of the label before a command. */
const ANSWER_WIDTH = 19;

/** @param answers of the message before it was cut: what its members have in common is not to change */
export function renderText(alert: Alert, answers: readonly Answer[]): string {
  const { model, objects } = alert;
  const isDigest = alert.state === 'digest';
  // What the fields of a digest tell is of its first incident alone.
  const sources: Facts = [
    ...(isDigest
      ? []
      : ([
          ['Model', `${model.kind} ${model.version}`],
          ['Trained on', `${formatTime(model.trainedFrom)} to ${formatTime(model.trainedTo)}`],
        ] as const)),
    ['Bucket', sayBucket(objects)],
    ...(isDigest
      ? ([['Digest', objects.incident]] as const)
      : ([
          ['Window', objects.window],
          ['Scores', objects.scores],
          ['Incident', objects.incident],
          ['Anomaly', objects.anomaly ?? null],
        ] as const)),
    ['Message', alert.notificationId],
  ];
  const sections = [
    [toOneLine(alert.summary)],
    formatFacts(isDigest ? [['Severity', alert.severity]] : listFacts(alert)),
    isDigest ? [] : formatReasons(alert),
    isDigest ? formatDigested(alert) : formatMembers(alert),
    isDigest ? [] : formatRelated(alert),
    formatNext(alert),
    formatPage(alert),
    formatAnswers(alert, answers),
    isDigest ? [] : formatMetadata(alert),
    formatFacts(sources),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function listFacts(alert: Alert): Facts {
  return [
    ['State', alert.state],
    ['Severity', alert.severity],
    ['Detector', alert.detector],
    ['Service', alert.targetService],
    ['Entity', alert.entity],
    ['Start', formatTime(alert.start)],
    ['Last seen', formatTime(alert.lastAnomalous)],
    ['End', alert.end === null ? null : formatTime(alert.end)],
    ['Worst', formatWorst(alert)],
    ['Restarted', formatRestarts(alert)],
    ['Rolled out', formatRollouts(alert)],
    ...(alert.silence !== undefined
      ? listSilence(alert, alert.silence)
      : alert.by === 'evidence'
        ? ([['Evidence', formatEvidence(alert)]] as const)
        : ([
            ['Score', formatScore(alert)],
            ['Rarity', formatRarity(alert)],
          ] as const)),
  ];
}

/** "tidewatch-prod-data (eu-west-1)" */
function sayBucket({ bucket, region }: Alert['objects']): string | null {
  if (bucket === undefined) return null;
  return region === undefined ? bucket : `${bucket} (${region})`;
}

/** "filesystem_usage 0.89 (usual 0.38–0.41) at 2026-11-22 17:55:00 UTC"; null where the reasons say as much. */
function formatWorst({ worst, reasons, state }: Alert): string | null {
  const leading = findLeadingReason(reasons);
  if (worst === undefined || leading === undefined || state === 'retracted') return null;
  if (!isFarther(worst, leading)) return null;
  return `${worst.metric} ${formatReading(worst)} at ${formatTime(worst.at)}`;
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

/** "shop/checkout at 2026-11-22 14:31:00 UTC (6d4cf56db6 to 7f9cb5c8d6)" */
function formatRollouts({ rollouts = [] }: Alert): string | null {
  if (rollouts.length === 0) return null;
  return rollouts
    .map(
      ({ workload, kind, at, from, to }) =>
        `${workload} at ${formatTime(at)} (${kind === 'DaemonSet' ? 'generation ' : ''}${from} to ${to})`,
    )
    .join(', ');
}

function listSilence(
  { score, threshold }: Alert,
  { kind, metrics, lastHeard, expected, lastVisit }: AlertSilence,
): Facts {
  const limit = `alerts from ${formatLength(threshold * 1000)}`;
  return [
    [kind === 'late' ? 'Late by' : 'Silent', `${formatLength(score * 1000)} (${limit})`],
    ['Missing', metrics.length > 0 ? metrics.join(', ') : null],
    ['Last heard', formatTime(lastHeard)],
    ['Expected', expected && formatTime(expected)],
    [
      'Last visit',
      lastVisit &&
        `${formatTime(lastVisit.from)}, for ${formatLength(Date.parse(lastVisit.to) - Date.parse(lastVisit.from))}`,
    ],
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

function formatFacts(facts: Facts, width = 12): string[] {
  return facts.flatMap(([name, value]) => (value ? [`${`${name}:`.padEnd(width)}${toOneLine(value)}`] : []));
}

/** Where the runbook is, and whose it is. In one line each, and as long as a person reads; the JSON has them whole. */
function formatMetadata({ annotations = {}, labels = {}, metadataLeftOut = 0 }: Alert): string[] {
  const facts = [annotations, labels]
    .flatMap(Object.entries<string>)
    .map(
      ([name, value]) =>
        [quoteForeign(name, LONGEST_SHOWN_NAME), quoteForeign(value, LONGEST_SHOWN)] as const,
    );
  const left =
    metadataLeftOut === 0
      ? []
      : [`${metadataLeftOut} labels and annotations of the manifest are too many or too long for a message.`];
  return [...formatFacts(facts), ...left];
}

/** Where a person looks first. */
function formatPage(alert: Alert): string[] {
  const [address, link] = [pageAddress(alert), pageLink(alert)];
  if (address === undefined) return [];
  return formatFacts([
    ['Page', address],
    ['Look at it', link ?? `aws s3 cp ${address} .`],
    ['Answer it', alert.links && `there, until ${formatTime(alert.links.expires)}, or by a command:`],
  ]);
}

/** Whole commands: each is run as it stands. */
function formatAnswers(alert: Alert, answers: readonly Answer[]): string[] {
  // Nobody silences what is over.
  const used = alert.end === null ? answers : answers.slice(0, -1);
  return formatFacts(
    used.flatMap(({ label, command, covers }) => [
      [label, command] as const,
      ...(covers === undefined ? [] : [['  covers', covers] as const]),
    ]),
    ANSWER_WIDTH,
  );
}

function formatReasons({ state, reasons, reasonsLeftOut, by, end }: Alert): string[] {
  if (reasons.length === 0 && reasonsLeftOut === 0) return [];
  // What adds nothing to a whole percent is no reason to read; of silence, all are told: there is one share for each.
  const told = reasons.filter(
    ({ share }, nth) => nth === 0 || by === 'silence' || Math.round(share * 100) > 0,
  );
  const lines = told.map(
    (reason) =>
      `  ${`${Math.round(reason.share * 100)}%`.padStart(4)}  ${toOneLine(nameReason(reason))} ${formatReading(reason)}`,
  );
  const more = reasons.length - told.length + reasonsLeftOut;
  if (more > 0) lines.push(`        and ${more} more with smaller shares`);
  if (state === 'retracted') return ['The corrected data:', ...lines];
  const missing = end === null ? 'What is missing:' : 'What was missing:';
  return [by === 'silence' ? missing : `Why, by share of the ${by ?? 'score'}:`, ...lines];
}

/** Of the same detector there may be many, of others a few: those are told in any case. */
const SHOWN_RELATED = 5;

/** Others that are no part of it may be hit as well, or be the cause. */
function formatRelated({ related = [], detector }: Alert): string[] {
  if (related.length === 0) return [];
  const others = related.filter((each) => each.detector !== detector).slice(0, SHOWN_RELATED);
  const own = related.filter((each) => each.detector === detector).slice(0, SHOWN_RELATED - others.length);
  const shown = related.filter((each) => others.includes(each) || own.includes(each));
  const lines = shown.map((each) => {
    const sign = each.correlation < 0 ? '-' : '+';
    const name = each.entity || each.detector;
    const by = each.detector === detector ? '' : `, by ${each.detector}`;
    return `  ${sign}${Math.abs(each.correlation).toFixed(2)}  ${toOneLine(`${name} ${each.metric}${by}`)}`;
  });
  return ['What moved with it, by correlation:', ...lines];
}

/** Those that a person reads at three in the morning; the JSON has more, the incident's object has all. */
const SHOWN_MEMBERS = 20;

function formatMembers({ members = [], membersLeftOut = 0 }: Alert): string[] {
  const count = members.length + membersLeftOut;
  if (count < 2) return [];
  const shown = members.slice(0, SHOWN_MEMBERS);
  const lines = shown.map(({ start, summary }) => `  ${start.slice(11, 16)}  ${toOneLine(summary)}`);
  if (count > shown.length)
    lines.push(`         and ${count - shown.length} more: see the incident's object`);
  return [`Part of it, the probable cause first (${count}, times UTC):`, ...lines];
}

/** Each with the command that tells more of it. */
function formatDigested({ members = [], membersLeftOut = 0, objects }: Alert): string[] {
  const count = members.length + membersLeftOut;
  const shown = members.slice(0, SHOWN_MEMBERS);
  const lines = shown.flatMap(({ summary, incidentId }) => [
    `  ${toOneLine(summary)}`,
    ...(incidentId === undefined ? [] : [`    ${showCommand(incidentId, objects.bucket)}`]),
  ]);
  if (count > shown.length) lines.push(`  and ${count - shown.length} more: see the digest's object`);
  return ['What was not told of, the most important first:', ...lines];
}

/** What to do about it, in a sentence. */
function formatNext(alert: Alert): string[] {
  const { state, members = [], membersLeftOut = 0, silence, objects } = alert;
  const [first] = members;
  if (first === undefined || state === 'digest') return [];
  if (state === 'settled')
    return ['Next: see whether the new level is meant. It counts as usual from now on.'];
  if (state === 'retracted')
    return [
      'Next: nothing. The data that showed it were corrected, and by the corrected ones it was not there.',
    ];
  if (state === 'resolved')
    return ['Next: nothing that cannot wait. Say whether it was real, while you know.'];
  const name = toOneLine(first.entity || first.workload);
  // One that came back is still one.
  const entities = new Set(members.map(({ detector, entity }) => JSON.stringify([detector, entity])));
  const count = entities.size + membersLeftOut;
  const others = count === 2 ? 'the other' : `the ${count - 1} others`;
  const order =
    count === 1
      ? ''
      : ` first, where it began: ${others} came with it, after it, or ${count === 2 ? 'depends' : 'depend'} on it`;
  const where =
    objects.page === undefined
      ? 'Its rows around that time are in the objects below.'
      : 'Its page shows the metrics before and since.';
  if (silence === undefined) return [`Next: look at ${name}${order}. ${where}`];
  const detector = toOneLine(alert.detector);
  if (silence.kind === 'source')
    return [
      `Next: see whether the source of ${detector} still answers, or drops its files: nothing came, of any entity. Exports that fail say why in their log.`,
    ];
  if (silence.kind === 'late')
    return [`Next: see what holds up the data of ${detector}: it comes, but too late to be watched in time.`];
  return count === 1
    ? [`Next: see whether ${name} still runs, and whether its metrics are still collected.`]
    : [
        `Next: see whether they still run, ${name} first, and whether metrics are still collected: where many fall silent together, it may be whoever collects them.`,
      ];
}

/** "2026-11-22 14:32:00 UTC" */
function formatTime(iso: string): string {
  return iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?Z$/, '$1 $2 UTC');
}

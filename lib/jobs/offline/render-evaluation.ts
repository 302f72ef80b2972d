/** What held-out rows said, written into the version's report and beside it for programs. */
import { formatLength } from '../../alert/format-value.ts';
import type { Evaluation } from '../../evaluation/evaluate-scores.ts';
import type { CriterionCounts } from '../../features/apply-criteria.ts';
import { countOf, formatCount, formatRate, formatScore, formatTime } from '../../report/format.ts';
import { encodeJson } from '../../store/json.ts';
import type { TimeRange } from '../../window/time-range.ts';
import { type Miss, missFields } from './explain-misses.ts';

/** What the rows say that the fit never saw. */
export interface HeldOut {
  readonly range: TimeRange;
  readonly rows: number;
  /** Incidents that would have been opened, and what that is in a week. */
  readonly incidents: number;
  readonly incidentsPerWeek: number;
  /** Undefined where nothing says what was anomalous. */
  readonly evaluation: Omit<Evaluation, 'missed'> | undefined;
  /** Labelled events that no incident overlaps, and why. */
  readonly misses: readonly Miss[];
  readonly labelledBy: CriterionCounts;
}

export type Figure = readonly [label: string, value: string];

const PAGE = 'report.html';
const SUMMARY = 'summary_report.txt';

/**
 * @param files of the version: the pages among them get a section, where they were made
 * @param plots of the page's section, as markup; empty where there are none
 */
export function renderEvaluation(
  heldOut: HeldOut,
  files: Readonly<Record<string, Uint8Array>>,
  plots: string,
): Readonly<Record<string, Uint8Array>> {
  const page = files[PAGE];
  const summary = files[SUMMARY];
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return {
    'evaluation.json': encodeJson(heldOutFields(heldOut)),
    ...(page && { [PAGE]: encode(insertSection(decode(page), heldOut, plots)) }),
    ...(summary && { [SUMMARY]: encode(`${decode(summary)}\n${sayHeldOut(heldOut)}\n`) }),
  };
}

/** As JSON has it: what is not defined is null. */
export function heldOutFields({ range, evaluation, misses, ...rest }: HeldOut): object {
  return {
    start: new Date(range.start).toISOString(),
    end: new Date(range.end).toISOString(),
    ...rest,
    evaluation: evaluation === undefined ? null : nullForNaN(evaluation),
    missed: misses.map(missFields),
  };
}

export function nullForNaN(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(nullForNaN);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, nullForNaN(member)]));
}

/** Lines of text. */
export function sayHeldOut(heldOut: HeldOut): string {
  return ['HELD-OUT ROWS', ...formatFigures(figuresOfHeldOut(heldOut)), ...listMisses(heldOut.misses)].join(
    '\n',
  );
}

export function formatFigures(figures: readonly Figure[]): readonly string[] {
  const width = Math.max(...figures.map(([label]) => label.length));
  return figures.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
}

/** Events named one by one. */
const MOST_MISSES = 20;

/** Lines of text: why each event was missed; none where all were found. */
export function listMisses(misses: readonly Miss[]): readonly string[] {
  const left = misses.length - MOST_MISSES;
  return [
    ...misses
      .slice(0, MOST_MISSES)
      .map(
        (miss) =>
          `missed  ${formatTime(miss.start)} to ${formatTime(miss.end)}  ${miss.entity === '' ? '' : `${miss.entity}: `}${miss.said}`,
      ),
    ...(left > 0 ? [`and ${left} more; the JSON has them all`] : []),
  ];
}

export function figuresOf(evaluation: Omit<Evaluation, 'missed'>): readonly Figure[] {
  const { confusion: c, events, delay } = evaluation;
  return [
    [
      'rows',
      `${formatCount(evaluation.rows)} scored, ${formatCount(evaluation.anomalousRows)} labelled anomalous${evaluation.unscoredRows > 0 ? `; ${formatCount(evaluation.unscoredRows)} without a score` : ''}`,
    ],
    ['VUS-PR, VUS-ROC', `${score(evaluation.vusPr)}, ${score(evaluation.vusRoc)}`],
    [
      'average precision',
      `${score(evaluation.averagePrecision)} (chance ${score(evaluation.anomalousRows / evaluation.rows)})`,
    ],
    ['ROC AUC', score(evaluation.rocAuc)],
    ['at the threshold', `${formatScore(evaluation.threshold)}, row by row`],
    ['precision, recall, F1', [evaluation.precision, evaluation.recall, evaluation.f1].map(score).join(', ')],
    [
      'confusion matrix',
      `${c.truePositives} true positives, ${c.falsePositives} false positives, ${c.falseNegatives} false negatives, ${c.trueNegatives} true negatives`,
    ],
    ['best F1', `${score(evaluation.bestF1)}, at a threshold that nobody knows beforehand`],
    [
      'events',
      `${events.foundEvents} of ${countOf(events.events, 'labelled event')} found by ${countOf(events.alerts, 'anomaly', 'anomalies')}: recall ${score(events.recall)}, precision ${score(events.precision)}`,
    ],
    [
      'detection delay',
      Number.isNaN(delay.median)
        ? 'nothing was found'
        : `${formatLength(delay.median)} median, ${formatLength(Math.round(delay.mean))} mean`,
    ],
    ['false alarms', `${formatRate(evaluation.falseAlarmsPerDay)} a day (${events.falseAlerts})`],
  ];
}

function figuresOfHeldOut({
  range,
  rows,
  incidents,
  incidentsPerWeek,
  evaluation,
  labelledBy,
}: HeldOut): readonly Figure[] {
  const head: readonly Figure[] = [
    [
      'held out',
      `${formatTime(range.start)} to ${formatTime(range.end)} UTC, ${countOf(rows, 'row')} that the model never saw`,
    ],
  ];
  if (evaluation === undefined)
    return [
      ...head,
      ['labels', 'none, neither a column “label” nor criteria: nothing says how right it is'],
      ['anomalies', `${incidents}, ${formatRate(incidentsPerWeek)} a week`],
    ];
  const made = Object.entries(labelledBy).map(([name, count]) => `${name} ${count}`);
  return [
    ...head,
    ...(made.length > 0 ? [['labels', `made by criteria, rows in all: ${made.join(', ')}`] as const] : []),
    ...figuresOf(evaluation),
  ];
}

function insertSection(page: string, heldOut: HeldOut, plots: string): string {
  const rows = figuresOfHeldOut(heldOut).map(
    ([label, value]) => `<dt>${escapeText(label)}</dt><dd>${escapeText(value)}</dd>`,
  );
  // An entity's name comes from data.
  const missed = listMisses(heldOut.misses).map((line) => `<li>${escapeText(line)}</li>`);
  // The plots name them beside what was told.
  const list = missed.length === 0 || plots !== '' ? '' : `<ul>${missed.join('')}</ul>`;
  return page.replace(
    '</main>',
    () => `<h2>Held-out rows</h2><dl>${rows.join('')}</dl>${list}${plots}</main>`,
  );
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function score(value: number): string {
  return Number.isNaN(value) ? 'not defined' : formatScore(value);
}

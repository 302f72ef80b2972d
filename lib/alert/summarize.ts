/** An alert in one sentence. */
import type { Transition } from '../decision/contract.ts';
import type { News, NotifiedState } from '../incident/contract.ts';
import { LONG } from '../incident/severity.ts';
import type { AlertSettled, AlertWorst, AnomalyFacts, Reason } from './alert.ts';
import { formatLength, formatReading, formatValue } from './format-value.ts';
import { toOneLine } from './one-line.ts';
import { type Due, type Fate, saySilence, type ToldAgain } from './say-silence.ts';

/** When and how something changed. Times are epoch ms. */
export interface Course extends Pick<Transition, 'start' | 'lastAnomalous' | 'end' | 'isGone'> {
  readonly state: NotifiedState;
  readonly again?: ToldAgain | undefined;
  readonly news?: readonly News[] | undefined;
}

/** Of a change, what the sentence needs. */
export interface Summarized extends Course, Pick<Transition, 'peakScore'> {}

/** Times as far from what was expected: less is what a metric does from row to row. */
const CLEARLY_FARTHER = 1.1;

/** Characters of a name that the sentence shows: names come from dropped files too. */
const LONGEST_NAME = 80;

/**
 * "shop/payment: cpu_usage 0.83 (usual 0.01–0.05) and 2 more metrics, since 14:32 UTC, 6 min". The first metric that left its
 * usual range speaks for the others that did; where none did, it is their combination that is unusual.
 *
 * @param given.who the entity, or what stands in where there is only one
 * @param given.reasons largest share first
 * @param given.step ms that a row stands for
 */
export function summarize(given: {
  readonly who: string;
  readonly transition: Summarized;
  readonly reasons: readonly Reason[];
  readonly step: number;
  readonly by?: AnomalyFacts['by'];
  readonly threshold: number;
  readonly silence?: AnomalyFacts['silence'];
  readonly fate?: Fate | undefined;
  /** ISO 8601 UTC. */
  readonly restartedAt?: string | undefined;
  readonly settled?: AlertSettled | undefined;
  readonly worst?: AlertWorst | undefined;
}): string {
  const { transition, step, silence, fate } = given;
  const what = describeWhat(transition.state, given);
  if (silence !== undefined)
    return `${shorten(given.who)}: ${describeSilence({ silence, transition, step, fate })}`;
  const why = what ?? sayScore({ ...given, score: transition.peakScore });
  const { restartedAt, settled } = given;
  return describeCourse({
    who: shorten(given.who),
    what,
    why,
    change: transition,
    step,
    restartedAt,
    settled,
  });
}

/**
 * What it is or was: at the row that told most of it, and once it is told of again as far as it went. Undefined where only a
 * score says so.
 */
export function describeWhat(
  state: NotifiedState,
  { reasons, worst }: Pick<AnomalyFacts, 'reasons' | 'worst'>,
): string | undefined {
  if (state === 'retracted') return describeLeading(reasons);
  return describeReasons(reasons, tellsFarthest(state) ? worst : undefined);
}

/** What opened is told by the row that opened it, what settled with what it began with, and what was never there as it is usual. */
export function tellsFarthest(state: NotifiedState): boolean {
  return state !== 'opened' && state !== 'settled' && state !== 'retracted';
}

/** What is missing since when, or that it is back. */
export function describeSilence(given: {
  readonly silence: NonNullable<AnomalyFacts['silence']>;
  readonly transition: Summarized;
  readonly step: number;
  readonly fate?: Fate | undefined;
}): string {
  const { silence, transition, step, fate } = given;
  const { state, start, again, peakScore: seconds } = transition;
  const end = transition.end ?? transition.lastAnomalous + step;
  return saySilence(silence, {
    state,
    from: formatTime(start, again === 'still' ? undefined : end),
    to: formatTime(end, start),
    length: formatLength(end - start),
    seconds,
    again,
    due: describeDue(silence, { end, again }),
    fate,
  });
}

function describeDue(
  { expected, lastVisit }: NonNullable<AnomalyFacts['silence']>,
  { end, again }: { readonly end: number; readonly again: ToldAgain | undefined },
): Due | undefined {
  if (expected === undefined) return undefined;
  const due = Date.parse(expected);
  const other = again === 'still' ? undefined : end;
  return {
    at: formatTime(due, other),
    late: formatLength(Math.max(0, end - due)),
    visit: lastVisit && {
      from: formatTime(Date.parse(lastVisit.from), other),
      length: formatLength(Date.parse(lastVisit.to) - Date.parse(lastVisit.from)),
    },
  };
}

/**
 * Who, what and since when, as it stands or as it ended.
 *
 * @param given.what it was; undefined where only a score says so
 * @param given.why the same, or that score
 */
export function describeCourse(given: {
  readonly who: string;
  readonly what: string | undefined;
  readonly why: string;
  readonly change: Course;
  readonly step: number;
  /** ISO 8601 UTC. */
  readonly restartedAt?: string | undefined;
  readonly settled?: AlertSettled | undefined;
}): string {
  const { who, what, why, change, step } = given;
  const { state, start, again } = change;
  const end = change.end ?? change.lastAnomalous + step;
  const length = formatLength(end - start);
  const restart =
    given.restartedAt === undefined ? '' : `; restarted at ${formatTime(Date.parse(given.restartedAt), end)}`;
  switch (state) {
    case 'resolved':
      return `${who}: ${change.isGone === true ? 'gone' : 'over'} at ${formatTime(end, start)} after ${length}${what === undefined ? '' : `; it was ${what}`}`;
    case 'settled':
      return `${who}: settled at a new level at ${formatTime(end, start)} after ${length}${saySettled(given.settled, what)}`;
    case 'retracted':
      return `${who}: not so by corrected data, ${formatTime(start, end)} to ${formatTime(end, start)}${what === undefined ? '' : `; ${what}`}`;
    // How long it is is not known of an anomaly of which nothing new was told.
    case 'escalated':
      return `${who}: ${sayEscalated(change.news)}, ${why}, since ${formatTime(start, end)}${restart}`;
    default:
      if (again === 'still') return `${who}: still open, ${why}, since ${formatTime(start, undefined)}`;
      return `${who}: ${again === 'back' ? 'there again, ' : state === 'updated' ? sayWorse(change.news) : ''}${why}, since ${formatTime(start, end)}, ${length}${restart}`;
  }
}

/** With the reason; of what is wider, who it is of tells it. */
function sayEscalated(news: readonly News[] = []): string {
  const now = news.includes('wider') ? '' : ' now';
  if (news.includes('farther')) return `more serious${now}, farther out`;
  return `more serious${now}${news.includes('longer') ? `, open for over ${formatLength(LONG)}` : ''}`;
}

/** What the number tells of is no worse where all that is new is of how many. */
function sayWorse(news: readonly News[] = []): string {
  return news.includes('wider') && !news.includes('farther') ? '' : 'getting worse, ';
}

/** ": pod_memory_usage 905 MiB in place of 334 MiB"; where the new level is not known, what it began with. */
function saySettled(settled: AlertSettled | undefined, what: string | undefined): string {
  if (settled === undefined) return what === undefined ? '' : `; it began with ${what}`;
  const { metric, value, usual, unit } = settled;
  return `: ${shorten(metric)} ${formatValue(value, unit)} in place of ${formatValue(usual, unit)}`;
}

/** The metric that the alert is about: the first that left its usual range, or else the one with the largest share. */
export function findLeadingReason(reasons: readonly Reason[]): Reason | undefined {
  return reasons.find(isUnusual) ?? reasons[0];
}

/** "cpu_usage", "cpu_usage (change over 5m)". */
export function nameReason({ metric, derived }: Reason): string {
  return derived === undefined ? metric : `${metric} (${derived})`;
}

/** Undefined where there is none. */
function describeReasons(reasons: readonly Reason[], worst: AlertWorst | undefined): string | undefined {
  const unusual = reasons.filter(isUnusual);
  const [first, second] = unusual.length > 0 ? unusual : reasons;
  if (first === undefined) return undefined;
  if (unusual.length > 0) {
    const others = new Set(unusual.map(({ metric }) => metric)).size - 1;
    const more = others === 0 ? '' : ` and ${others} more metric${others === 1 ? '' : 's'}`;
    return `${worst !== undefined && isFarther(worst, first) ? describeWorst(worst) : describeReason(first)}${more}`;
  }
  if (second === undefined) return `unusual ${describeReason(first)}`;
  return `unusual combination of ${describeReason(first)} and ${describeReason(second)}`;
}

/** Of what is usual: it is no combination of anything. */
function describeLeading([first]: readonly Reason[]): string | undefined {
  return first === undefined ? undefined : describeReason(first);
}

/** "evidence 2.3 (alerts from 1)" */
export function sayScore({ by, score, threshold }: Pick<AnomalyFacts, 'by' | 'score' | 'threshold'>): string {
  return `${by ?? 'score'} ${formatValue(score, undefined)} (alerts from ${formatValue(threshold, undefined)})`;
}

/** "filesystem_usage up to 0.89 (usual 0.38–0.41)" */
function describeWorst(worst: AlertWorst): string {
  return `${shorten(worst.metric)} ${worst.value < worst.usual ? 'down' : 'up'} to ${formatReading(worst)}`;
}

/** Whether it went clearly farther than the reason says, or that is of something computed from it. */
export function isFarther(worst: AlertWorst, { metric, derived, value, usual }: Reason): boolean {
  if (worst.metric !== metric) return false;
  if (worst.value >= worst.usualLow && worst.value <= worst.usualHigh) return false;
  if (derived !== undefined || value === null) return true;
  return Math.abs(worst.value - worst.usual) >= CLEARLY_FARTHER * Math.abs(value - usual);
}

function describeReason(reason: Reason): string {
  return `${shorten(nameReason(reason))} ${formatReading(reason)}`;
}

function isUnusual({ value, usualLow, usualHigh }: Reason): boolean {
  return value === null || value < usualLow || value > usualHigh;
}

/** "14:32 UTC", with the day where the other end of the incident lies on another one. */
function formatTime(time: number, other: number | undefined): string {
  const iso = new Date(time).toISOString();
  const sameDay = other !== undefined && iso.slice(0, 10) === new Date(other).toISOString().slice(0, 10);
  return `${sameDay ? '' : `${iso.slice(0, 10)} `}${iso.slice(11, 16)} UTC`;
}

export function shorten(name: string): string {
  const line = toOneLine(name);
  return line.length <= LONGEST_NAME ? line : `${line.slice(0, LONGEST_NAME - 1)}…`;
}

/** An event of a calendar, and whether it lasts at a time. */
import { DAY, type ZoneClock } from '../../features/zone-clock.ts';
import { type Length, toEpoch } from './local-time.ts';
import { listOccurrences, type Recurrence } from './recurrence.ts';

export interface Span {
  /** Epoch ms; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

export interface CalendarEvent {
  /** Local ms. */
  readonly start: number;
  readonly length: Length;
  readonly clock: ZoneClock;
  readonly rules: readonly Recurrence[];
  /** RDATE: further times, each with its end. */
  readonly more: readonly Span[];
  /** EXDATE, and times that another event stands in for: epoch ms, and local ms of whole days. */
  readonly except: ReadonlySet<number>;
  readonly exceptDays: ReadonlySet<number>;
}

/** @param now epoch ms */
export function isDuring(event: CalendarEvent, now: number): boolean {
  const { clock, more, except } = event;
  if (more.some(({ start, end }) => start <= now && now < end && !except.has(start))) return true;
  const local = now + clock.offsetAt(now);
  // A day more on both sides: clocks change by less.
  const from = local - event.length.nominal - event.length.exact - DAY;
  for (const { start, end } of listSpans(event, { from, to: local + DAY }))
    if (start <= now && now < end) return true;
  return false;
}

/**
 * Of the start and the rules, in no certain order; one that both a rule and the start have may come twice.
 * @param range local ms in which they start
 */
function* listSpans(
  { start, length, clock, rules, except, exceptDays }: CalendarEvent,
  { from, to }: { readonly from: number; readonly to: number },
): Generator<Span, void, undefined> {
  const locals =
    rules.length === 0
      ? [start].filter((local) => local >= from && local < to)
      : rules.flatMap((rule) => [...listOccurrences(rule, { start, from, to })]);
  for (const local of locals) {
    const begin = toEpoch(local, clock);
    if (except.has(begin) || exceptDays.has(Math.floor(local / DAY) * DAY)) continue;
    yield { start: begin, end: toEpoch(local + length.nominal, clock) + length.exact };
  }
}

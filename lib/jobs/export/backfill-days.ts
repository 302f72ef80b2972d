/** The days of a backfill: what a person asks for, checked before anything is exported. */
import { TidewatchError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { backfillStart } from './export-plan.ts';

/** As it is asked for, of whatever type it came as; days are YYYY-MM-DD, UTC, both inclusive. */
export interface BackfillRequest {
  readonly from: unknown;
  /** Undefined: the last whole day before what is exported. */
  readonly to?: unknown;
}

const DAY = 86_400_000;
/** Ten years. What Step Functions hands from state to state is 256 KB, and a day of the list takes 13 bytes. */
export const MOST_DAYS = 3_660;

/**
 * Oldest first.
 * @throws TidewatchError `bad-backfill` for what is no range of past days
 */
export function listBackfillDays(
  { from, to }: BackfillRequest,
  detector: Detector,
  state: Pick<DetectorState, 'exportedUntil'>,
  now: number,
): readonly string[] {
  const limit = backfillLimit(detector, state, now);
  const first = readDay('from', from);
  const last = to === undefined ? Math.floor(limit / DAY) * DAY - DAY : readDay('to', to);
  if (last < first)
    throw problem(
      `the days of the backfill end on ${formatDay(last)}, before they begin on ${formatDay(first)}`,
    );
  checkPast(last, detector, limit);
  const count = (last - first) / DAY + 1;
  if (count > MOST_DAYS)
    throw problem(
      `${formatDay(first)} to ${formatDay(last)} are ${count} days, and a backfill has ${MOST_DAYS} at most`,
    );
  return Array.from({ length: count }, (_, i) => formatDay(first + i * DAY));
}

/**
 * The schedule exports from here on, epoch ms: whatever ends by then is nobody else's.
 */
export function backfillLimit(
  detector: Detector,
  { exportedUntil }: Pick<DetectorState, 'exportedUntil'>,
  now: number,
): number {
  return exportedUntil ?? backfillStart(detector, now);
}

/** Midnight of a day, epoch ms. @throws TidewatchError `bad-backfill` */
export function readDay(what: string, text: unknown): number {
  const time =
    typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  if (!Number.isNaN(time) && formatDay(time) === text) return time;
  throw problem(`${what} is ${JSON.stringify(text)}, not a day such as 2025-11-21`);
}

/** @throws TidewatchError `bad-backfill` where the schedule has yet to export a part of the day */
export function checkPast(day: number, { name }: Pick<Detector, 'name'>, limit: number): void {
  if (day + DAY > limit)
    throw problem(
      `the schedule of ${name} exports from ${new Date(limit).toISOString()} on, and a backfill ends before: ${formatDay(day)} does not`,
    );
}

function formatDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function problem(message: string): TidewatchError {
  return new TidewatchError('bad-backfill', message);
}

/** What a detector waits for before its first model: rows, time, or whichever of the two comes first. */
import { formatDuration } from '../base/duration.ts';
import type { Detector, Warmup } from './detector.ts';
import { ROWS_FOR_EVIDENCE, rowsForPercentile } from './percentile.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** So that one entity comes to `warmup` rows even where half of its rows are missing. */
const SPARE_LOOKBACK = 2;

/** What has arrived. */
export interface Seen {
  readonly rows: number;
  /** Ms from the oldest row to the end of the newest. */
  readonly span: number;
}

/** Of a detector. */
interface Needs {
  readonly training: { readonly warmup: Warmup };
  readonly threshold: { readonly rule: 'evidence' | 'percentile'; readonly percentile: number };
}

export function isWarm(needs: Needs, { rows, span }: Seen): boolean {
  const { warmup } = needs.training;
  if (typeof warmup === 'number') return rows >= warmup;
  return rows >= (warmup.rows ?? Infinity) || (span >= warmup.time && rows >= leastRows(needs));
}

/** Rows that a history should hold: enough by themselves, or with the time that they have to span. */
export function rowsWanted(needs: Needs): number {
  const { warmup } = needs.training;
  return typeof warmup === 'number' ? warmup : (warmup.rows ?? leastRows(needs));
}

/** For people, after "learning": "300 of 1440 rows", or "3d2h of 7d". */
export function sayProgress(needs: Needs, seen: Seen): string {
  const { rows } = seen;
  const { warmup } = needs.training;
  if (isWarm(needs, seen)) return `${rows} rows, which is enough to train on`;
  if (typeof warmup === 'number') return `${rows} of ${warmup} rows`;
  const least = leastRows(needs);
  // Before anything has come, by rows: most detectors come by them first.
  const byTime = Math.min(seen.span / warmup.time, rows / least);
  if (warmup.rows !== undefined && rows / warmup.rows >= byTime) return `${rows} of ${warmup.rows} rows`;
  const time = `${sayTime(seen.span)} of ${sayTime(warmup.time)}`;
  return rows < least ? `${time} and ${rows} of ${least} rows` : time;
}

/** For people: "1440 rows, or 14d with at least 200 rows". */
export function sayWarmup(needs: Needs): string {
  const { warmup } = needs.training;
  if (typeof warmup === 'number') return `${warmup} rows`;
  const time = `${sayTime(warmup.time)} with at least ${leastRows(needs)} rows`;
  return warmup.rows === undefined ? time : `${warmup.rows} rows, or ${time}`;
}

function leastRows(needs: Needs): number {
  const { warmup } = needs.training;
  return Math.max(typeof warmup === 'number' ? warmup : warmup.leastRows, rowsToCalibrate(needs));
}

/** A training needs at least the rows that the threshold is calibrated on. */
export function rowsToCalibrate({ threshold: { rule, percentile } }: Pick<Needs, 'threshold'>): number {
  return rule === 'evidence' ? ROWS_FOR_EVIDENCE : rowsForPercentile(percentile);
}

/** To the minute, in days where a manifest would have weeks: 12d2h and 14d are then told alike. */
function sayTime(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / MINUTE) * MINUTE;
  return minutes > 0 && minutes % DAY === 0 ? `${minutes / DAY}d` : formatDuration(minutes);
}

/**
 * The detector with a lookback that holds enough rows. Two weeks of hourly rows are 336: with a warmup of 1,440 it would
 * learn for ever.
 * @param step grid distance in ms; undefined before the first data
 */
export function widenLookback(detector: Detector, step: number | undefined): Detector {
  const { training } = detector;
  const needed = SPARE_LOOKBACK * rowsWanted(detector) * (detector.step ?? step ?? 0);
  return needed <= training.lookback
    ? detector
    : { ...detector, training: { ...training, lookback: needed } };
}

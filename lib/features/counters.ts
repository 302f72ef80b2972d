/**
 * Metrics that only say how much there has been since something began: their level means nothing, and how fast they go is
 * what people know of them. Told by what they do in training; a name says so where that shows little, and never alone.
 */
import type { MetricWindow } from '../window/window.ts';
import type { Transform } from './planned-column.ts';

/**
 * `counter`: grows, and begins again at 0. `age`: grows by a second a second, or a thousand milliseconds. `start`: the
 * time at which something began.
 */
export type Accumulating = 'counter' | 'age' | 'start';

/** https://prometheus.io/docs/practices/naming/#metric-names */
const NAMED_TOTAL = /_(total|sum|bucket)$/;
/** Of a histogram, or of what there is: `thread_count`. */
const NAMED_COUNT = /_count$/;
const NAMED_START = /(_start_time|_boot_time|_created)(_seconds)?$/;
/** Epoch seconds from 2001 to 2286, and the same in milliseconds. */
const EPOCH_TIMES = [1e9, 1e10, 1e12, 1e13] as const;

/** Pairs of neighbours that say anything. */
const LEAST_PAIRS = 50;
/** A pair lies at most so many steps apart. */
const WIDEST_PAIR = 3;
/** A counter that falls to this share of what it was began again; to more, it is no counter. */
const RESET_TO = 0.1;
/** Shares of the pairs: falls that are no resets, resets, rises of what has no telling name, and slopes of one. */
const MOST_FALLS = 0.001;
const MOST_RESETS = 0.005;
const LEAST_RISES = 0.5;
const LEAST_ONES = 0.9;
const LEAST_UNCHANGED = 0.95;
/** How far a slope is from one second a second at most: scrapes come a little early or late. */
const ONE_WITHIN = 0.05;

interface Moves {
  pairs: number;
  rises: number;
  falls: number;
  resets: number;
  ones: number;
  isNegative: boolean;
  isTime: boolean;
}

/** @param windows as they came: a line that is drawn through a restart is no restart */
export function findCounters(
  windows: readonly MetricWindow[],
  { metrics, step }: { readonly metrics: readonly string[]; readonly step: number },
): ReadonlyMap<string, Accumulating> {
  const found = new Map<string, Accumulating>();
  for (const metric of metrics) {
    const kind = classify(metric, countMoves(windows, metric, step));
    if (kind !== undefined) found.set(metric, kind);
  }
  return found;
}

/** What a metric of this kind is judged by, from row to row. */
export function transformOf(kind: Accumulating): Transform {
  return kind === 'counter' ? { kind: 'rate', rows: 1 } : { kind: 'uptime', of: kind, rows: 1 };
}

/** Whether a value that follows another says that something began again. */
export function isReset(transform: Transform | undefined, before: number, value: number): boolean {
  if (transform?.kind === 'rate') return value < before;
  if (transform?.kind !== 'uptime') return false;
  return transform.of === 'age' ? value < before : isNewStart(before, value);
}

/** A start that is worked out from an uptime strays by a second; milliseconds or seconds, a restart is further off. */
function isNewStart(before: number, value: number): boolean {
  const second = Math.abs(before) >= EPOCH_TIMES[2] ? 1000 : 1;
  return Math.abs(value - before) > 2 * second;
}

function classify(metric: string, moves: Moves): Accumulating | undefined {
  const { pairs, rises, falls, resets, ones, isNegative, isTime } = moves;
  if (pairs < LEAST_PAIRS || isNegative) return undefined;
  if (NAMED_START.test(metric))
    return isTime && pairs - rises - falls - resets >= LEAST_UNCHANGED * pairs ? 'start' : undefined;
  if (falls > MOST_FALLS * pairs) return undefined;
  if (ones >= LEAST_ONES * pairs) return 'age';
  if (NAMED_TOTAL.test(metric) && rises > resets) return 'counter';
  if (resets > MOST_RESETS * pairs || rises < LEAST_RISES * pairs) return undefined;
  return resets > 0 || NAMED_COUNT.test(metric) ? 'counter' : undefined;
}

function countMoves(windows: readonly MetricWindow[], metric: string, step: number): Moves {
  const moves: Moves = { pairs: 0, rises: 0, falls: 0, resets: 0, ones: 0, isNegative: false, isTime: true };
  for (const { columns, metrics, times, entityOf } of windows) {
    const values = columns[metrics.indexOf(metric)];
    if (values === undefined) continue;
    let last = -1;
    for (let row = 0; row < values.length; row++) {
      const value = values[row]!;
      if (Number.isNaN(value)) continue;
      if (last !== -1 && entityOf[last] === entityOf[row] && times[row]! - times[last]! <= WIDEST_PAIR * step)
        addPair(moves, values[last]!, value, (times[row]! - times[last]!) / 1000);
      last = row;
    }
  }
  return moves;
}

function addPair(moves: Moves, before: number, value: number, seconds: number): void {
  moves.pairs++;
  if (value < 0 || before < 0) moves.isNegative = true;
  const [first, second, third, fourth] = EPOCH_TIMES;
  if (!((value >= first && value < second) || (value >= third && value < fourth))) moves.isTime = false;
  if (value > before) {
    moves.rises++;
    const slope = (value - before) / seconds;
    if (isOne(slope) || isOne(slope / 1000)) moves.ones++;
  } else if (value < before && value <= RESET_TO * before) moves.resets++;
  else if (value < before) moves.falls++;
}

function isOne(slope: number): boolean {
  return Math.abs(slope - 1) <= ONE_WITHIN;
}

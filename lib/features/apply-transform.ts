/** One operation over one stretch of rows. */
import type { Statistic } from '../config/feature-settings.ts';
import type { Stretch } from './grid-rows.ts';
import type { FeaturePlan } from './plan.ts';
import type { Transform } from './planned-column.ts';
import { takeChange, takeIncrease, takeLag, takeLog, takeRelativeChange, takeUptime } from './pointwise.ts';
import { type RollingWindow, rollExtreme, rollMoments } from './rolling-moments.ts';
import { rollOrder } from './rolling-order.ts';

export interface TransformRows {
  /** Of the stretch; `out` as long. */
  readonly values: Float64Array;
  readonly out: Float64Array;
  /** For the statistic that comes along with this one (`twinOf`); undefined where nobody wants it. */
  readonly twin: Float64Array | undefined;
  readonly stretch: Stretch;
  readonly minWindowShare: FeaturePlan['minWindowShare'];
  /** Ms. */
  readonly step: number;
}

/** Statistics that one pass gives together. */
const TWINS: Readonly<Partial<Record<Statistic, Statistic>>> = {
  mean: 'std',
  std: 'mean',
  median: 'iqr',
  iqr: 'median',
};

/** The transform whose result `applyTransform` can give beside this one's. */
export function twinOf(transform: Transform): Transform | undefined {
  const statistic = transform.kind === 'rolling' ? TWINS[transform.statistic] : undefined;
  return transform.kind === 'rolling' && statistic ? { ...transform, statistic } : undefined;
}

export function applyTransform(transform: Transform, given: TransformRows): void {
  const { values, out } = given;
  switch (transform.kind) {
    case 'log':
      takeLog(values, out);
      break;
    case 'lag':
      takeLag(values, out, transform.rows);
      break;
    case 'change':
      takeChange(values, out, transform.rows);
      break;
    case 'relative_change':
      takeRelativeChange(values, out, transform.rows);
      break;
    case 'rate':
      takeRate(given, transform.rows);
      break;
    case 'uptime':
      takeUptime(values, out, { of: transform.of, step: given.step });
      break;
    case 'rolling':
      roll(given, transform.statistic, windowOf(given, transform.rows));
  }
}

/** The mean of the increases from row to row, so that a scrape that is missing does not lose the others. */
function takeRate(given: TransformRows, rows: number): void {
  const { values, out, step } = given;
  if (rows === 1) {
    takeIncrease(values, out, step);
    return;
  }
  const increases = new Float64Array(values.length);
  takeIncrease(values, increases, step);
  rollMoments(increases, { mean: out, std: undefined }, windowOf(given, rows));
}

function roll({ values, out, twin }: TransformRows, statistic: Statistic, window: RollingWindow): void {
  switch (statistic) {
    case 'mean':
      rollMoments(values, { mean: out, std: twin }, window);
      break;
    case 'std':
      rollMoments(values, { mean: twin, std: out }, window);
      break;
    case 'min':
      rollExtreme(values, out, window, 1);
      break;
    case 'max':
      rollExtreme(values, out, window, -1);
      break;
    case 'median':
      rollOrder(values, { median: out, iqr: twin }, window);
      break;
    case 'iqr':
      rollOrder(values, { median: twin, iqr: out }, window);
  }
}

function windowOf({ stretch, minWindowShare }: TransformRows, rows: number): RollingWindow {
  return { rows, least: Math.ceil(rows * minWindowShare), firstCell: stretch.firstCell };
}

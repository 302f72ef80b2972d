/** One metric of one entity by the minute, with an expectation of centre 0 and spread 1. */
import { type ScanInput, type ScanPlan, type Side, scan } from '../../../lib/evidence/statistics.ts';
import type { Expectation } from '../../../lib/expectation/expectation.ts';
import { NO_SEASON } from '../../../lib/expectation/seasonal-curve.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';

export const STEP = 60_000;

export interface SeriesOptions {
  readonly plan: ScanPlan;
  /** Place of the first row on the grid of steps. */
  readonly from?: number;
  /** Without these rows. */
  readonly isLeftOut?: (at: number) => boolean;
  readonly leastChange?: number;
}

export function inputOf(columns: readonly ArrayLike<number>[], options: SeriesOptions): ScanInput {
  const { plan, from = 0, isLeftOut, leastChange = 0 } = options;
  const kept = Array.from(columns[0]!, (_, at) => at).filter((at) => isLeftOut?.(at) !== true);
  const names = columns.map((_, column) => `m${column}`);
  const x: FeatureMatrix = {
    names,
    entities: ['a'],
    entityOf: new Uint32Array(kept.length),
    times: Float64Array.from(kept, (at) => (from + at) * plan.step),
    values: Float32Array.from(kept.flatMap((at) => columns.map((column) => column[at]!))),
  };
  const series = names.map(() => ({
    center: 0,
    spread: 1,
    low: -2.6,
    high: 2.6,
    season: NO_SEASON,
    slope: 0,
  }));
  const expectation: Expectation = { columns: names, entities: new Map([['a', series]]), pooled: series };
  return {
    x,
    expectation,
    plan,
    surprises: new Float64Array(kept.length),
    leastChanges: () => Float64Array.from(names, () => leastChange),
  };
}

/** Of the first metric. */
export function statisticOf(input: ScanInput, of: { side: Side; length: number }): Float32Array {
  let found = new Float32Array();
  scan(input, ({ column, side, length, values }) => {
    if (column === 0 && side === of.side && length === of.length) found = values.slice();
  });
  return found;
}

/** `text` one row a sign: a digit is so many spreads, ? is missing, anything else 0. */
export function draw(text: string, scale = 1): Float64Array {
  return Float64Array.from(text, (sign) => (sign === '?' ? NaN : /\d/.test(sign) ? scale * Number(sign) : 0));
}

import { DEFAULTS } from './defaults.ts';
import { learnsBySteps, type ModelKind } from './model-kind.ts';

/** In percent, where neither a percentile nor a budget is given. */
export function defaultPercentile(kind: ModelKind): number {
  return learnsBySteps(kind) ? DEFAULTS.networkPercentile : DEFAULTS.percentile;
}

/**
 * Rows needed before a percentile of them means anything: as many as make one row lie above it. 99.5 % needs 200.
 * @param percentile in percent, below 100
 */
export function rowsForPercentile(percentile: number): number {
  // 100 - 99.9 is 0.0999…94 in binary: without rounding, 99.9 % would need 1,001 rows.
  return Math.ceil(Math.round((1e6 * 100) / (100 - percentile)) / 1e6);
}

/**
 * What was probably meant where a percentile is given as a share: 99 for 0.99, or every row would be anomalous.
 * @returns percent; undefined for what is no share
 */
export function percentOfShare(given: unknown): number | undefined {
  // 0.999 * 100 is 99.9 and some dust in binary.
  return typeof given === 'number' && given >= 0.5 && given < 1
    ? Number((given * 100).toPrecision(12))
    : undefined;
}

/** Rows needed before evidence means anything: each quarter of them is judged by what the others taught. */
export const ROWS_FOR_EVIDENCE = 100;

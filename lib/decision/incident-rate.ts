/**
 * From scores of rows that a model had not seen to the threshold that opens so many incidents a week and no more.
 *
 * Rows above a threshold come in clusters, so a share of rows says little about incidents. Counted are therefore
 * incidents themselves, as the decision stage opens them; the peaks of those that a low threshold opens are one for each
 * cluster, independent enough for peaks over threshold (Davison and Smith 1990; declustering in Ferro and Segers 2003):
 * how many of them exceed a higher one follows a generalised Pareto tail, also where history saw none.
 */
import type { FalseAlarmBudget } from '../config/false-alarm-budget.ts';
import { excessOf, fitGeneralisedPareto, type GeneralisedPareto } from '../statistics/generalised-pareto.ts';
import { findPeaks, type RowLevels } from './incident-peaks.ts';

export interface BudgetThreshold {
  /** On the scale of the given levels. */
  readonly threshold: number;
  /** False incidents that are expected of it in the budget's time: its count, or what is left where even that is more than the data makes. */
  readonly expected: number;
  /** Incidents that the estimate was made from. */
  readonly peaks: number;
  /** Ms of data that they came from, all entities side by side. */
  readonly exposure: number;
  /** Times rarer than the rarest that the data could show: above 1 the threshold was extrapolated. */
  readonly beyond: number;
}

/** Peaks that a tail is fitted to, at least where the data has them, and this many times what the threshold leaves. */
const WANTED_PEAKS = 40;
const PEAKS_PER_EXPECTED = 2;
/** Fewer say nothing about a tail; of few the tail is all but exponential, see SHAPE_DEVIATION. */
export const LEAST_PEAKS = 3;
/** A score that every other normal row reaches is no sign of anything, however large the budget. */
const LEAST_SURPRISE = 0.3;
/** Thresholds that incidents are counted at. */
const GRID = 48;
/** Between the tail of few peaks and an exponential one: see `fitGeneralisedPareto`. */
const SHAPE_DEVIATION = 0.2;

/**
 * @param levels surprises (-log10 of a probability), of rows that the model was not fitted on
 * @returns undefined where the data opens too few incidents at any threshold to tell
 */
export function findBudgetThreshold(
  levels: RowLevels,
  budget: FalseAlarmBudget,
): BudgetThreshold | undefined {
  const exposure = measureExposure(levels);
  const target = (budget.count * exposure) / budget.per;
  const wanted = Math.max(WANTED_PEAKS, PEAKS_PER_EXPECTED * target);
  const base = findBase(levels, wanted);
  // More is allowed than any threshold opens: rare rows that are far off are rarely so together.
  const isAmple = target >= base.peaks.length + 1;
  if (base.peaks.length < LEAST_PEAKS && !isAmple) return undefined;
  const { threshold, peaks } = base;
  const above =
    target < peaks.length
      ? excessOf(fitPeaks(peaks.map((peak) => peak - threshold)), Math.log(peaks.length / target))
      : 0;
  return {
    threshold: threshold + above,
    expected: (Math.min(target, Math.max(peaks.length, 1)) * budget.per) / exposure,
    peaks: peaks.length,
    exposure,
    beyond: 1 / target,
  };
}

/** Ms in which any entity had a row. */
export function measureExposure({ times, step }: Pick<RowLevels, 'times' | 'step'>): number {
  return new Set(times).size * step;
}

/** The highest threshold that opens as many incidents as wanted; the one that opens most where none does. */
function findBase(
  levels: RowLevels,
  wanted: number,
): { readonly threshold: number; readonly peaks: readonly number[] } {
  const reached = levels.reached.filter((level) => level >= LEAST_SURPRISE && level < Infinity).sort();
  let best: { threshold: number; peaks: readonly number[] } = { threshold: LEAST_SURPRISE, peaks: [] };
  for (let i = 0; i < GRID; i++) {
    // Rows above it: from one to all, evenly on a logarithmic scale.
    const above = Math.round(reached.length ** (i / (GRID - 1)));
    const threshold = reached[Math.max(0, reached.length - above)];
    if (threshold === undefined) return best;
    const peaks = findPeaks(levels, threshold);
    if (peaks.length > best.peaks.length) best = { threshold, peaks };
    if (peaks.length >= wanted) break;
  }
  return best;
}

/**
 * Surprises are logarithms of probabilities, so their tail is exponential where a score's own was known; a lighter one
 * claims an end that nobody has seen.
 */
function fitPeaks(excesses: readonly number[]): GeneralisedPareto {
  const given = Float64Array.from(excesses);
  const mean = given.reduce((sum, excess) => sum + excess, 0) / given.length;
  if (mean === 0) return { shape: 0, scale: Number.MIN_VALUE };
  const tail = fitGeneralisedPareto(given, { shapeDeviation: SHAPE_DEVIATION });
  return tail.shape < 0 ? { shape: 0, scale: mean } : tail;
}

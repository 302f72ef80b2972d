/** Coefficients of a given order that fit a series best, by exact likelihood. */
import { bestMean, filterInnovations, type Innovations, logLikelihood, sumSquares } from './likelihood.ts';
import { minimise } from './minimise.ts';
import { type Coefficients, constrainAll, countCoefficients, type Order, toArma } from './order.ts';

export interface Estimate {
  readonly order: Order;
  readonly coefficients: Coefficients;
  /** As `constrainAll` takes them: where a search goes on from. */
  readonly free: Float64Array;
  /** Of the differenced series. */
  readonly mean: number;
  /** σ² of the innovations, at its maximum likelihood. */
  readonly variance: number;
  readonly logLikelihood: number;
  /** Measured values of the differenced series. */
  readonly count: number;
  /** Corrected information criterion of Hurvich and Tsai (1989); Infinity where there are too few values for it. */
  readonly aicc: number;
}

/** Tolerance in units of the log-likelihood: to compare orders, and to report. */
const EFFORTS = {
  rough: { tolerance: 0.1, maxIterations: 12, central: false },
  full: { tolerance: 1e-9, maxIterations: 200, central: true },
} as const;

/** σ² relative to the mean square of the differenced series: a series that is predicted this well is a constant. */
const LEAST_VARIANCE = 1e-14;

/**
 * The mean and σ² follow in closed form from the other coefficients, and take no part in the search.
 * @param w the series, differenced as the order asks
 * @returns undefined where too few values are measured, or nothing varies
 */
export function estimateArma(
  w: Float64Array,
  order: Order,
  { start, effort }: { readonly start: Float64Array; readonly effort: keyof typeof EFFORTS },
): Estimate | undefined {
  const parameters = countCoefficients(order) + (order.constant ? 1 : 0) + 1;
  const floor = LEAST_VARIANCE * meanSquare(w);
  const profile = (free: Float64Array): number => {
    const found = filterInnovations(toArma(constrainAll(free, order), order.season), w, {
      mean: order.constant,
    });
    if (found === undefined) return Infinity;
    const variance = varianceOf(found);
    return variance > floor ? 0.5 * (found.count * Math.log(variance) + found.logF) : Infinity;
  };
  const { at, value } = minimise(profile, { start, ...EFFORTS[effort] });
  if (!Number.isFinite(value)) return undefined;
  const coefficients = constrainAll(at, order);
  const found = filterInnovations(toArma(coefficients, order.season), w, { mean: order.constant });
  if (found === undefined || found.count <= parameters) return undefined;
  const variance = varianceOf(found);
  const mean = bestMean(found);
  const log = logLikelihood(found, mean, variance);
  const spare = found.count - parameters - 1;
  const aicc = spare > 0 ? 2 * (parameters - log) + (2 * parameters * (parameters + 1)) / spare : Infinity;
  return { order, coefficients, free: at, mean, variance, logLikelihood: log, count: found.count, aicc };
}

function varianceOf(found: Innovations): number {
  return sumSquares(found, bestMean(found)) / found.count;
}

function meanSquare(w: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const value of w)
    if (!Number.isNaN(value)) {
      sum += value * value;
      count++;
    }
  return count > 0 ? sum / count : 0;
}

/**
 * The generalised Pareto distribution, to which the excesses over a high threshold tend whatever they are excesses of
 * (Pickands 1975; Balkema and de Haan 1974): P(Y > y) = (1 + shape · y / scale)^(-1 / shape), exp(-y / scale) at shape 0.
 *
 * Fitted by maximum likelihood after Grimshaw (1993), as SPOT does (Siffer et al., KDD 2017, section 4.3.2): with
 * x = shape / scale, the best shape for a given x is mean(log(1 + x·y)), so only x is searched for.
 */
import { ModelError } from '../base/errors.ts';

export interface GeneralisedPareto {
  /** Above 0 a heavy tail, 0 an exponential one, below 0 one that ends at -scale / shape. */
  readonly shape: number;
  /** Above 0, in units of the excess. */
  readonly scale: number;
}

/**
 * Below it the likelihood has no regular maximum (Smith 1985): at -1 it grows without bound as the end of the
 * distribution approaches the largest excess.
 */
const LEAST_SHAPE = -0.5;
/** The mean of the distribution is infinite from 1 on; what is fitted above 4 is a handful of wild values. */
export const MOST_SHAPE = 4;

/** Points of the first, coarse search on either side of 0; the best one's surroundings are searched finely. */
const COARSE_POINTS = 48;
const FINE_STEPS = 60;
/** Shapes nearer to 0 than this are exponential: the formulas lose their digits there. */
const NEAR_ZERO = 1e-9;

/**
 * @param excesses above 0, or 0 for values that lie right at the threshold; at least one is above 0
 * @param shapeDeviation standard deviation of shapes around 0 that are expected before anything is seen. The fitted
 *   shape moves to 0 by the weight that its own standard error, (1 + shape) / √n, gives to that; Infinity: not at all
 * @throws ModelError where an excess is negative or infinite, or none is above 0
 */
export function fitGeneralisedPareto(
  excesses: Float64Array,
  { shapeDeviation = Number.POSITIVE_INFINITY }: { readonly shapeDeviation?: number } = {},
): GeneralisedPareto {
  const bad = excesses.find((excess) => !(excess >= 0 && excess < Infinity));
  if (bad !== undefined)
    throw new ModelError('bad-excess', `an excess is ${bad}; each is 0 or above and finite`);
  const largest = excesses.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) throw new ModelError('no-excess', `none of ${excesses.length} excesses is above 0`);
  // By the largest first: a sum of excesses may overflow.
  const relative = excesses.map((excess) => excess / largest);
  const mean = relative.reduce((sum, excess) => sum + excess, 0) / relative.length;
  const unit = relative.map((excess) => excess / mean);
  const free = maximiseLikelihood(unit, 1 / mean);
  const error = (1 + free.shape) ** 2 / unit.length;
  const weight = shapeDeviation === Infinity ? 1 : shapeDeviation ** 2 / (shapeDeviation ** 2 + error);
  const fitted = weight === 1 ? free : withShape(unit, free.shape * weight);
  return { shape: fitted.shape, scale: Math.max(fitted.scale * mean * largest, Number.MIN_VALUE) };
}

/** -ln P(Y > y), 0 at 0; Infinity from the end of the distribution on. */
export function negativeLogSurvival({ shape, scale }: GeneralisedPareto, excess: number): number {
  if (Math.abs(shape) < NEAR_ZERO) return excess / scale;
  const inner = (shape * excess) / scale;
  return inner <= -1 ? Number.POSITIVE_INFINITY : Math.log1p(inner) / shape;
}

/** The excess that is exceeded with the probability e^-negativeLog: the inverse of `negativeLogSurvival`. */
export function excessOf({ shape, scale }: GeneralisedPareto, negativeLog: number): number {
  if (Math.abs(shape) < NEAR_ZERO) return scale * negativeLog;
  return (scale / shape) * Math.expm1(shape * negativeLog);
}

/**
 * Mean log-likelihood per excess.
 * @returns -Infinity where an excess lies beyond the end
 */
export function meanLogLikelihood({ shape, scale }: GeneralisedPareto, excesses: Float64Array): number {
  if (Math.abs(shape) < NEAR_ZERO)
    return -Math.log(scale) - excesses.reduce((sum, y) => sum + y, 0) / (excesses.length * scale);
  return -Math.log(scale) - (1 + 1 / shape) * meanLog(excesses, shape / scale);
}

/** Excesses of mean 1. */
function maximiseLikelihood(unit: Float64Array, largest: number): GeneralisedPareto {
  let best: GeneralisedPareto = { shape: 0, scale: 1 };
  let bestLikelihood = -1;
  const xs = coarseGrid(largest);
  const likelihoods = xs.map((x) => likelihoodAt(unit, x));
  for (const [i, likelihood] of likelihoods.entries()) {
    if (likelihood < Math.max(likelihoods[i - 1] ?? -Infinity, likelihoods[i + 1] ?? -Infinity)) continue;
    const from = xs[Math.max(i - 1, 0)]!;
    const to = xs[Math.min(i + 1, xs.length - 1)]!;
    if (likelihood === -Infinity && isBeyond(unit, from, to)) continue;
    for (const x of [xs[i]!, climb(unit, from, to)]) {
      const found = likelihoodAt(unit, x);
      if (found <= bestLikelihood || Math.abs(x) < NEAR_ZERO) continue;
      bestLikelihood = found;
      const shape = meanLog(unit, x);
      best = { shape, scale: shape / x };
    }
  }
  return best;
}

/** Whether no shape between two values of x is allowed: it ascends with x. */
function isBeyond(unit: Float64Array, from: number, to: number): boolean {
  return meanLog(unit, from) > MOST_SHAPE || meanLog(unit, to) < LEAST_SHAPE;
}

/** Ascending values of shape / scale: from short of the end at the largest excess, through 0, to very heavy tails. */
function coarseGrid(largest: number): readonly number[] {
  const end = 1 / largest;
  const share = (i: number): number => i / (COARSE_POINTS - 1);
  const below = Array.from({ length: COARSE_POINTS }, (_, i) => -end * (1 - 10 ** (-6 * (1 - share(i)))));
  const above = Array.from({ length: COARSE_POINTS }, (_, i) => 1e-4 * 10 ** (12 * share(i)));
  return [...below.filter((x) => x < -1e-12), 0, ...above];
}

/** Profile likelihood of x = shape / scale, per excess; -Infinity beyond the allowed shapes. */
function likelihoodAt(unit: Float64Array, x: number): number {
  if (Math.abs(x) < NEAR_ZERO) return -1;
  const shape = meanLog(unit, x);
  if (!(shape >= LEAST_SHAPE && shape <= MOST_SHAPE) || shape === 0) return Number.NEGATIVE_INFINITY;
  return -Math.log(shape / x) - shape - 1;
}

function meanLog(unit: Float64Array, x: number): number {
  let sum = 0;
  for (const y of unit) sum += Math.log1p(x * y);
  return sum / unit.length;
}

/** Golden-section search for a maximum of the profile likelihood between two values of x. */
function climb(unit: Float64Array, from: number, to: number): number {
  return goldenSection({ from, to, steps: FINE_STEPS, valueAt: (x) => likelihoodAt(unit, x) });
}

/** The best scale for a given shape. Excesses of mean 1. */
function withShape(unit: Float64Array, shape: number): GeneralisedPareto {
  const largest = unit.reduce((a, b) => Math.max(a, b), 0);
  // The end of the distribution has to lie beyond the largest excess.
  const least = Math.max(1e-9, shape < 0 ? -shape * largest * (1 + 1e-9) : 0);
  const logScale = goldenSection({
    from: Math.log(least),
    to: Math.log(Math.max(4, 4 * least)),
    steps: FINE_STEPS,
    valueAt: (log) => meanLogLikelihood({ shape, scale: Math.exp(log) }, unit),
  });
  return { shape, scale: Math.exp(logScale) };
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

function goldenSection(given: {
  readonly from: number;
  readonly to: number;
  readonly steps: number;
  readonly valueAt: (x: number) => number;
}): number {
  let { from, to } = given;
  let left = to - GOLDEN * (to - from);
  let right = from + GOLDEN * (to - from);
  let atLeft = given.valueAt(left);
  let atRight = given.valueAt(right);
  for (let step = 0; step < given.steps; step++) {
    if (atLeft >= atRight) {
      to = right;
      right = left;
      atRight = atLeft;
      left = to - GOLDEN * (to - from);
      atLeft = given.valueAt(left);
    } else {
      from = left;
      left = right;
      atLeft = atRight;
      right = from + GOLDEN * (to - from);
      atRight = given.valueAt(right);
    }
  }
  return (from + to) / 2;
}

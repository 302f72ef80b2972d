/**
 * How surprising a score is: -log10 of the probability that a normal row scores as high. It puts scores of any model
 * on one scale, 3 being once in a thousand rows.
 *
 * The bulk is empirical. Its last two percent are a generalised Pareto tail (Siffer et al., "Anomaly Detection in
 * Streams with Extreme Value Theory", KDD 2017), which goes on where training has seen nothing.
 */
import { ArtifactError, ModelError } from '../base/errors.ts';
import {
  excessOf,
  fitGeneralisedPareto,
  type GeneralisedPareto,
  MOST_SHAPE,
  negativeLogSurvival,
} from './generalised-pareto.ts';
import { lowerBound } from './quantile.ts';
import { takeWithEnds } from './take-evenly.ts';

/** Plain data; every number is finite. */
export interface ScoreTail {
  /** Scores it was made of. */
  readonly rows: number;
  /** Ascending scores of the bulk; the last one is where the tail begins. */
  readonly levels: readonly number[];
  /** The surprise of each level, strictly ascending from 0 or above. */
  readonly surprises: readonly number[];
  /** Of the excess over the last level. */
  readonly tail: GeneralisedPareto;
  /**
   * Where a tail that ends is left: from this excess on, surprise rises as steeply as it does there. What lies beyond
   * the end of a fitted distribution is not impossible, only unseen.
   */
  readonly straightFrom: number;
}

/** Fewest scores that a tail is made of. */
export const LEAST_SCORES = 10;

/** Share of the scores in the tail: SPOT's 2 %… */
const TAIL_SHARE = 0.02;
/** …but at least this many where the scores are few, of which never more than a quarter are tail… */
const LEAST_EXCESSES = 40;
const MOST_TAIL_SHARE = 0.25;
/** …and at most this many, evenly taken: more of them change no digit that matters, and cost a fit's time. */
const MOST_EXCESSES = 4_000;
/** Levels of the bulk. */
const KNOTS = 64;
/** Shapes that excesses of anomaly scores have before anything is seen: see `fitGeneralisedPareto`. */
const SHAPE_DEVIATION = 0.25;
/** A tail that ends is followed to this many times beyond what was seen. */
const BEYOND = 10;
/** Scale of the tail where no score lies above the rest: this share of the scores' magnitude. */
const FLAT_SHARE = 0.01;

const LN10 = Math.LN10;

/**
 * @param scores of rows that count as normal; NaN where there is none
 * @throws ModelError where fewer than LEAST_SCORES have a score, or one is infinite
 */
export function fitScoreTail(scores: Float64Array): ScoreTail {
  const sorted = scores.filter((score) => !Number.isNaN(score)).sort();
  const rows = sorted.length;
  if (rows < LEAST_SCORES)
    throw new ModelError(
      'too-few-scores',
      `${rows} of ${scores.length} rows have a score, a tail needs ${LEAST_SCORES}`,
    );
  const bad = [sorted[0]!, sorted[rows - 1]!].find((score) => !Number.isFinite(score));
  if (bad !== undefined) throw new ModelError('bad-score', `a row has the score ${bad}`);

  const above = Math.min(
    Math.max(Math.round(rows * TAIL_SHARE), LEAST_EXCESSES),
    Math.floor(rows * MOST_TAIL_SHARE),
  );
  const from = sorted[rows - 1 - above]!;
  const { levels, surprises } = describeBulk(sorted, from);
  // The row at the threshold itself stands for none of the excesses; others tied with it have an excess of 0.
  const excesses = takeWithEnds(sorted.subarray(rows - above), MOST_EXCESSES).map((score) => score - from);
  const tail = fitTail(excesses, sorted);
  return { rows, levels, surprises, tail, straightFrom: followTo(tail, excesses) };
}

/**
 * -log10 P(a normal row scores this high): finite, never falling, and rising wherever scores were told apart.
 * @param score finite; NaN gives NaN
 * @returns 0 or above; what lies below every known score is no surprise at all
 */
export function surpriseOf({ levels, surprises, tail, straightFrom }: ScoreTail, score: number): number {
  const last = levels.length - 1;
  if (Number.isNaN(score)) return Number.NaN;
  if (score >= levels[last]!) {
    const excess = Math.min(score - levels[last]!, Number.MAX_VALUE);
    const followed = Math.min(excess, straightFrom);
    const beyond = (excess - followed) / slopeAt(tail, straightFrom);
    return (
      surprises[last]! + Math.min((negativeLogSurvival(tail, followed) + beyond) / LN10, Number.MAX_VALUE)
    );
  }
  const next = lowerBound(levels, score);
  if (next === 0) return score < levels[0]! ? 0 : surprises[0]!;
  const share = (score - levels[next - 1]!) / (levels[next]! - levels[next - 1]!);
  return surprises[next - 1]! + share * (surprises[next]! - surprises[next - 1]!);
}

/** One surprise per score, NaN for NaN. */
export function surprisesOf(tail: ScoreTail, scores: Float64Array): Float64Array {
  return scores.map((score) => surpriseOf(tail, score));
}

/**
 * The score that is as surprising: the inverse of `surpriseOf`.
 * @param surprise below that of the least known score: that score
 */
export function scoreOf({ levels, surprises, tail, straightFrom }: ScoreTail, surprise: number): number {
  const last = levels.length - 1;
  if (surprise >= surprises[last]!) {
    const negativeLog = (surprise - surprises[last]!) * LN10;
    const followed = negativeLogSurvival(tail, straightFrom);
    const excess =
      negativeLog <= followed
        ? excessOf(tail, negativeLog)
        : straightFrom + (negativeLog - followed) * slopeAt(tail, straightFrom);
    return Math.min(levels[last]! + excess, Number.MAX_VALUE);
  }
  const next = lowerBound(surprises, surprise);
  if (next === 0) return levels[0]!;
  const share = (surprise - surprises[next - 1]!) / (surprises[next]! - surprises[next - 1]!);
  return levels[next - 1]! + share * (levels[next]! - levels[next - 1]!);
}

/** As JSON holds it: `ScoreTail` is plain already, so it is saved as it stands. @throws ArtifactError where it is none */
export function readScoreTail(stored: unknown): ScoreTail {
  const { rows, levels, surprises, tail, straightFrom } = (stored ?? {}) as Partial<ScoreTail>;
  if (!isCount(rows)) throw invalid(`rows is ${JSON.stringify(rows)}`);
  if (!isAscending(levels) || !isAscending(surprises) || levels.length !== surprises.length)
    throw invalid('levels and surprises are not ascending lists of one length');
  if (surprises[0]! < 0) throw invalid(`the surprise ${surprises[0]} is below 0`);
  const { shape, scale } = (tail ?? {}) as Partial<GeneralisedPareto>;
  if (!isNumber(shape) || Math.abs(shape) > MOST_SHAPE)
    throw invalid(`the shape is ${JSON.stringify(shape)}`);
  if (!isNumber(scale) || scale <= 0) throw invalid(`the scale is ${JSON.stringify(scale)}`);
  if (!isNumber(straightFrom) || !(scale + Math.min(shape, 0) * straightFrom > 0))
    throw invalid(`straightFrom is ${JSON.stringify(straightFrom)}`);
  return { rows, levels: [...levels], surprises: [...surprises], tail: { shape, scale }, straightFrom };
}

/** Distinct scores up to `from`, evenly spaced by rank, with the share of the rows that score as high. */
function describeBulk(sorted: Float64Array, from: number): Pick<ScoreTail, 'levels' | 'surprises'> {
  const rows = sorted.length;
  const end = lowerBound(sorted, from);
  const levels: number[] = [];
  for (let knot = 0; knot < KNOTS; knot++) {
    // JSON knows no -0.
    const level = sorted[Math.round((end * knot) / (KNOTS - 1))]! + 0;
    if (levels.length === 0 || level > levels.at(-1)!) levels.push(level);
  }
  // One more than there are: the next row may be the highest of all.
  const surprises = levels.map((level) => Math.log10((rows + 1) / (rows - lowerBound(sorted, level) + 1)));
  return { levels, surprises };
}

/** Without any excess, an exponential one on the scale of the scores: as good a guess as any. */
function fitTail(excesses: Float64Array, sorted: Float64Array): GeneralisedPareto {
  const largest = excesses.at(-1)!;
  if (largest > 0 && largest < Infinity)
    return fitGeneralisedPareto(excesses, { shapeDeviation: SHAPE_DEVIATION });
  const least = sorted[0]!;
  const highest = sorted.at(-1)!;
  const magnitude = highest > least ? Math.min(highest / 2 - least / 2, 1e300) : Math.abs(highest);
  return { shape: 0, scale: Math.max(magnitude * FLAT_SHARE, 1e-9) };
}

/** The excess up to which the fitted tail is followed: all the way, as far as numbers go, where it has no end. */
function followTo(tail: GeneralisedPareto, excesses: Float64Array): number {
  if (tail.shape >= 0) return Number.MAX_VALUE;
  return excessOf(tail, Math.log(BEYOND * excesses.length));
}

/** Excess per unit of -ln P. */
function slopeAt({ shape, scale }: GeneralisedPareto, excess: number): number {
  return Math.min(scale + shape * excess, Number.MAX_VALUE);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return isNumber(value) && Number.isInteger(value) && value >= 0;
}

function isAscending(values: unknown): values is readonly number[] {
  return (
    Array.isArray(values) &&
    values.length > 0 &&
    values.every((value, i) => isNumber(value) && (i === 0 || value > values[i - 1]))
  );
}

function invalid(message: string): ArtifactError {
  return new ArtifactError('bad-score-tail', `a score tail cannot be read: ${message}`);
}

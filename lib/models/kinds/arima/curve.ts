/**
 * A season as a smooth curve over the clock (UTC): harmonics of a day, a week or a given period. It stands in for
 * seasonal terms where a season has too many rows for them, as in dynamic harmonic regression (Hyndman and
 * Athanasopoulos, "Forecasting: principles and practice", 3rd edition, section 10.5). Fitted before the rest of the
 * model, by least squares with Huber's weights, beside a level and a trend.
 */
import { explainsLater, type Places } from '../../../maths/predict.ts';
import { takeOffAverage } from '../../../maths/seasonal-strength.ts';
import { solveInPlace } from './covariance.ts';

export interface Harmonics {
  /** Milliseconds. */
  readonly period: number;
  /** Sine and cosine of the first harmonic, of the second and so on. */
  readonly coefficients: Float64Array;
}

/** Rows on a grid. */
export interface Grid {
  /** NaN where missing. */
  readonly y: Float64Array;
  /** Epoch ms of the last row. */
  readonly end: number;
  /** Ms. */
  readonly step: number;
}

export const DAY = 86_400_000;
const WEEK = 7 * DAY;
/** The shortest features that they follow last about 3 hours of a day, a day of a week. */
const DAY_HARMONICS = 4;
const WEEK_HARMONICS = 3;
/** Periods that have to be seen before a season is believed. */
const LEAST_PERIODS = 3;
/** Share of the squared mean deviation of the last third, trend taken off, that a season fitted on the rest has to explain. */
const LEAST_EXPLAINED = 0.1;
/** Robust standard deviations beyond which a value weighs less. */
const HUBER = 1.345;
const ROUNDS = 4;

/** A day and a week, as far as training shows them. */
export function findCurve(grid: Grid): readonly Harmonics[] {
  const found: Season[] = [];
  for (const season of [
    { period: DAY, count: DAY_HARMONICS },
    { period: WEEK, count: WEEK_HARMONICS },
  ]) {
    // At least 4 rows for a sine, and what a week adds is judged beside the day.
    if (season.period / grid.step < 4 * season.count) continue;
    if (isSeasonal(grid, season, found)) found.push(season);
  }
  return found.length > 0 ? fitCurve(grid, found) : [];
}

/** A period that was asked for. */
export function fitPeriod(grid: Grid, period: number): readonly Harmonics[] {
  return fitCurve(grid, [{ period, count: Math.min(DAY_HARMONICS, Math.floor(period / grid.step / 4)) }]);
}

interface Season {
  readonly period: number;
  readonly count: number;
}

/** Sum of the harmonics at a time. */
export function curveAt(curve: readonly Harmonics[], time: number): number {
  let sum = 0;
  for (const { period, coefficients } of curve) {
    const angle = (2 * Math.PI * (time % period)) / period;
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
    // Multiples of an angle by its addition theorems.
    let [s, c] = [sine, cosine];
    for (let i = 0; i < coefficients.length; i += 2) {
      sum += coefficients[i]! * s + coefficients[i + 1]! * c;
      const next = s * cosine + c * sine;
      c = c * cosine - s * sine;
      s = next;
    }
  }
  return sum;
}

export function withoutCurve({ y, end, step }: Grid, curve: readonly Harmonics[]): Float64Array {
  if (curve.length === 0) return y;
  return y.map((value, i) => value - curveAt(curve, end - (y.length - 1 - i) * step));
}

/** Whether a season that is fitted on the first two thirds explains enough of the rest, more than the known ones do. */
function isSeasonal(grid: Grid, season: Season, known: readonly Season[]): boolean {
  const rows = Math.round(season.period / grid.step);
  if (grid.y.length < LEAST_PERIODS * rows) return false;
  const rest = takeOffAverage(grid.y, rows);
  const part = ({ from, to }: Places): Grid => ({
    y: rest.subarray(from, to),
    step: grid.step,
    end: grid.end - (rest.length - to) * grid.step,
  });
  const leaves =
    (seasons: readonly Season[]) =>
    (early: Places, late: Places): Float64Array =>
      withoutCurve(part(late), seasons.length > 0 ? fitCurve(part(early), seasons) : []);
  return explainsLater(rest.length, {
    before: leaves(known),
    after: leaves([...known, season]),
    leastExplained: LEAST_EXPLAINED,
  });
}

/** Where the equations can't be solved, as of too few values, there is no curve. */
function fitCurve({ y, end, step }: Grid, seasons: readonly Season[]): readonly Harmonics[] {
  const width = 2 + seasons.reduce((sum, { count }) => sum + 2 * count, 0);
  const rows = [...y.keys()].filter((t) => !Number.isNaN(y[t]!));
  const basis = new Float64Array(rows.length * width);
  for (const [i, t] of rows.entries()) fillBasis(basis.subarray(i * width, (i + 1) * width), t);
  const weights = new Float64Array(rows.length).fill(1);
  let solution = new Float64Array(width);
  for (let round = 0; round < ROUNDS; round++) {
    const next = regress(round);
    if (next === undefined) return [];
    solution = next;
  }
  let at = 2;
  return seasons.map(({ period, count }) => {
    const coefficients = solution.slice(at, at + 2 * count);
    at += 2 * count;
    return { period, coefficients };
  });

  function fillBasis(out: Float64Array, t: number): void {
    out[0] = 1;
    out[1] = (2 * t) / y.length - 1;
    let place = 2;
    for (const { period, count } of seasons) {
      const time = end - (y.length - 1 - t) * step;
      const angle = (2 * Math.PI * (time % period)) / period;
      for (let k = 1; k <= count; k++) {
        out[place++] = Math.sin(k * angle);
        out[place++] = Math.cos(k * angle);
      }
    }
  }

  /** Weighted least squares; weights of the next round come from the residuals of the last one. */
  function regress(round: number): Float64Array<ArrayBuffer> | undefined {
    if (round > 0) reweigh();
    const matrix = new Float64Array(width * width);
    const right = new Float64Array(width);
    for (let i = 0; i < rows.length; i++) {
      const weight = weights[i]!;
      const value = y[rows[i]!]! * weight;
      const row = i * width;
      for (let a = 0; a < width; a++) {
        const left = basis[row + a]!;
        right[a]! += left * value;
        for (let b = a; b < width; b++) matrix[a * width + b]! += left * weight * basis[row + b]!;
      }
    }
    for (let a = 0; a < width; a++)
      for (let b = 0; b < a; b++) matrix[a * width + b] = matrix[b * width + a]!;
    return solveInPlace(matrix, right) ? right : undefined;
  }

  function reweigh(): void {
    const residuals = Float64Array.from(rows, (t, i) => {
      let rest = y[t]!;
      for (let a = 0; a < width; a++) rest -= solution[a]! * basis[i * width + a]!;
      return Math.abs(rest);
    });
    const spread = 1.4826 * residuals.toSorted()[residuals.length >> 1]!;
    for (let i = 0; i < residuals.length; i++)
      weights[i] = residuals[i]! > HUBER * spread && spread > 0 ? (HUBER * spread) / residuals[i]! : 1;
  }
}

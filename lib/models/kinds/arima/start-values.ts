/**
 * ARMA coefficients to begin the search for the best ones at, after Hannan and Rissanen, "Recursive estimation of mixed
 * autoregressive-moving average order", Biometrika 69 (1982), p. 81: innovations by a long autoregression, then a
 * regression on lags of the series and of those innovations. The sums of products that the regression of any order is
 * made of are computed once.
 */
import { solveInPlace } from './covariance.ts';
import type { Order } from './order.ts';
import { unconstrain } from './polynomial.ts';

/** Lags of the long autoregression. */
const LONG = 12;

export interface Moments {
  readonly lags: number;
  /** Mean products of w_t w_(t+k), e_t e_(t+k) and e_t w_(t+k) (for k from -lags on), over measured pairs. */
  readonly ww: Float64Array;
  readonly ee: Float64Array;
  readonly ew: Float64Array;
}

/** @param lags the largest p or q that will be asked for */
export function measureMoments(w: Float64Array, lags: number): Moments {
  const mean = meanOf(w);
  const centred = w.map((value) => value - mean);
  const long = Math.min(LONG, Math.floor(w.length / 4));
  const gamma = products(centred, centred, Math.max(long, lags));
  const e = filterLong(centred, levinson(gamma, long));
  const ew = new Float64Array(2 * lags + 1);
  ew.set(products(e, centred, lags), lags);
  ew.set(products(centred, e, lags).toReversed(), 0);
  return { lags, ww: gamma, ee: products(e, e, lags), ew };
}

/** Free numbers for `constrainAll`; a seasonal part begins at a usual size. */
export function startValues(moments: Moments, order: Order): Float64Array {
  const { p, q, seasonalP, seasonalQ, seasonalD } = order;
  const solution = regress(moments, p, q) ?? new Float64Array(p + q);
  const ma = solution.slice(p).map((each) => -each);
  return Float64Array.from([
    ...unconstrain(solution.slice(0, p)),
    ...unconstrain(ma),
    ...new Array<number>(seasonalP).fill(seasonalD > 0 ? -0.2 : 0.3),
    ...new Array<number>(seasonalQ).fill(seasonalD > 0 ? 0.6 : -0.2),
  ]);
}

/** Of w_t on w_(t-1) … w_(t-p), e_(t-1) … e_(t-q). */
function regress({ lags, ww, ee, ew }: Moments, p: number, q: number): Float64Array | undefined {
  const n = p + q;
  const matrix = new Float64Array(n * n);
  const right = new Float64Array(n);
  const lagOf = (i: number): number => (i < p ? i + 1 : i - p + 1);
  for (let i = 0; i < n; i++) {
    right[i] = i < p ? ww[lagOf(i)]! : ew[lags + lagOf(i)]!;
    for (let j = 0; j < n; j++) {
      // Product of the terms at lags a and b: the later one comes a - b rows after the earlier.
      const apart = lagOf(i) - lagOf(j);
      if (i < p && j < p) matrix[i * n + j] = ww[Math.abs(apart)]!;
      else if (i >= p && j >= p) matrix[i * n + j] = ee[Math.abs(apart)]!;
      else matrix[i * n + j] = ew[lags + (i >= p ? apart : -apart)]!;
    }
    matrix[i * n + i]! *= 1 + 1e-6;
  }
  return solveInPlace(matrix, right) ? right : undefined;
}

function filterLong(w: Float64Array, phi: Float64Array): Float64Array {
  return w.map((value, t) => {
    if (t < phi.length) return NaN;
    let rest = value;
    for (let k = 1; k <= phi.length; k++) rest -= phi[k - 1]! * w[t - k]!;
    return rest;
  });
}

/** Yule-Walker by the Levinson-Durbin recursion, as far as it stays stationary. */
function levinson(gamma: Float64Array, order: number): Float64Array {
  const phi = new Float64Array(order);
  const last = new Float64Array(order);
  let error = gamma[0]!;
  for (let k = 0; k < order; k++) {
    let rest = gamma[k + 1]!;
    for (let i = 0; i < k; i++) rest -= phi[i]! * gamma[k - i]!;
    const partial = rest / error;
    // Products over measured pairs alone need not belong to any stationary process.
    if (!(Math.abs(partial) < 1)) break;
    last.set(phi);
    for (let i = 0; i < k; i++) phi[i] = last[i]! - partial * last[k - 1 - i]!;
    phi[k] = partial;
    error *= 1 - partial ** 2;
  }
  return phi;
}

/** Mean of a_t b_(t+k) for k = 0 to lags; 0 where no pair was measured. */
function products(a: Float64Array, b: Float64Array, lags: number): Float64Array {
  const out = new Float64Array(lags + 1);
  for (let k = 0; k <= lags; k++) {
    let [sum, count] = [0, 0];
    for (let t = 0; t + k < a.length; t++) {
      const product = a[t]! * b[t + k]!;
      if (Number.isNaN(product)) continue;
      sum += product;
      count++;
    }
    out[k] = count > 0 ? sum / count : 0;
  }
  return out;
}

function meanOf(values: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const value of values)
    if (!Number.isNaN(value)) {
      sum += value;
      count++;
    }
  return count > 0 ? sum / count : 0;
}

/**
 * Exact Gaussian likelihood of an ARMA process with a mean, by a Kalman filter. Missing values (NaN) are predicted and
 * not learned from, and count no observation. Differenced data in, this is the likelihood of statsmodels' SARIMAX with
 * simple_differencing=True.
 */
import {
  type Companion,
  isSteady,
  observeCovariance,
  setSteady,
  skipCovariance,
  stationaryCovariance,
} from './covariance.ts';

/** Sums over the measured rows, from which the mean and the variance that fit best follow in closed form. */
export interface Innovations {
  /** Measured rows. */
  readonly count: number;
  /** Σ log F; F is an innovation's variance in units of σ². */
  readonly logF: number;
  /** Σ v² / F, v the innovations of the series itself. */
  readonly vv: number;
  /** Σ v u / F and Σ u² / F, u the innovations of a series of ones; 0 where there is no mean. */
  readonly vu: number;
  readonly uu: number;
}

/** Filled per row where given: innovation and its variance in units of σ²; NaN where nothing was measured. */
export interface InnovationTrace {
  readonly v: Float64Array;
  readonly f: Float64Array;
}

/** @returns undefined where φ is not stationary */
export function filterInnovations(
  companion: Companion,
  w: Float64Array,
  { mean, trace }: { readonly mean: boolean; readonly trace?: InnovationTrace },
): Innovations | undefined {
  const P = stationaryCovariance(companion);
  if (P === undefined) return undefined;
  const { size, phi, r } = companion;
  const first = new Float64Array(size);
  /** One more entry, always 0, so that a shift needs no test of its end. */
  const a = new Float64Array(size + 1);
  const b = new Float64Array(size + 1);
  let [count, logF, vv, vu, uu] = [0, 0, 0, 0, 0];
  let steady = false;
  for (let t = 0; t < w.length; t++) {
    const value = w[t]!;
    const a0 = a[0]!;
    const b0 = b[0]!;
    if (Number.isNaN(value)) {
      if (steady) setSteady(P, companion);
      steady = false;
      for (let i = 0; i < size; i++) a[i] = a[i + 1]! + phi[i]! * a0;
      if (mean) for (let i = 0; i < size; i++) b[i] = b[i + 1]! + phi[i]! * b0;
      skipCovariance(P, companion, first);
      if (trace !== undefined) trace.v[t] = trace.f[t] = NaN;
      continue;
    }
    const v = value - a0;
    const u = 1 - b0;
    count++;
    if (steady) {
      vv += v * v;
      // The state that was measured is φ_i w + θ_i v + what was to come anyway.
      for (let i = 0; i < size - 1; i++) a[i] = a[i + 1]! + phi[i]! * value + r[i + 1]! * v;
      a[size - 1] = phi[size - 1]! * value;
      if (mean) {
        vu += v * u;
        uu += u * u;
        for (let i = 0; i < size - 1; i++) b[i] = b[i + 1]! + phi[i]! + r[i + 1]! * u;
        b[size - 1] = phi[size - 1]!;
      }
      if (trace !== undefined) {
        trace.v[t] = v;
        trace.f[t] = 1;
      }
      continue;
    }
    const f = P[0]!;
    if (!(f > 0)) return undefined;
    logF += Math.log(f);
    vv += (v * v) / f;
    const gainV = v / f;
    for (let i = 0; i < size - 1; i++) a[i] = a[i + 1]! + phi[i]! * value + P[i + 1]! * gainV;
    a[size - 1] = phi[size - 1]! * value;
    if (mean) {
      vu += (v * u) / f;
      uu += (u * u) / f;
      const gainU = u / f;
      for (let i = 0; i < size - 1; i++) b[i] = b[i + 1]! + phi[i]! + P[i + 1]! * gainU;
      b[size - 1] = phi[size - 1]!;
    }
    if (trace !== undefined) {
      trace.v[t] = v;
      trace.f[t] = f;
    }
    observeCovariance(P, companion, first);
    steady = isSteady(P, companion);
  }
  return { count, logF, vv, vu, uu };
}

/** μ that fits best; 0 where there is none. */
export function bestMean({ vu, uu }: Innovations): number {
  return uu > 0 ? vu / uu : 0;
}

/** Σ (v - μ u)² / F. */
export function sumSquares({ vv, vu, uu }: Innovations, mean: number): number {
  return Math.max(vv - 2 * mean * vu + mean * mean * uu, 0);
}

/** In natural logarithms, constants included. */
export function logLikelihood(innovations: Innovations, mean: number, variance: number): number {
  const { count, logF } = innovations;
  const squares = sumSquares(innovations, mean) / variance;
  return -0.5 * (count * Math.log(2 * Math.PI * variance) + logF + squares);
}

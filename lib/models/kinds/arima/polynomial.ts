/**
 * Lag polynomials. Coefficients are kept in the form of the recursion, from lag 1 on:
 * w_t = φ_1 w_(t-1) + … + φ_p w_(t-p) + e_t + θ_1 e_(t-1) + … + θ_q e_(t-q).
 */

/** 1 - φ_1 L - … times 1 - Φ_1 L^m - …, as φ of their product. */
export function expandAr(ar: ArrayLike<number>, seasonalAr: ArrayLike<number>, season: number): Float64Array {
  return negate(multiply(withLead(ar, -1, 1), withLead(seasonalAr, -1, season))).slice(1);
}

/** 1 + θ_1 L + … times 1 + Θ_1 L^m + …, as θ of their product. */
export function expandMa(ma: ArrayLike<number>, seasonalMa: ArrayLike<number>, season: number): Float64Array {
  return multiply(withLead(ma, 1, 1), withLead(seasonalMa, 1, season)).slice(1);
}

/** (1 - L)^d (1 - L^m)^D, as φ: a process without noise would go on by it. */
export function expandDifferences(d: number, seasonalD: number, season: number): Float64Array {
  let product = Float64Array.of(1);
  for (let i = 0; i < d; i++) product = multiply(product, withLead([1], -1, 1));
  for (let i = 0; i < seasonalD; i++) product = multiply(product, withLead([1], -1, season));
  return negate(product).slice(1);
}

/** φ of (1 - φ(L)) (1 - δ(L)). */
export function joinAr(phi: Float64Array, delta: Float64Array): Float64Array {
  return negate(multiply(withLead(phi, -1, 1), withLead(delta, -1, 1))).slice(1);
}

/** 1 - φ_1 - φ_2 - … */
export function sumAr(phi: ArrayLike<number>): number {
  let sum = 1;
  for (let i = 0; i < phi.length; i++) sum -= phi[i]!;
  return sum;
}

/**
 * Coefficients of a polynomial without roots inside the unit circle, from any real numbers: each becomes a partial
 * autocorrelation x / √(1 + x²), and those the coefficients by the Durbin-Levinson recursion.
 * Monahan, "A note on enforcing stationarity in autoregressive-moving average models", Biometrika 71 (1984), p. 403.
 */
export function constrain(free: ArrayLike<number>): Float64Array {
  const out = new Float64Array(free.length);
  const last = new Float64Array(free.length);
  for (let k = 0; k < free.length; k++) {
    const partial = free[k]! / Math.sqrt(1 + free[k]! ** 2);
    last.set(out);
    for (let i = 0; i < k; i++) out[i] = last[i]! - partial * last[k - 1 - i]!;
    out[k] = partial;
  }
  return out;
}

/** Largest partial autocorrelation that `unconstrain` gives back: 0.99. */
const MOST = 0.99;

/** The way back. Coefficients with a root on or inside the unit circle are drawn to the region that `constrain` covers. */
export function unconstrain(coefficients: ArrayLike<number>): Float64Array {
  const rest = Float64Array.from(coefficients);
  const free = new Float64Array(rest.length);
  const last = new Float64Array(rest.length);
  for (let k = rest.length - 1; k >= 0; k--) {
    const partial = Number.isFinite(rest[k]!) ? Math.max(-MOST, Math.min(MOST, rest[k]!)) : 0;
    free[k] = partial / Math.sqrt(1 - partial ** 2);
    last.set(rest);
    for (let i = 0; i < k; i++) rest[i] = (last[i]! + partial * last[k - 1 - i]!) / (1 - partial ** 2);
  }
  return free;
}

/** With the 1 of lag 0 in front, and zeros between the lags of a season. */
function withLead(coefficients: ArrayLike<number>, sign: 1 | -1, season: number): Float64Array {
  const out = new Float64Array(coefficients.length * season + 1);
  out[0] = 1;
  for (let i = 0; i < coefficients.length; i++) out[(i + 1) * season] = sign * coefficients[i]!;
  return out;
}

function multiply(a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(a.length + b.length - 1);
  for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j]! += a[i]! * b[j]!;
  return out;
}

function negate(values: Float64Array): Float64Array {
  // No negative zeros.
  return values.map((value) => 0 - value);
}

/** Differencing of a series with gaps. */

/**
 * Δ^d Δ_m^D of a series; NaN where any value that it is made of is missing.
 * @returns y.length - d - m D values, none where there are fewer
 */
export function difference(
  y: Float64Array,
  { d, seasonalD, season }: { readonly d: number; readonly seasonalD: number; readonly season: number },
): Float64Array {
  let out = y.slice();
  for (let i = 0; i < seasonalD; i++) out = subtractLag(out, season);
  for (let i = 0; i < d; i++) out = subtractLag(out, 1);
  return out;
}

function subtractLag(y: Float64Array<ArrayBuffer>, lag: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(Math.max(y.length - lag, 0));
  for (let t = 0; t < out.length; t++) out[t] = y[t + lag]! - y[t]!;
  return out;
}

export function countMeasured(y: Float64Array): number {
  let count = 0;
  for (const value of y) if (!Number.isNaN(value)) count++;
  return count;
}

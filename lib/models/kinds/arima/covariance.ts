/**
 * Covariance of the state of an ARMA process in Harvey's form: r = max(p, q + 1) entries,
 * α_1 = w_t, α_i(t + 1) = φ_i α_1(t) + α_(i+1)(t) + R_i e_(t+1) with R = (1, θ_1, …, θ_(r-1)).
 * All in units of the innovations' variance. Only the upper triangle (column ≥ row) is read and written.
 */

/** A process as the filter runs it: φ and R padded with zeros to the same length r. */
export interface Companion {
  readonly size: number;
  readonly phi: Float64Array;
  readonly r: Float64Array;
}

export function toCompanion(phi: ArrayLike<number>, theta: ArrayLike<number>): Companion {
  const size = Math.max(phi.length, theta.length + 1);
  const companion = { size, phi: new Float64Array(size), r: new Float64Array(size) };
  companion.phi.set(phi);
  companion.r[0] = 1;
  companion.r.set(theta, 1);
  return companion;
}

/**
 * Variance of a state one row ahead, after its first entry was measured exactly. Nothing but a shift remains of the
 * transition, since the first row and column of the updated covariance are 0: the step of Gardner, Harvey and Phillips,
 * algorithm AS 154, Applied Statistics 29 (1980), p. 311.
 * @param first r scratch numbers
 */
export function observeCovariance(P: Float64Array, { size, r }: Companion, first: Float64Array): void {
  for (let i = 0; i < size; i++) first[i] = P[i]!;
  const scale = 1 / first[0]!;
  for (let i = 0; i < size; i++) {
    const row = i * size;
    const ri = r[i]!;
    if (i === size - 1) {
      P[row + i] = ri * ri;
      return;
    }
    const gain = first[i + 1]! * scale;
    const below = row + size + 1;
    for (let j = i; j < size - 1; j++) P[row + j] = P[below + j]! - gain * first[j + 1]! + ri * r[j]!;
    P[row + size - 1] = ri * r[size - 1]!;
  }
}

/** The same where nothing was measured. */
export function skipCovariance(P: Float64Array, { size, phi, r }: Companion, first: Float64Array): void {
  for (let i = 0; i < size; i++) first[i] = P[i]!;
  const variance = first[0]!;
  for (let i = 0; i < size; i++) {
    const row = i * size;
    const last = i === size - 1;
    const below = row + size + 1;
    const own = phi[i]! * variance + (last ? 0 : first[i + 1]!);
    for (let j = i; j < size - 1; j++)
      P[row + j] = phi[j]! * own + phi[i]! * first[j + 1]! + (last ? 0 : P[below + j]!) + r[i]! * r[j]!;
    P[row + size - 1] = phi[size - 1]! * own + r[i]! * r[size - 1]!;
  }
}

/** What the covariance converges to while every row is measured: R R'. */
export function setSteady(P: Float64Array, { size, r }: Companion): void {
  for (let i = 0; i < size; i++) for (let j = i; j < size; j++) P[i * size + j] = r[i]! * r[j]!;
}

/** Of σ². What it leaves out of a log-likelihood is in its tenth digit. */
const STEADY = 1e-10;

/** Whether the diagonal, and by Cauchy and Schwarz all the rest, is that of R R'. */
export function isSteady(P: Float64Array, { size, r }: Companion): boolean {
  for (let i = 0; i < size; i++) if (Math.abs(P[i * (size + 1)]! - r[i]! * r[i]!) > STEADY) return false;
  return true;
}

/**
 * Covariance before anything was measured, of a stationary process. Its first row holds the covariances of w_t with the
 * state, sums over autocovariances and ψ weights; the others follow from P = T P T' + R R', read from the last one up.
 * @returns undefined where φ is too close to a unit root for the autocovariances to be solved
 */
export function stationaryCovariance(companion: Companion): Float64Array | undefined {
  const { size, phi, r } = companion;
  const psi = psiWeights(companion, size);
  const gamma = autocovariances(companion, psi);
  if (gamma === undefined) return undefined;
  const P = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    let sum = 0;
    for (let j = k; j < size; j++) sum += phi[j]! * gamma[j - k + 1]! + r[j]! * psi[j - k]!;
    P[k] = sum;
  }
  for (let i = size - 1; i > 0; i--)
    for (let j = size - 1; j >= i; j--) {
      const nextI = i + 1 < size ? P[i + 1]! : 0;
      const nextJ = j + 1 < size ? P[j + 1]! : 0;
      const below = j + 1 < size ? P[(i + 1) * size + j + 1]! : 0;
      P[i * size + j] = phi[i]! * (phi[j]! * P[0]! + nextJ) + phi[j]! * nextI + below + r[i]! * r[j]!;
    }
  return P;
}

/** w_t = Σ ψ_j e_(t-j). */
export function psiWeights({ size, phi, r }: Companion, count: number): Float64Array {
  const psi = new Float64Array(count);
  for (let j = 0; j < count; j++) {
    let sum = j < size ? r[j]! : 0;
    for (let i = 1; i <= Math.min(j, size); i++) sum += phi[i - 1]! * psi[j - i]!;
    psi[j] = sum;
  }
  return psi;
}

/** γ_0 to γ_r, from the Yule-Walker equations: γ_k - Σ φ_j γ_|k-j| = Σ_(j≥k) R_j ψ_(j-k). */
function autocovariances({ size, phi, r }: Companion, psi: Float64Array): Float64Array | undefined {
  let order = size;
  while (order > 0 && phi[order - 1] === 0) order--;
  const width = order + 1;
  const rightSide = (k: number): number => {
    let sum = 0;
    for (let j = k; j < size; j++) sum += r[j]! * psi[j - k]!;
    return sum;
  };
  const matrix = new Float64Array(width * width);
  const right = new Float64Array(width);
  for (let k = 0; k < width; k++) {
    matrix[k * width + k]! += 1;
    for (let j = 1; j <= order; j++) matrix[k * width + Math.abs(k - j)]! -= phi[j - 1]!;
    right[k] = rightSide(k);
  }
  if (!solveInPlace(matrix, right) || !(right[0]! > 0)) return undefined;
  const gamma = new Float64Array(size + 1);
  gamma.set(right);
  for (let k = width; k <= size; k++) {
    let sum = rightSide(k);
    for (let j = 1; j <= order; j++) sum += phi[j - 1]! * gamma[k - j]!;
    gamma[k] = sum;
  }
  return gamma;
}

/** Gauss with row pivots; `right` becomes the solution. @returns false where a pivot vanishes */
export function solveInPlace(matrix: Float64Array, right: Float64Array): boolean {
  const n = right.length;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let i = c + 1; i < n; i++)
      if (Math.abs(matrix[i * n + c]!) > Math.abs(matrix[pivot * n + c]!)) pivot = i;
    if (!(Math.abs(matrix[pivot * n + c]!) > 1e-14)) return false;
    if (pivot !== c) swapRows(matrix, right, { n, a: pivot, b: c });
    for (let i = c + 1; i < n; i++) {
      const factor = matrix[i * n + c]! / matrix[c * n + c]!;
      if (factor === 0) continue;
      for (let j = c; j < n; j++) matrix[i * n + j]! -= factor * matrix[c * n + j]!;
      right[i]! -= factor * right[c]!;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = right[i]!;
    for (let j = i + 1; j < n; j++) sum -= matrix[i * n + j]! * right[j]!;
    right[i] = sum / matrix[i * n + i]!;
  }
  return right.every(Number.isFinite);
}

function swapRows(
  matrix: Float64Array,
  right: Float64Array,
  { n, a, b }: { readonly n: number; readonly a: number; readonly b: number },
): void {
  for (let j = 0; j < n; j++) {
    const kept = matrix[a * n + j]!;
    matrix[a * n + j] = matrix[b * n + j]!;
    matrix[b * n + j] = kept;
  }
  const kept = right[a]!;
  right[a] = right[b]!;
  right[b] = kept;
}

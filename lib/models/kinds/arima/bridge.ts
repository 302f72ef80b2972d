/** From a state on, over rows of which nothing is known. */
import { type Companion, setSteady, skipCovariance } from './covariance.ts';
import { copyState, createState, type FilterState, skip, skipMean } from './level-filter.ts';

/**
 * Rows after which a state is kept from growing more uncertain, and from following a trend: what was known before has
 * little to say. Later rows differ by their place in the season alone.
 */
export const LONGEST_BRIDGE = 1024;
/** Up to so many rows are gone one by one. */
const SHORT = 64;
/** Longest state that is taken over many rows by powers of its transition, which cost the cube of its length. */
const SMALL_STATE = 16;
/** Of longer ones, rows over which the covariance is followed one by one: 10 seasons of 48 rows and more. */
const LONG_STATE_ROWS = 512;

/** Rows that stand for `rows`; negative ones, before the state was known, count as rows long after it. */
export function limitBridge(rows: number, season: number): number {
  if (rows >= 0 && rows <= LONGEST_BRIDGE) return rows;
  const start = LONGEST_BRIDGE - (LONGEST_BRIDGE % season);
  return start + ((((rows - start) % season) + season) % season);
}

/** @param rows from 0 on, at most LONGEST_BRIDGE and a season */
export function crossRows(state: FilterState, companion: Companion, rows: number): void {
  const { size } = companion;
  if (rows <= SHORT) {
    for (let i = 0; i < rows; i++) skip(state, companion);
    return;
  }
  if (size <= SMALL_STATE) {
    leapRows(state, companion, rows);
    return;
  }
  if (state.steady) setSteady(state.P, companion);
  state.steady = false;
  for (let i = 0; i < rows; i++) skipMean(state, companion);
  for (let i = 0; i < Math.min(rows, LONG_STATE_ROWS); i++) skipCovariance(state.P, companion, state.first);
}

/**
 * α ← T^n α, P ← T^n P T'^n + S_n with S_n = Σ_(j<n) T^j R R' T'^j, from the powers of two that n is made of:
 * S_2n = S_n + T^n S_n T'^n.
 */
function leapRows(state: FilterState, companion: Companion, rows: number): void {
  const { size, phi, r } = companion;
  if (state.steady) setSteady(state.P, companion);
  state.steady = false;
  let power = new Float64Array(size * size);
  let spread = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    power[i * size] = phi[i]!;
    if (i + 1 < size) power[i * size + i + 1]! += 1;
    for (let j = 0; j < size; j++) spread[i * size + j] = r[i]! * r[j]!;
  }
  let P = mirror(state.P, size);
  let a = state.a.slice(0, size);
  for (let left = rows; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      a = timesVector(power, a);
      P = addTo(sandwich(power, P, size), spread);
    }
    if (left > 1) {
      spread = addTo(sandwich(power, spread, size), spread);
      power = times(power, power, size);
    }
  }
  state.a.set(a);
  state.P.set(P);
}

export interface Bridge {
  /** Covariance of every state that is far from the start. Not to be changed. */
  readonly farCovariance: () => Float64Array;
  /** @returns whether the state is far from the start; `into` then has means alone, the covariance is the common one */
  readonly cross: (rows: number, into: FilterState) => boolean;
}

/** Far states differ by their means alone, and there are no more of them than rows in a season: they are remembered. */
export function createBridge(start: FilterState, companion: Companion, season: number): Bridge {
  const means = new Map<number, Float64Array>();
  let covariance: Float64Array | undefined;
  return {
    farCovariance() {
      if (covariance !== undefined) return covariance;
      const far = createState(companion);
      copyState(start, far);
      crossRows(far, companion, LONGEST_BRIDGE);
      covariance = far.P;
      return covariance;
    },
    cross(rows, into) {
      if (rows >= 0 && rows < LONGEST_BRIDGE - season) {
        copyState(start, into);
        crossRows(into, companion, rows);
        return false;
      }
      const limited = limitBridge(rows, season);
      into.a.set(means.get(limited) ?? remember(limited));
      return true;
    },
  };

  function remember(rows: number): Float64Array {
    const a = start.a.slice();
    for (let i = 0; i < rows; i++) skipMean({ a }, companion);
    means.set(rows, a);
    return a;
  }
}

function mirror(P: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) out[i * size + j] = P[Math.min(i, j) * size + Math.max(i, j)]!;
  return out;
}

function times(a: Float64Array, b: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k]!;
      for (let j = 0; j < size; j++) out[i * size + j]! += factor * b[k * size + j]!;
    }
  return out;
}

/** A B A'. */
function sandwich(a: Float64Array, b: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const left = times(a, b, size);
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += left[i * size + k]! * a[j * size + k]!;
      out[i * size + j] = sum;
    }
  return out;
}

function timesVector(a: Float64Array, x: Float64Array): Float64Array<ArrayBuffer> {
  const size = x.length;
  const out = new Float64Array(size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) out[i]! += a[i * size + j]! * x[j]!;
  return out;
}

function addTo(target: Float64Array<ArrayBuffer>, more: Float64Array): Float64Array<ArrayBuffer> {
  for (let i = 0; i < target.length; i++) target[i]! += more[i]!;
  return target;
}

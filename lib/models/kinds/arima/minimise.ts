/**
 * BFGS with numerical gradients, for a handful of variables and a function whose value costs far more than the algebra.
 * Nocedal and Wright, "Numerical Optimization" (2006), algorithm 6.1.
 */

export interface MinimiseOptions {
  readonly start: ArrayLike<number>;
  /** Stops once an iteration lowers the value by less. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Differences on both sides cost twice as much as on one, and are exact to the square of the step. */
  readonly central: boolean;
}

export interface Minimum {
  readonly at: Float64Array;
  readonly value: number;
}

/** Steps of the differences. */
const CENTRAL_STEP = 1e-4;
const FORWARD_STEP = 1e-6;
/** Share of the promised descent that a step has to bring (Armijo). */
const ENOUGH = 1e-4;
const MAX_HALVINGS = 25;
/** Longest step of one iteration, in any variable. */
const LONGEST = 2;

/** A value that is not finite counts as infinitely high: the search stays out of there. */
export function minimise(
  f: (x: Float64Array) => number,
  { start, tolerance, maxIterations, central }: MinimiseOptions,
): Minimum {
  const n = start.length;
  const value = (x: Float64Array): number => {
    const result = f(x);
    return Number.isNaN(result) ? Infinity : result;
  };
  let at: Float64Array = Float64Array.from(start);
  let best = value(at);
  if (n === 0 || best === Infinity) return { at, value: best };
  let gradient = differentiate(value, at, best, central);
  let inverse = identity(n);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (!gradient.every(Number.isFinite)) break;
    let direction = multiplyNegative(inverse, gradient);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      inverse = identity(n);
      direction = gradient.map((each) => -each);
      slope = dot(direction, gradient);
      if (!(slope < 0)) break;
    }
    const step = search(value, { at, best, direction, slope });
    if (step === undefined) break;
    const gained = best - step.value;
    const next = differentiate(value, step.at, step.value, central);
    updateInverse(inverse, {
      moved: subtract(step.at, at),
      turned: subtract(next, gradient),
      first: iteration === 0,
    });
    at = step.at;
    best = step.value;
    gradient = next;
    if (gained < tolerance) break;
  }
  return { at, value: best };
}

function differentiate(
  f: (x: Float64Array) => number,
  at: Float64Array,
  value: number,
  central: boolean,
): Float64Array {
  const probe = at.slice();
  return at.map((x, i) => {
    const h = (central ? CENTRAL_STEP : FORWARD_STEP) * Math.max(1, Math.abs(x));
    probe[i] = x + h;
    const above = f(probe);
    probe[i] = x - h;
    const slope = central ? (above - f(probe)) / (2 * h) : (above - value) / h;
    probe[i] = x;
    return slope;
  });
}

interface Search {
  readonly at: Float64Array;
  readonly best: number;
  readonly direction: Float64Array;
  /** Negative. */
  readonly slope: number;
}

/** Halves the step until it brings enough. @returns undefined where no step does */
function search(f: (x: Float64Array) => number, { at, best, direction, slope }: Search): Minimum | undefined {
  const longest = direction.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  let length = Math.min(1, LONGEST / longest);
  for (let halving = 0; halving < MAX_HALVINGS; halving++) {
    const next = at.map((x, i) => x + length * direction[i]!);
    const value = f(next);
    if (value <= best + ENOUGH * length * slope) return { at: next, value };
    length /= 2;
  }
  return undefined;
}

interface Change {
  readonly moved: Float64Array;
  readonly turned: Float64Array;
  readonly first: boolean;
}

/** Keeps the inverse Hessian positive: a step along which the slope did not grow teaches nothing. */
function updateInverse(inverse: Float64Array, { moved, turned, first }: Change): void {
  const n = moved.length;
  const curvature = dot(moved, turned);
  if (!(curvature > 1e-12)) return;
  if (first) {
    const scale = curvature / dot(turned, turned);
    for (let i = 0; i < n; i++) inverse[i * (n + 1)] = scale;
  }
  const product = multiplyNegative(inverse, turned).map((each) => -each);
  const factor = (1 + dot(turned, product) / curvature) / curvature;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      inverse[i * n + j]! +=
        factor * moved[i]! * moved[j]! - (product[i]! * moved[j]! + moved[i]! * product[j]!) / curvature;
}

function identity(n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * (n + 1)] = 1;
  return out;
}

function multiplyNegative(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  return vector.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum -= matrix[i * n + j]! * vector[j]!;
    return sum;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function subtract(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((each, i) => each - b[i]!);
}

/**
 * Which columns a vector is far out by: by how much the form would fall if a column were what all others expect of it
 * (reconstruction-based contributions, Alcala and Qin, Automatica 45, 2009). A column that fails alone always has the
 * largest; plain parts of the form smear it over what it is correlated with.
 */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { factorize, solveFactorized } from '../../../maths/linalg/cholesky.ts';
import type { Contribution } from '../../framework/contract.ts';
import { toContributions } from '../../framework/contributions.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';
import { placesOf } from '../robust-z/baselines.ts';
import { fromCoordinate, toCoordinate } from './coordinates.ts';
import { type Gap, gapFinder, type QuadraticForm, takeSquare } from './quadratic.ts';
import type { CompiledPca } from './score.ts';

/** Bounds leave out 0.05 % on either side of a normal column: as those of `robust-z`. */
const BOUND_DEVIATIONS = 3.2905267314918945;

interface Expectation {
  readonly weight: number;
  /** Coordinates of the newest row. */
  readonly expected: number;
  readonly deviation: number;
}

/** Rows without a score get equal shares, as nothing speaks for one column or another. */
export function explainRows(
  { pca, form }: CompiledPca,
  x: FeatureMatrix,
  rows: Uint32Array,
): readonly (readonly Contribution[])[] {
  const { coordinates, window } = pca;
  const { baselines, varying, constant } = coordinates;
  const { columns, centers } = baselines;
  const places = placesOf(baselines, x.entities);
  const groups = groupRows(x);
  const findGap = gapFinder(form);
  const blocks = Array.from(varying, (_, v) =>
    openBlock(
      form,
      Uint32Array.from({ length: window }, (_, lag) => lag * varying.length + v),
    ),
  );
  return Array.from(rows, (row) => {
    const entity = x.entityOf[row]!;
    const place = places[entity]!;
    const u = readVector(groups[entity]!, row);
    if (u === undefined) return toContributions(columns, new Float64Array(columns.length), () => ({}));
    const gap: Gap | undefined = findGap(u);
    gap?.fill(u);
    const pull = multiply(form, u);
    const expectations = new Map(blocks.map((expect, v) => [varying[v]!, expect(u, pull)]));
    const weights = new Float64Array(columns.length);
    for (const [c, { weight }] of expectations) weights[c] = weight;
    for (const c of constant) {
      const moved = toCoordinate(coordinates, place + c, x.values[row * columns.length + c]!);
      weights[c] = Number.isNaN(moved) ? 0 : moved ** 2;
    }
    return toContributions(columns, weights, (c) => {
      const usual = expectations.get(c);
      if (usual === undefined) {
        const center = centers[place + c]!;
        return Number.isNaN(center) ? {} : { expected: center, low: center, high: center };
      }
      const [expected, low, high] = [0, -1, 1].map((side) =>
        fromCoordinate(coordinates, place + c, usual.expected + side * BOUND_DEVIATIONS * usual.deviation),
      ) as [number, number, number];
      return { expected, low, high };
    });
  });

  /** Relative to the mean. */
  function readVector(entityRows: Uint32Array, row: number): Float64Array | undefined {
    const at = entityRows.indexOf(row);
    if (at < window - 1) return undefined;
    const u = new Float64Array(form.size);
    const place = places[x.entityOf[row]!]!;
    for (let i = 0; i < u.length; i++) {
      const c = varying[i % varying.length]!;
      const lagged = entityRows[at - Math.floor(i / varying.length)]!;
      u[i] = toCoordinate(coordinates, place + c, x.values[lagged * columns.length + c]!);
    }
    return u.map((value, i) => value - form.mean[i]!);
  }
}

/** @param at entries of one column, newest first */
function openBlock(
  form: QuadraticForm,
  at: Uint32Array,
): (u: Float64Array, pull: Float64Array) => Expectation {
  const factor = factorize(takeSquare(form.matrix, form.size, at), at.length);
  const newest = new Float64Array(at.length);
  newest[0] = 1;
  solveFactorized(factor, newest);
  return (u, pull) => {
    const here = Float64Array.from(at, (i) => pull[i]!);
    const excess = here.slice();
    solveFactorized(factor, excess);
    const first = at[0]!;
    return {
      weight: Math.max(
        0,
        excess.reduce((sum, value, i) => sum + value * here[i]!, 0),
      ),
      expected: u[first]! - excess[0]! + form.mean[first]!,
      deviation: Math.sqrt(newest[0]!),
    };
  };
}

/** Mu */
function multiply({ matrix, size }: QuadraticForm, u: Float64Array): Float64Array {
  return Float64Array.from(u, (_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += matrix[i * size + j]! * u[j]!;
    return sum;
  });
}

/**
 * Which metric a row's distance comes from: by how much it would shrink if one metric were whatever the others make
 * likely. With w = M u, and the metric's own part M_jj of M, that is w_j' M_jj^-1 w_j: never below 0, and small for a
 * metric that only went where the others took it.
 */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { toLocalTime } from '../../../features/zone-clock.ts';
import { factorize, solveFactorized } from '../../../maths/linalg/cholesky.ts';
import type { Contribution } from '../../framework/contract.ts';
import { toContributions } from '../../framework/contributions.ts';
import { placeRow, takeCoordinates } from './coordinates.ts';
import { BINS, findPlace, readCurve } from './daily-curve.ts';
import { type Feature, type JointModel, listFeatures } from './joint-model.ts';
import { layOutGroups, takeStretchOf } from './stretches.ts';

/** Of each model once: with a thousand metrics it takes seconds, and a window may hold hundreds of rows to explain. */
const squares = new WeakMap<JointModel, Float64Array>();

export function explainRows(
  model: JointModel,
  x: FeatureMatrix,
  rows: Uint32Array,
): readonly (readonly Contribution[])[] {
  const features = listFeatures(model.scaleSet, model.constant);
  const coordinates = takeCoordinates(model, features);
  const matrix = squares.get(model) ?? squareFactor(model.factor, features.length);
  squares.set(model, matrix);
  const groups = layOutGroups(x);
  return Array.from(rows, (row) => {
    const group = groups[x.entityOf[row]!]!;
    const stretch = takeStretchOf(x, { group, at: group.indexOf(row) }, model.seasons);
    const u = new Float64Array(features.length);
    const time = toLocalTime(x.times[row]!, x.timeZone);
    placeRow(coordinates, { stretch, at: stretch.looksBackOn, time }, u);
    const weights = weighColumns({ features, matrix, u, columns: model.columns.length });
    return toContributions(model.columns, weights, (column) => expectLevel(model, column, time));
  });
}

/** M = R'R. @param factor R, upper triangular */
function squareFactor(factor: Float64Array, n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = k; i < n; i++) {
      const scale = factor[k * n + i]!;
      for (let j = k; j < n; j++) matrix[i * n + j]! += scale * factor[k * n + j]!;
    }
  }
  return matrix;
}

/** Features of a column are next to each other. */
function weighColumns(given: {
  readonly features: readonly Feature[];
  readonly matrix: Float64Array;
  readonly u: Float64Array;
  readonly columns: number;
}): Float64Array {
  const { features, matrix, u, columns } = given;
  const n = u.length;
  const pulls = u.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * u[j]!;
    return sum;
  });
  const weights = new Float64Array(columns);
  for (let from = 0; from < n; ) {
    const { column } = features[from]!;
    let to = from;
    while (to < n && features[to]!.column === column) to++;
    const size = to - from;
    const own = Float64Array.from(
      { length: size * size },
      (_, k) => matrix[(from + Math.floor(k / size)) * n + from + (k % size)]!,
    );
    const pull = pulls.slice(from, to);
    const moved = pull.slice();
    solveFactorized(factorize(own, size), moved);
    weights[column] = Math.max(
      0,
      pull.reduce((sum, each, i) => sum + each * moved[i]!, 0),
    );
    from = to;
  }
  return weights;
}

/** The level that is usual at the time of day (`time` in ms, as the clocks show it), with the range of all but one row in a hundred; nothing where none was measured. */
function expectLevel(
  { seasons, centers, low, high, scaleSet, constant }: JointModel,
  column: number,
  time: number,
): Pick<Contribution, 'expected' | 'low' | 'high'> {
  if (Number.isNaN(low[column]!)) return {};
  const curve = seasons.curveOf[column]!;
  const usual = curve < 0 ? 0 : readCurve(seasons.curves, findPlace(time), curve * BINS);
  const level = listFeatures(scaleSet, constant).findIndex((feature) => feature.column === column);
  return { expected: usual + centers[level]!, low: usual + low[column]!, high: usual + high[column]! };
}

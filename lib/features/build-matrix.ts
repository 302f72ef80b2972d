/** A window becomes what a model sees. */
import { FeatureError } from '../errors.ts';
import type { FeatureMatrix } from './feature-matrix.ts';
import { columnNames } from './plan.ts';
import { type FittedScaler, profilesOf, scaleValue } from './robust-scaler.ts';
import { type PlannedRows, sourceColumns } from './source-columns.ts';

export interface RowDeviations {
  /** Per row the largest distance of a column from its usual centre, in robust standard deviations; 0 where nothing was measured. */
  readonly values: Float64Array;
  /** Column index of that largest distance; -1 where nothing was measured. */
  readonly columns: Int32Array;
}

/**
 * Scaled in float64, stored in float32; NaN where nothing was measured.
 * @throws FeatureError where the window lacks a planned metric, or the scaler belongs to another plan
 */
export function buildMatrix(input: PlannedRows & { readonly scaler: FittedScaler }): FeatureMatrix {
  const { window, plan, scaler } = input;
  const names = columnNames(plan);
  if (names.join('\n') !== scaler.columns.join('\n'))
    throw new FeatureError(
      'plan-mismatch',
      `the scaler was fitted on ${scaler.columns.join(', ')}, the plan has ${names.join(', ')}`,
    );
  const profiles = window.entities.map((entity) => profilesOf(scaler, entity));
  const values = new Float32Array(window.times.length * names.length);
  for (const [c, source] of sourceColumns(input).entries()) {
    for (let row = 0; row < source.length; row++)
      values[row * names.length + c] = scaleValue(source[row]!, profiles[window.entityOf[row]!]![c]!);
  }
  const { entities, entityOf, times } = window;
  return { names, entities, entityOf, times, values };
}

/**
 * How far each row is from usual. Infinity where a column that was constant in training moved; of several that did,
 * the first is named.
 */
export function deviations(x: FeatureMatrix, scaler: FittedScaler): RowDeviations {
  const width = x.names.length;
  const constant = x.entities.map((entity) => profilesOf(scaler, entity).map((p) => p.shape === 'constant'));
  const values = new Float64Array(x.times.length);
  const columns = new Int32Array(x.times.length).fill(-1);
  for (let row = 0; row < values.length; row++) {
    const isConstant = constant[x.entityOf[row]!]!;
    for (let c = 0; c < width; c++) {
      const size = Math.abs(x.values[row * width + c]!);
      const distance = isConstant[c] && size > 0 ? Infinity : size;
      if (distance > values[row]! || (columns[row] === -1 && distance === 0)) {
        values[row] = distance;
        columns[row] = c;
      }
    }
  }
  return { values, columns };
}

/** A window becomes what a model sees. */
import { FeatureError } from '../base/errors.ts';
import { deriveColumns } from './derive-columns.ts';
import type { FeatureMatrix } from './feature-matrix.ts';
import { columnNames } from './plan.ts';
import { deviationOf, type FittedScaler, profilesOf, scaleColumn } from './scaler.ts';
import type { PlannedRows } from './source-columns.ts';

/** Columns that are put into rows together: 16 float32 are a line of the processor's cache. */
const COLUMNS_AT_ONCE = 16;

export interface RowDeviations {
  /** Per row the largest distance of a column from its usual centre, in robust standard deviations; 0 where nothing was measured. */
  readonly values: Float64Array;
  /** Column index of that largest distance; -1 where nothing was measured. */
  readonly columns: Int32Array;
}

/**
 * Scaled in float64, stored in float32; NaN where nothing was measured, or too little history to compute a column from.
 * Entities are those of the window, with rows or without.
 * @param input.leastOffZero one a column, in its own unit: what was constantly 0 and is off it by less is 0; left out: any move counts
 * @throws FeatureError where the window lacks a planned metric, or the scaler belongs to another plan
 */
export function buildMatrix(
  input: PlannedRows & {
    readonly scaler: FittedScaler;
    readonly leastOffZero?: ArrayLike<number> | undefined;
  },
): FeatureMatrix {
  const { window, plan, scaler, rows, leastOffZero } = input;
  const names = columnNames(plan);
  if (names.join('\n') !== scaler.columns.join('\n'))
    throw new FeatureError(
      'plan-mismatch',
      `the scaler was fitted on ${scaler.columns.join(', ')}, the plan has ${names.join(', ')}`,
    );
  const times = rows === undefined ? window.times : pick(window.times, rows, new Float64Array(rows.length));
  const entityOf =
    rows === undefined ? window.entityOf : pick(window.entityOf, rows, new Uint32Array(rows.length));
  const profiles = window.entities.map((entity) => profilesOf(scaler, entity));
  const runs = findRuns(entityOf);
  const values = new Float32Array(times.length * names.length);
  const scaled = Array.from({ length: COLUMNS_AT_ONCE }, () => new Float32Array(times.length));
  let c = 0;
  for (const column of deriveColumns(input)) {
    const out = scaled[c % COLUMNS_AT_ONCE]!;
    for (const { from, to } of runs)
      scaleColumn(column, out, {
        from,
        to,
        profile: profiles[entityOf[from]!]![c]!,
        leastOffZero: leastOffZero?.[c] ?? 0,
      });
    c++;
    if (c % COLUMNS_AT_ONCE === 0)
      placeColumns(scaled, values, { from: c - COLUMNS_AT_ONCE, to: c, width: names.length });
  }
  placeColumns(scaled, values, { from: c - (c % COLUMNS_AT_ONCE), to: c, width: names.length });
  const { timeZone } = plan;
  return {
    names,
    entities: window.entities,
    entityOf,
    times,
    values,
    profiles,
    ...(timeZone !== undefined && { timeZone }),
  };
}

/**
 * How far each row is from usual. Infinity where a column that was constant in training moved; of several that did,
 * the first is named.
 */
export function deviations(x: FeatureMatrix, scaler: FittedScaler): RowDeviations {
  const width = x.names.length;
  const profiles = x.entities.map((entity) => profilesOf(scaler, entity));
  const values = new Float64Array(x.times.length);
  const columns = new Int32Array(x.times.length).fill(-1);
  for (let row = 0; row < values.length; row++) {
    const usual = profiles[x.entityOf[row]!]!;
    for (let c = 0; c < width; c++) {
      const distance = deviationOf(x.values[row * width + c]!, usual[c]!);
      if (distance > values[row]! || (columns[row] === -1 && distance === 0)) {
        values[row] = distance;
        columns[row] = c;
      }
    }
  }
  return { values, columns };
}

function pick<T extends Float64Array | Uint32Array>(values: T, rows: Uint32Array, into: T): T {
  for (let i = 0; i < rows.length; i++) into[i] = values[rows[i]!]!;
  return into;
}

/** Stretches of rows of one entity, `to` exclusive. */
function findRuns(entityOf: Uint32Array): readonly { readonly from: number; readonly to: number }[] {
  const runs: { from: number; to: number }[] = [];
  for (let from = 0, row = 1; row <= entityOf.length; row++) {
    if (row < entityOf.length && entityOf[row] === entityOf[from]) continue;
    runs.push({ from, to: row });
    from = row;
  }
  return runs;
}

/** Columns `from` to `to` (exclusive) of the matrix, from the first of `columns` on. */
function placeColumns(
  columns: readonly Float32Array[],
  values: Float32Array,
  { from, to, width }: { readonly from: number; readonly to: number; readonly width: number },
): void {
  for (let row = 0, rows = values.length / width; row < rows; row++)
    for (let c = from; c < to; c++) values[row * width + c] = columns[c - from]![row]!;
}

/**
 * Centre and scale of every column, for each entity by itself: pods of different size then look alike to one model.
 * An entity that was not seen in training, or too briefly, is judged by the pooled values of all entities.
 */
import { FeatureError } from '../errors.ts';
import type { MetricWindow } from '../window/window.ts';
import { columnNames } from './plan.ts';
import { CONSTANT_TOLERANCE, type Profile, profileValues } from './profile.ts';
import { type PlannedRows, sourceColumns } from './source-columns.ts';

/** Measured training rows that an entity's column needs before it gets a profile of its own. */
export const MIN_ENTITY_ROWS = 64;

/**
 * A constant tells no scale of its own: its standard deviation is taken to be this share of the larger of the two
 * magnitudes, so that a move reads as percent, and one away from 0 (the first restart, the first dropped packet) as 100.
 */
export const CONSTANT_SCALE = 0.01;
/** Upper end of |scaled value|: float32 keeps it, and differences of two of them. */
export const SCALED_LIMIT = 1e18;

export interface FittedScaler {
  /** Column names in plan order. */
  readonly columns: readonly string[];
  /** Entities with a profile of their own in at least one column → one profile per column. */
  readonly entities: ReadonlyMap<string, readonly Profile[]>;
  /** One profile per column over all rows of all entities. */
  readonly pooled: readonly Profile[];
}

/**
 * Learns from the rows that are not labelled anomalous. An entity's column with fewer than MIN_ENTITY_ROWS measured
 * rows takes the pooled profile.
 *
 * Pooled: median over the rows of all entities, scale the larger of IQR / 1.349 and the 0.5 % to 99.5 % range / 5.152.
 * Levels of different entities are part of that spread on purpose: a new pod may run at the level of any known one,
 * and only what none of them shows is unusual for it.
 * @throws FeatureError where the window lacks a metric of the plan, or no unlabelled row exists
 */
export function fitScaler({ window, availability, plan }: PlannedRows): FittedScaler {
  const rows = rowsByEntity(window);
  const total = rows.reduce((sum, of) => sum + of.length, 0);
  if (total === 0)
    throw new FeatureError(
      'no-rows',
      `0 unlabelled rows of ${window.times.length} to fit a scaler on, at least 1`,
    );
  const sources = sourceColumns({ window, availability, plan });
  const pooled = sources.map((values) => profileValues(sortedValues(values, rows), true));
  const entities = new Map<string, readonly Profile[]>();
  for (const [e, name] of window.entities.entries()) {
    let own = false;
    const profiles = sources.map((values, c) => {
      const sorted = sortedValues(values, [rows[e]!]);
      if (sorted.length < MIN_ENTITY_ROWS) return pooled[c]!;
      own = true;
      return profileValues(sorted);
    });
    if (own) entities.set(name, profiles);
  }
  return { columns: columnNames(plan), entities, pooled };
}

/** What is usual for an entity, one profile per column in plan order; the pooled ones for an unknown entity. */
export function profilesOf(scaler: FittedScaler, entity: string): readonly Profile[] {
  return scaler.entities.get(entity) ?? scaler.pooled;
}

/** Columns that held no value at all in training: the model ignores them, which people should be told. */
export function unmeasuredColumns(scaler: FittedScaler): readonly string[] {
  return scaler.columns.filter((_, c) => scaler.pooled[c]?.shape === 'unmeasured');
}

/**
 * (value - centre) / scale. Within tolerance of a constant: exactly 0; off it: never 0, at most ±200, see CONSTANT_SCALE.
 * NaN where the value is not finite or training held none. Otherwise finite: at most ±SCALED_LIMIT.
 */
export function scaleValue(value: number, profile: Profile): number {
  if (!Number.isFinite(value)) return NaN;
  const offset = value - profile.center;
  if (profile.shape === 'varies') return bound(offset / profile.scale);
  const size = Math.max(Math.abs(value), Math.abs(profile.center));
  if (Math.abs(offset) <= CONSTANT_TOLERANCE * size) return 0;
  return bound(offset / size / CONSTANT_SCALE);
}

function bound(scaled: number): number {
  return Math.max(-SCALED_LIMIT, Math.min(SCALED_LIMIT, scaled));
}

/** Row numbers per entity, without the rows labelled anomalous. */
function rowsByEntity({ entities, entityOf, labels }: MetricWindow): readonly (readonly number[])[] {
  const rows = entities.map((): number[] => []);
  for (let row = 0; row < entityOf.length; row++) if (labels?.[row] !== 1) rows[entityOf[row]!]!.push(row);
  return rows;
}

/** Finite values of the given rows, ascending. */
function sortedValues(values: Float64Array, rows: readonly (readonly number[])[]): Float64Array {
  const finite = new Float64Array(rows.reduce((sum, of) => sum + of.length, 0));
  let count = 0;
  for (const of of rows)
    for (const row of of) if (Number.isFinite(values[row]!)) finite[count++] = values[row]!;
  return finite.subarray(0, count).sort();
}

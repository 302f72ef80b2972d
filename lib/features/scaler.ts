/**
 * Centre and scale of every column, for each entity by itself: pods of different size then look alike to one model.
 * A pod that was not seen in training, or too briefly, is judged by those of its workload, another entity by the pooled
 * values of all.
 */

import { FeatureError } from '../base/errors.ts';
import type { ScalerKind } from '../config/feature-settings.ts';
import { findBriefEntities, MIN_ENTITY_ROWS } from './brief-entities.ts';
import { deriveColumns } from './derive-columns.ts';
import { inheritProfiles } from './inherit-profiles.ts';
import { columnNames } from './plan.ts';
import { CIRCULAR, CONSTANT_TOLERANCE, type Profile, profileValues } from './profile.ts';
import { findShortLived } from './short-lived.ts';
import type { PlannedRows } from './source-columns.ts';

/**
 * A constant tells no scale of its own: its standard deviation is taken to be this share of the larger of the two
 * magnitudes, so that a move reads as percent, and one away from 0 (the first restart, the first dropped packet) as 100.
 */
export const CONSTANT_SCALE = 0.01;
/** Upper end of |scaled value|: float32 keeps it, and differences of two of them. */
export const SCALED_LIMIT = 1e18;

export interface FittedScaler {
  readonly kind: ScalerKind;
  /** Column names in plan order. */
  readonly columns: readonly string[];
  /** Entities with a profile of their own in at least one column → one profile per column. */
  readonly entities: ReadonlyMap<string, readonly Profile[]>;
  /** One profile per column over all rows of all entities. */
  readonly pooled: readonly Profile[];
  /** Of the rows at hand, as `Known` has it; not part of what is stored. */
  readonly workloads?: ReadonlyMap<string, string> | undefined;
}

/**
 * Learns from the rows that are not labelled anomalous. An entity's column with fewer than MIN_ENTITY_ROWS measured
 * rows takes the pooled profile; an entity that was not there for long enough has none of its own. Pods of a workload
 * whose pods live for less than some days share one, by the rows of all of them (`short-lived.ts`).
 *
 * Pooled: over the rows of all entities; what is usual is then the median, and the larger of IQR / 1.349 and the 0.5 %
 * to 99.5 % range / 5.152. Levels of different entities are part of that spread on purpose: a new pod may run at the
 * level of any known one, and only what none of them shows is unusual for it.
 *
 * Sines and cosines of the calendar are not scaled.
 * @throws FeatureError where the window lacks a metric of the plan, or no unlabelled row exists
 */
export function fitScaler(given: PlannedRows & { readonly kind?: ScalerKind }): FittedScaler {
  const { window, plan, kind = 'robust' } = given;
  const rows = rowsByEntity(given);
  const isUsed = isUsedOf(given);
  const isBrief = findBriefEntities(window, isUsed);
  const shortLived = [...findShortLived(window, isUsed).values()];
  if (rows.every((of) => of.length === 0))
    throw new FeatureError(
      'no-rows',
      `0 unlabelled rows of ${given.rows?.length ?? window.times.length} to fit a scaler on, at least 1`,
    );
  const pooled: Profile[] = [];
  const entities = new Map(window.entities.map((name) => [name, [] as Profile[]]));
  const own = new Set<string>();
  let c = 0;
  for (const values of deriveColumns(given)) {
    const circular = plan.columns[c++]?.source.kind === 'calendar';
    const all = circular ? CIRCULAR : profileValues(sortedValues(values, rows), { kind, wide: true });
    pooled.push(all);
    const shared = new Map<number, Profile>();
    for (const pods of circular ? [] : shortLived) {
      const sorted = sortedValues(
        values,
        pods.map((pod) => rows[pod]!),
      );
      if (sorted.length < MIN_ENTITY_ROWS) continue;
      const profile = profileValues(sorted, { kind, wide: true });
      for (const pod of pods) shared.set(pod, profile);
    }
    for (const [e, name] of window.entities.entries()) {
      const sorted = circular ? undefined : sortedValues(values, [rows[e]!]);
      const isKnown = sorted !== undefined && sorted.length >= MIN_ENTITY_ROWS && isBrief[e] === 0;
      if (isKnown) own.add(name);
      entities.get(name)!.push(shared.get(e) ?? (isKnown ? profileValues(sorted, { kind }) : all));
    }
  }
  for (const name of window.entities) if (!own.has(name)) entities.delete(name);
  return { kind, columns: columnNames(plan), entities, pooled };
}

/**
 * What is usual for an entity, one profile per column in plan order; for one that is unknown that of its workload's pods, and
 * the pooled ones where none of those is known.
 */
export function profilesOf(scaler: FittedScaler, entity: string): readonly Profile[] {
  return scaler.entities.get(entity) ?? inheritProfiles(scaler, entity) ?? scaler.pooled;
}

/**
 * (value - offset) / divisor of a column that varies. Within tolerance of a constant: exactly 0; off it: never 0, at most ±200, see CONSTANT_SCALE.
 * NaN where the value is not finite or training held none. Otherwise finite: at most ±SCALED_LIMIT.
 * @param leastOffZero in the column's own unit: off a constant 0 by less is 0, since scaled values do not tell how far it is
 */
export function scaleValue(value: number, profile: Profile, leastOffZero = 0): number {
  if (!Number.isFinite(value)) return NaN;
  if (profile.shape === 'varies') return bound((value - profile.offset) / profile.divisor);
  if (profile.center === 0 && Math.abs(value) < leastOffZero) return 0;
  const offset = value - profile.center;
  const size = Math.max(Math.abs(value), Math.abs(profile.center));
  if (Math.abs(offset) <= CONSTANT_TOLERANCE * size) return 0;
  return bound(offset / size / CONSTANT_SCALE);
}

/**
 * `scaleValue` over rows `from` to `to` (exclusive) of a column.
 * @param out as long as the column
 * @param given.leastOffZero as of `scaleValue`
 */
export function scaleColumn(
  column: Float64Array,
  out: Float32Array,
  given: {
    readonly from: number;
    readonly to: number;
    readonly profile: Profile;
    readonly leastOffZero: number;
  },
): void {
  const { from, to, profile, leastOffZero } = given;
  if (profile.shape !== 'varies') {
    for (let row = from; row < to; row++) out[row] = scaleValue(column[row]!, profile, leastOffZero);
    return;
  }
  const { offset, divisor } = profile;
  for (let row = from; row < to; row++) {
    const value = column[row]!;
    // NaN where it is not finite.
    out[row] = value - value === 0 ? bound((value - offset) / divisor) : NaN;
  }
}

function bound(scaled: number): number {
  return Math.max(-SCALED_LIMIT, Math.min(SCALED_LIMIT, scaled));
}

/**
 * How far a scaled value lies from usual, in robust standard deviations whatever the scaler; Infinity where a column
 * moved that was constant in training, NaN where nothing was measured.
 */
export function deviationOf(scaled: number, profile: Profile): number {
  if (profile.shape === 'constant') return scaled === 0 ? 0 : Number.isNaN(scaled) ? NaN : Infinity;
  // Exactly the scaled value where that is what it is scaled by.
  if (profile.divisor === profile.scale && profile.offset === profile.center) return Math.abs(scaled);
  return Math.abs(scaled * profile.divisor + profile.offset - profile.center) / profile.scale;
}

function isUsedOf({ window, rows }: PlannedRows): (row: number) => boolean {
  const taken = rows && new Uint8Array(window.times.length);
  for (const row of rows ?? []) taken![row] = 1;
  return (row) => window.labels?.[row] !== 1 && taken?.[row] !== 0;
}

/** Places in the derived columns per entity, without those of rows labelled anomalous. */
function rowsByEntity({ window, rows }: PlannedRows): readonly (readonly number[])[] {
  const { entities, entityOf, labels } = window;
  const places = entities.map((): number[] => []);
  const count = rows?.length ?? entityOf.length;
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!;
    if (labels?.[row] !== 1) places[entityOf[row]!]!.push(i);
  }
  return places;
}

/** Finite values at the given places, ascending. */
function sortedValues(values: Float64Array, rows: readonly (readonly number[])[]): Float64Array {
  const finite = new Float64Array(rows.reduce((sum, of) => sum + of.length, 0));
  let count = 0;
  for (const of of rows)
    for (const row of of) if (Number.isFinite(values[row]!)) finite[count++] = values[row]!;
  return finite.subarray(0, count).sort();
}

import type { Profile } from './profile.ts';

/** What a model sees: row-major, scaled. NaN where a value is missing; the plan says which models take that. */
export interface FeatureMatrix {
  /** Column names, in order. */
  readonly names: readonly string[];
  /** One per series group, e.g. "shop/payment". */
  readonly entities: readonly string[];
  /** Row → index into `entities`. */
  readonly entityOf: Uint32Array;
  /** Epoch milliseconds, ascending within an entity. */
  readonly times: Float64Array;
  /** Length: rows × names.length. */
  readonly values: Float32Array;
  /** IANA name of the zone whose clocks days and weeks go by; left out: UTC. */
  readonly timeZone?: string;
  /** By index of the entity, one a column: what it was scaled by; left out where a matrix is on no scale of entities. */
  readonly profiles?: readonly (readonly Profile[])[];
}

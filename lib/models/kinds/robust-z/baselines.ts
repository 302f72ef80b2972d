/** A fitted model as flat arrays. */
export interface Baselines {
  readonly columns: readonly string[];
  /** Entities with baselines of their own. */
  readonly entities: readonly string[];
  /** How many deviations of a row are combined. */
  readonly largest: number;
  /** (1 + entities) × columns, the pooled ones first: `Baseline` has what each means. */
  readonly centers: Float64Array;
  readonly above: Float64Array;
  readonly below: Float64Array;
}

/**
 * Place of the first column's baseline for each entity of a matrix, by name: one that training had not, or hardly, is
 * judged by what all entities together showed.
 */
export function placesOf({ columns, entities }: Baselines, names: readonly string[]): Uint32Array {
  const places = new Map(entities.map((name, i) => [name, (1 + i) * columns.length]));
  return Uint32Array.from(names, (name) => places.get(name) ?? 0);
}

/** Vectors of a row and the rows before it in its entity, newest first: what a forest with a window is grown from. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';

export interface LaggedRows {
  readonly window: number;
  /** Rows that have `window` - 1 rows before them, in order. */
  readonly rows: Uint32Array;
  /** Per row of the matrix the one before it in its entity; its own where there is none. */
  readonly previous: Uint32Array;
}

export function findLaggedRows({ entities, entityOf }: FeatureMatrix, window: number): LaggedRows {
  const last = new Uint32Array(entities.length);
  const seen = new Uint32Array(entities.length);
  const previous = new Uint32Array(entityOf.length);
  const rows = new Uint32Array(entityOf.length);
  let count = 0;
  for (let row = 0; row < entityOf.length; row++) {
    const entity = entityOf[row]!;
    previous[row] = seen[entity] === 0 ? row : last[entity]!;
    last[entity] = row;
    seen[entity]! += 1;
    if (seen[entity]! >= window) rows[count++] = row;
  }
  return { window, rows: rows.slice(0, count), previous };
}

/** Writes the vector of one of the `rows`: `window` × columns values. */
export function copyVector(
  { names, values }: FeatureMatrix,
  { window, previous }: LaggedRows,
  row: number,
  out: Float32Array,
  at: number,
): void {
  const width = names.length;
  let from = row;
  for (let lag = 0; lag < window; lag++) {
    out.set(values.subarray(from * width, (from + 1) * width), at + lag * width);
    from = previous[from]!;
  }
}

/** How values become the coordinates that components are made of, and back. */
import type { Baselines } from '../robust-z/baselines.ts';

/** One per column; several entities have their own. */
export interface Coordinates {
  /** Robust: medians and tails. Plain: means, and 1 for both scales. */
  readonly baselines: Baselines;
  /**
   * Scaled distances beyond it count knee (1 + ln(d / knee)): an outlier of the training then turns no component towards
   * itself, and a value of 1e18 overflows nothing. Infinity: no such thing.
   */
  readonly knee: number;
  /** Columns that varied in training. */
  readonly varying: Uint16Array;
  /** Columns that had one value throughout. */
  readonly constant: Uint16Array;
}

/** Of robust ones. With injected faults 3 to 10 differ by 0.02 of average precision. */
export const ROBUST_KNEE = 5;
/** A constant that moved by d counts L d / (L + d): see `robust-z`, where it is the same figure. */
export const CONSTANT_LIMIT = 10;

/** By the pooled baseline: where that is constant all entities are, at the same value. */
export function sortColumns({ columns, above }: Baselines): Pick<Coordinates, 'varying' | 'constant'> {
  const all = Array.from(columns.keys());
  return {
    varying: Uint16Array.from(all.filter((c) => above[c]! > 0)),
    constant: Uint16Array.from(all.filter((c) => above[c] === 0)),
  };
}

/** Signed; 0 is usual. NaN where the value is missing. The kernel of `RowVectors` has the same. @param at place of the column's baseline */
export function toCoordinate({ baselines, knee }: Coordinates, at: number, value: number): number {
  const offset = value - baselines.centers[at]!;
  const scale = offset > 0 ? baselines.above[at]! : baselines.below[at]!;
  if (scale === 0) return (CONSTANT_LIMIT * offset) / (CONSTANT_LIMIT + Math.abs(offset));
  // By the inverse: the same bits as the kernel's.
  const coordinate = offset * (1 / scale);
  if (coordinate > knee) return knee * (1 + Math.log(coordinate / knee));
  if (coordinate < -knee) return -knee * (1 + Math.log(-coordinate / knee));
  return coordinate;
}

/** The value that has this coordinate. */
export function fromCoordinate({ baselines, knee }: Coordinates, at: number, coordinate: number): number {
  const scale = coordinate > 0 ? baselines.above[at]! : baselines.below[at]!;
  const center = baselines.centers[at]!;
  if (scale === 0) return center;
  const size = Math.abs(coordinate);
  const distance = size <= knee ? size : knee * Math.exp(size / knee - 1);
  return center + Math.sign(coordinate) * distance * scale;
}

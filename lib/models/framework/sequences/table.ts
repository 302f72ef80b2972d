/** A matrix as sequences are cut from it: rows by entity and time, normalized, and where a stretch begins. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { type Normalizer, normalizeValue } from './normalize.ts';

export interface SequenceTable {
  /** Columns. */
  readonly width: number;
  /** Place → row of the matrix. Places are in the order of entities, then time. */
  readonly order: Uint32Array;
  /** Per place, 1 where a stretch of consecutive grid rows of one entity begins. */
  readonly begins: Uint8Array;
  /** Normalized, by place; NaN where missing. */
  readonly values: Float32Array;
}

/**
 * The step of the grid: the shortest time between two rows of an entity, which on a grid all others are multiples of.
 * Undefined where no entity has two rows.
 */
export function findStep(x: FeatureMatrix): number | undefined {
  const order = sortRows(x);
  let shortest = Infinity;
  for (let place = 1; place < order.length; place++) {
    const [row, before] = [order[place]!, order[place - 1]!];
    const passed = x.times[row]! - x.times[before]!;
    if (x.entityOf[row] === x.entityOf[before] && passed > 0 && passed < shortest) shortest = passed;
  }
  return shortest === Infinity ? undefined : shortest;
}

/** @param step ms; a longer time between two rows is a gap, after which a stretch begins */
export function tabulate(x: FeatureMatrix, normalizer: Normalizer, step: number): SequenceTable {
  const width = x.names.length;
  const order = sortRows(x);
  const values = new Float32Array(order.length * width);
  for (let place = 0; place < order.length; place++)
    for (let c = 0; c < width; c++)
      values[place * width + c] = normalizeValue(normalizer, x.values[order[place]! * width + c]!, c);
  return { width, order, begins: findBeginnings(x, order, step), values };
}

/**
 * First places of all sequences of that many rows that no gap interrupts, ascending.
 * @param span rows, ≥ 1
 */
export function findSequences({ begins }: Pick<SequenceTable, 'begins'>, span: number): Uint32Array {
  const starts = new Uint32Array(begins.length);
  let count = 0;
  let length = 0;
  for (let place = 0; place < begins.length; place++) {
    length = begins[place] === 1 ? 1 : length + 1;
    if (length >= span) starts[count++] = place - span + 1;
  }
  return starts.slice(0, count);
}

export function findBeginnings(
  { entityOf, times }: FeatureMatrix,
  order: Uint32Array,
  step: number,
): Uint8Array {
  return Uint8Array.from(order, (row, place) => {
    const before = order[place - 1];
    const follows =
      before !== undefined && entityOf[before] === entityOf[row] && times[row]! - times[before]! === step;
    return follows ? 0 : 1;
  });
}

/** By entity; rows of an entity keep their order, which is that of time. */
export function sortRows({ entityOf }: FeatureMatrix): Uint32Array {
  return Uint32Array.from(entityOf.keys()).sort((a, b) => entityOf[a]! - entityOf[b]! || a - b);
}

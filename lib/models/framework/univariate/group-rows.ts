/** Rows of a matrix by entity, and one column of one entity as a series. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { Series } from './contract.ts';

/** Row numbers of each entity of the matrix, in order; empty for an entity without rows. */
export function groupRows({ entities, entityOf }: FeatureMatrix): readonly Uint32Array[] {
  if (entities.length === 1) return [countUp(entityOf.length)];
  const counts = new Uint32Array(entities.length);
  for (let row = 0; row < entityOf.length; row++) counts[entityOf[row]!]! += 1;
  const groups = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (let row = 0; row < entityOf.length; row++) {
    const entity = entityOf[row]!;
    groups[entity]![counts[entity]!++] = row;
  }
  return groups;
}

function countUp(length: number): Uint32Array {
  const numbers = new Uint32Array(length);
  for (let i = 0; i < length; i++) numbers[i] = i;
  return numbers;
}

/** In memory that threads share: all columns of an entity have the same times. */
export function takeTimes({ times }: FeatureMatrix, rows: Uint32Array): Float64Array {
  const taken = new Float64Array(new SharedArrayBuffer(rows.length * Float64Array.BYTES_PER_ELEMENT));
  for (let i = 0; i < rows.length; i++) taken[i] = times[rows[i]!]!;
  return taken;
}

/**
 * @param times of these rows
 * @param labels per row of the matrix; the value of a row with 1 is left out, as if it was missing
 */
export function takeSeries(
  given: {
    readonly x: FeatureMatrix;
    readonly rows: Uint32Array;
    readonly times: Float64Array;
    readonly labels?: Uint8Array | undefined;
  },
  column: number,
): Series {
  const { rows, times, labels } = given;
  const { names, values } = given.x;
  const width = names.length;
  const taken = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    taken[i] = labels?.[row] === 1 ? NaN : values[row * width + column]!;
  }
  return { times, values: taken };
}

export function countMeasured({ values }: Series): number {
  let count = 0;
  for (const value of values) if (!Number.isNaN(value)) count++;
  return count;
}

/**
 * The measured values of several series as one, in order of time, for a kind that does not mind several values at the
 * same time. Where they are more than `maxValues`, every series gives an evenly spread part of its own.
 */
export function poolSeries(series: readonly Series[], maxValues: number): Series {
  const measured = series.map(countMeasured);
  const total = measured.reduce((sum, count) => sum + count, 0);
  const keep = Math.min(1, maxValues / total);
  const times: number[] = [];
  const values: number[] = [];
  for (const [s, each] of series.entries()) {
    // Each starts elsewhere between two kept values, so that together they cover the whole clock.
    let due = s / series.length;
    for (let i = 0; i < each.values.length; i++) {
      if (Number.isNaN(each.values[i]!)) continue;
      due += keep;
      if (due < 1) continue;
      due -= 1;
      times.push(each.times[i]!);
      values.push(each.values[i]!);
    }
  }
  const order = Uint32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
  return {
    times: Float64Array.from(order, (i) => times[i]!),
    values: Float32Array.from(order, (i) => values[i]!),
  };
}

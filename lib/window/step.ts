import { WindowError } from '../base/errors.ts';
import { sayRowsAlone } from './rows-alone.ts';

const SECOND = 1_000;

/**
 * Grid distance of rows that came without one, in milliseconds: the median of the distances between neighbouring rows
 * of an entity, rounded to a whole second.
 * @param times ascending within an entity
 * @param entityOf rows of an entity stand together
 * @param told.entityColumns what entities are told apart by: a text that differs in every row makes one of each
 * @throws WindowError `no-step` where no entity has two rows, or the median is below half a second
 */
export function inferStep(
  times: Float64Array,
  entityOf: Uint32Array,
  told: { readonly source: string; readonly entityColumns: readonly string[] },
): number {
  const { source, entityColumns } = told;
  const distances = new Float64Array(times.length);
  let count = 0;
  for (let row = 1; row < times.length; row++)
    if (entityOf[row] === entityOf[row - 1]) distances[count++] = times[row]! - times[row - 1]!;
  if (count === 0)
    throw new WindowError(
      'no-step',
      `${source} has no entity with two rows (${times.length} in all): the step cannot be told; ${sayRemedy(times.length, entityColumns)}`,
    );
  const median = distances.subarray(0, count).sort()[count >> 1]!;
  const step = Math.round(median / SECOND) * SECOND;
  if (step > 0) return step;
  throw new WindowError('no-step', `${source} has rows ${median} ms apart: the smallest step is one second`);
}

function sayRemedy(rows: number, entityColumns: readonly string[]): string {
  const declare = 'declare it in the manifest';
  if (rows < 2 || entityColumns.length === 0) return declare;
  return `${sayRowsAlone(rows, entityColumns)}, or ${declare}`;
}

/** Times that can be, and what becomes of rows without one. */
import { WindowError } from '../base/errors.ts';
import type { LeftOut } from './left-out.ts';
import type { ColumnName } from './read-numbers.ts';

/** 0001-01-01 (inclusive) to 10000-01-01 (exclusive): what ISO 8601 writes with four digits. */
export const EARLIEST = -62_135_596_800_000;
export const LATEST = 253_402_300_800_000;
export const OUTSIDE_YEARS = 'outside the years 1 to 9999';

export interface TimeColumn extends ColumnName {
  /** Hears of rows without a time that can be read. Without it, the first of them is an error. */
  readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined;
}

/** What to do with a row whose time cannot be read: throw, or note it and go on. */
export interface Refuse {
  readonly isLenient: boolean;
  tell(error: WindowError): void;
}

/**
 * What `read` returns.
 * @param read gives NaN for the rows that it refuses
 * @throws WindowError of the first row that is refused: with `onLeftOut` only where every row is
 */
export function withoutBadTimes(column: TimeColumn, read: (refuse: Refuse) => Float64Array): Float64Array {
  const { onLeftOut } = column;
  if (onLeftOut === undefined)
    return read({
      isLenient: false,
      tell(error) {
        throw error;
      },
    });
  let first: WindowError | undefined;
  let count = 0;
  const times = read({
    isLenient: true,
    tell(error) {
      first ??= error;
      count++;
    },
  });
  if (first === undefined) return times;
  if (count === times.length) throw first;
  const shown = first.message.slice(`${column.source}: `.length);
  onLeftOut({
    code: first.code,
    count,
    message: `${count} of ${times.length} rows have no time that can be read, such as ${shown}`,
  });
  return times;
}

export function nullTime(column: ColumnName, row: number): WindowError {
  return new WindowError('null-time', `${column.source}: column ${column.name}, row ${row + 1}: no time`);
}

export function badTime(column: ColumnName, row: number, value: unknown, why: string): WindowError {
  return new WindowError(
    'bad-time',
    `${column.source}: column ${column.name}, row ${row + 1}: ${value} is ${why}`,
  );
}

/** A window from a file of either kind: a dropped CSV is as good as Parquet. */
import { TidewatchError, WindowError } from '../base/errors.ts';
import type { ReadWindowOptions } from './assemble-window.ts';
import { readOwnWindow } from './own-window.ts';
import type { MetricWindow } from './window.ts';

export const CSV_NAME: RegExp = /\.(?:csv|tsv)(?:\.gz)?$/i;

/** Of every kind of file that is read. */
export const DATA_NAME: RegExp = /\.(?:parquet|(?:csv|tsv)(?:\.gz)?)$/i;

/**
 * Parquet by its first bytes, CSV or Parquet by its name.
 * @param otherwise what one of another name is
 * @throws WindowError as `readWindow` and `readCsvWindow` do, and `unreadable` for whatever else these bytes bring about in a
 *   reader: what no one thought of is a fault of this file, and must not stop the ones behind it
 */
export async function readWindowFile(
  bytes: Uint8Array,
  options: ReadWindowOptions,
  otherwise: 'parquet' | 'csv' = 'parquet',
): Promise<MetricWindow> {
  const isParquet = Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1';
  const isCsv = CSV_NAME.test(options.source) || (otherwise === 'csv' && !DATA_NAME.test(options.source));
  const own = isParquet ? orUnreadable(readOwnWindow, bytes, options) : undefined;
  if (own !== undefined) return own;
  // What reads files of others is a file of its own beside a bundle.
  const read =
    !isParquet && isCsv
      ? (await import('./read-csv.ts')).readCsvWindow
      : (await import('./read-window.ts')).readWindow;
  return orUnreadable(read, bytes, options);
}

function orUnreadable<Read>(
  read: (bytes: Uint8Array, options: ReadWindowOptions) => Read,
  bytes: Uint8Array,
  options: ReadWindowOptions,
): Read {
  try {
    return read(bytes, options);
  } catch (cause) {
    if (cause instanceof TidewatchError) throw cause;
    throw new WindowError('unreadable', `${options.source} cannot be read: ${String(cause)}`, { cause });
  }
}

/** A window from a file of either kind: a dropped CSV is as good as Parquet. */
import { TidewatchError, WindowError } from '../base/errors.ts';
import { readCsvWindow } from './read-csv.ts';
import { type ReadWindowOptions, readWindow } from './read-window.ts';
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
export function readWindowFile(
  bytes: Uint8Array,
  options: ReadWindowOptions,
  otherwise: 'parquet' | 'csv' = 'parquet',
): MetricWindow {
  const isParquet = Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1';
  const isCsv = CSV_NAME.test(options.source) || (otherwise === 'csv' && !DATA_NAME.test(options.source));
  const read = !isParquet && isCsv ? readCsvWindow : readWindow;
  try {
    return read(bytes, options);
  } catch (cause) {
    if (cause instanceof TidewatchError) throw cause;
    throw new WindowError('unreadable', `${options.source} cannot be read: ${String(cause)}`, { cause });
  }
}

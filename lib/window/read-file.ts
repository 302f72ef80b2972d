/** A window from a file of either kind: a dropped CSV is as good as Parquet. */
import { TidewatchError, WindowError } from '../base/errors.ts';
import { readCsvWindow } from './read-csv.ts';
import { type ReadWindowOptions, readWindow } from './read-window.ts';
import type { MetricWindow } from './window.ts';

export const CSV_NAME: RegExp = /\.(?:csv|tsv)(?:\.gz)?$/i;

/**
 * Parquet by its first bytes, CSV by its name, Parquet otherwise.
 * @throws WindowError as `readWindow` and `readCsvWindow` do, and `unreadable` for whatever else these bytes bring about in a
 *   reader: what no one thought of is a fault of this file, and must not stop the ones behind it
 */
export function readWindowFile(bytes: Uint8Array, options: ReadWindowOptions): MetricWindow {
  const isParquet = Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1';
  const read = !isParquet && CSV_NAME.test(options.source) ? readCsvWindow : readWindow;
  try {
    return read(bytes, options);
  } catch (cause) {
    if (cause instanceof TidewatchError) throw cause;
    throw new WindowError('unreadable', `${options.source} cannot be read: ${String(cause)}`, { cause });
  }
}

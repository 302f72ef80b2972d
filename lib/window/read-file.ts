/** A window from a file of either kind: a dropped CSV is as good as Parquet. */
import { readCsvWindow } from './read-csv.ts';
import { type ReadWindowOptions, readWindow } from './read-window.ts';
import type { MetricWindow } from './window.ts';

const CSV_NAME = /\.(?:csv|tsv)(?:\.gz)?$/i;

/**
 * Parquet by its first bytes, CSV by its name, Parquet otherwise.
 * @throws WindowError as `readWindow` and `readCsvWindow` do
 */
export function readWindowFile(bytes: Uint8Array, options: ReadWindowOptions): MetricWindow {
  const isParquet = Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1';
  return !isParquet && CSV_NAME.test(options.source)
    ? readCsvWindow(bytes, options)
    : readWindow(bytes, options);
}

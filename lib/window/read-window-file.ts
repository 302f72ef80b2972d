import { type ReadCsvOptions, readCsvWindow } from './read-csv.ts';
import { readWindow } from './read-window.ts';
import type { MetricWindow } from './window.ts';

const CSV_NAME = /\.(?:csv|tsv)(?:\.gz)?$/i;

/**
 * A window from a file that a person names: CSV where `source` ends in .csv, .tsv, .csv.gz or .tsv.gz, Parquet otherwise.
 * The bucket takes Parquet only.
 * @throws WindowError as `readCsvWindow` and `readWindow` do
 */
export function readWindowFile(bytes: Uint8Array, options: ReadCsvOptions): MetricWindow {
  return CSV_NAME.test(options.source) ? readCsvWindow(bytes, options) : readWindow(bytes, options);
}

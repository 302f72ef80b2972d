/** A window, or any other columns, as Parquet that DuckDB, Athena, Spark and pandas read as it stands. */
import { TidewatchError } from '../base/errors.ts';
import { ENTITY_NAME, LABEL_NAME, TIME_NAME } from './column-names.ts';
import { type ColumnToWrite, checkColumns, type MetadataEntry } from './columns.ts';
import { encodeParquet } from './encode-parquet.ts';
import { formatMetadata } from './metadata.ts';
import type { MetricWindow } from './window.ts';

export type { ColumnToWrite } from './columns.ts';

export interface TableToWrite {
  readonly columns: readonly ColumnToWrite[];
  /** Of the file. */
  readonly metadata?: MetadataEntry;
}

/**
 * Columns: timestamp (TIMESTAMP in ms, UTC), entity (dictionary), one DOUBLE per metric (NaN as null), label (BOOLEAN)
 * where there is one. Sorted as the window is: by entity, then time. The same window gives the same bytes.
 * @throws TidewatchError `bad-table` where a metric is called timestamp, entity or label, or columns differ in length
 */
export function writeWindow(window: MetricWindow, options: { readonly manifestHash: string }): Uint8Array {
  const columns: ColumnToWrite[] = [
    { name: TIME_NAME, type: 'timestamp', values: window.times },
    { name: ENTITY_NAME, type: 'string', dictionary: window.entities, codes: window.entityOf },
  ];
  for (const [index, name] of window.metrics.entries()) {
    if (name === LABEL_NAME)
      throw new TidewatchError(
        'bad-table',
        `a metric cannot be called ${name}: the column marks known anomalies`,
      );
    columns.push({ name, type: 'double', values: window.columns[index]! });
  }
  if (window.labels) columns.push({ name: LABEL_NAME, type: 'boolean', values: window.labels });
  return writeColumns({ columns, metadata: formatMetadata(window, options.manifestHash) });
}

/**
 * Parquet (zstd) in column order. The same columns give the same bytes.
 * @throws TidewatchError `bad-table` where columns differ in length or share a name, or a time is not whole
 */
export function writeColumns(table: TableToWrite): Uint8Array {
  checkColumns(table.columns);
  return encodeParquet(table.columns, table.metadata);
}

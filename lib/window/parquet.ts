/** Parquet at rest, Arrow in memory: bytes to an Arrow table and back. parquet-wasm (arrow-rs) does the work. */
import { type Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { WindowError } from '../errors.ts';
import { withDecoder } from './decoder.ts';
import { checkFooter } from './footer.ts';

/** Rows per Arrow batch: large enough that the cost per batch vanishes. */
const BATCH_ROWS = 131_072;
/** Stated in every file; a fixed text, so that the same table gives the same bytes under every release. */
const CREATED_BY = 'tidewatch';

/**
 * Reads any Parquet file. The table's schema carries the file's key-value metadata.
 * @param source names the object in messages
 * @throws WindowError `unreadable` (not Parquet, truncated, encrypted, corrupt), `empty-file`, `too-large`
 */
export function readTable(bytes: Uint8Array, source = 'the table'): Table {
  checkFooter(bytes, source);
  try {
    return tableFromIPC(
      withDecoder((parquet) => parquet.readParquet(bytes, { batchSize: BATCH_ROWS }).intoIPCStream()),
    );
  } catch (error) {
    throw new WindowError('unreadable', `${source} is not readable as Parquet: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Parquet with zstd. The same table and metadata give the same bytes. */
export function writeTable(table: Table, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const stream = tableToIPC(table, 'stream');
  return withDecoder((parquet) => {
    const properties = new parquet.WriterPropertiesBuilder()
      .setCompression(parquet.Compression.ZSTD)
      .setCreatedBy(CREATED_BY)
      .setKeyValueMetadata(new Map(Object.entries(metadata)))
      .build();
    return parquet.writeParquet(parquet.Table.fromIPCStream(stream), properties);
  });
}

function reasonOf(error: unknown): string {
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError)
    return `the decoder gave up (${error.message})`;
  return error instanceof Error ? error.message : String(error);
}

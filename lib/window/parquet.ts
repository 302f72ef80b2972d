/** Parquet to an Arrow table: files of our own are decoded here, all others by parquet-wasm (arrow-rs). */
import { Schema, Table, tableFromIPC } from 'apache-arrow';
import { WindowError } from '../base/errors.ts';
import { makeTable } from './arrow.ts';
import { decodeOwnParquet } from './decode-parquet.ts';
import { type Decoder, withDecoder } from './decoder.ts';
import { checkFooter } from './footer.ts';

/** Rows per Arrow batch: large enough that the cost per batch vanishes. */
const BATCH_ROWS = 131_072;

/** Key of a writer's types in a file's metadata, and what it is called to be passed over. */
const ARROW_SCHEMA = 'ARROW:schema';
const HIDDEN_SCHEMA = 'ARROW-schema';

interface Decoded {
  readonly metadata: Map<string, string>;
  /** Arrow IPC, one or more with the same schema. */
  readonly streams: readonly Uint8Array[];
}

/**
 * Reads any Parquet file. The table's schema carries the file's key-value metadata.
 * @param source names the object in messages
 * @throws WindowError `unreadable` (not Parquet, truncated, encrypted, corrupt), `empty-file`, `too-large`
 */
export function readTable(bytes: Uint8Array, source = 'the table'): Table {
  checkFooter(bytes, source);
  const own = decodeOwnParquet(bytes);
  if (own !== undefined) return makeTable(own.columns, own.metadata);
  const read = (): Table => joinBatches(withDecoder((parquet) => decode(parquet, bytes)));
  try {
    return read();
  } catch (error) {
    const table = withoutArrowSchema(bytes, read);
    if (table !== undefined) return table;
    throw new WindowError('unreadable', `${source} is not readable as Parquet: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * One Arrow IPC stream per batch: a single stream of the whole table would take its memory twice over. Batches know
 * nothing of the file's metadata, which goes beside them.
 */
function decode(parquet: Decoder, bytes: Uint8Array): Decoded {
  const table = parquet.readParquet(bytes, { batchSize: BATCH_ROWS });
  const schema = table.schema;
  try {
    const metadata: Map<string, string> = schema.metadata();
    const streams: Uint8Array[] = [];
    for (let index = 0; index < table.numBatches; index++)
      streams.push(table.recordBatch(index)!.intoIPCStream());
    if (streams.length === 0) streams.push(table.schema.intoIPCStream());
    return { metadata, streams };
  } finally {
    freeQuietly(schema);
    freeQuietly(table);
  }
}

/** Also after a panic, when it fails: what is not freed by hand is freed later, in whatever instance lives then. */
function freeQuietly(object: { free(): void }): void {
  try {
    object.free();
  } catch {
    // The instance is broken and about to be dropped with all its memory.
  }
}

/**
 * Writers leave the types that they had in memory beside those of the file, and the decoder knows not all of them: polars'
 * Int128 ends it. By the types of the file alone, such a column is one that is left out, and the rest is used.
 * @returns undefined where there are no other types, or it fails with those of the file too
 */
function withoutArrowSchema(bytes: Uint8Array, read: () => Table): Table | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const footer = file.length - 8 - file.readUInt32LE(file.length - 8);
  const at = file.indexOf(ARROW_SCHEMA, Math.max(0, footer));
  if (at === -1) return undefined;
  // In place and for as long as the call takes: a file may have a quarter of a gigabyte.
  file.write(HIDDEN_SCHEMA, at, 'latin1');
  try {
    return read();
  } catch {
    return undefined;
  } finally {
    file.write(ARROW_SCHEMA, at, 'latin1');
  }
}

function joinBatches({ streams, metadata }: Decoded): Table {
  const tables = streams.map((stream) => tableFromIPC(stream));
  const schema = new Schema(tables[0]!.schema.fields, metadata);
  return new Table(
    schema,
    tables.flatMap((table) => table.batches),
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError)
    return `the decoder gave up (${error.message})`;
  return error instanceof Error ? error.message : String(error);
}

/** Multipart uploads under way, in the index's database. */
import type { DatabaseSync } from 'node:sqlite';
import type { ObjectMetadata, StoredChecksum } from './metadata.ts';

export interface UploadRecord {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  /** Epoch milliseconds. */
  readonly initiated: number;
  readonly metadata: ObjectMetadata;
  readonly tags: Readonly<Record<string, string>>;
  readonly checksum: Omit<StoredChecksum, 'value'> | undefined;
}

export interface PartRecord {
  readonly upload: string;
  /** 1 to 10,000. */
  readonly number: number;
  readonly content: string;
  /** Bytes. */
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly modified: number;
  readonly checksum: StoredChecksum | undefined;
}

export interface UploadTable {
  find(id: string): UploadRecord | undefined;
  put(upload: UploadRecord): void;
  /** With its parts; their content is the caller's to discard. */
  delete(id: string): void;
  /** Ascending by key, then by time. */
  list(bucket: string): UploadRecord[];
  findPart(upload: string, number: number): PartRecord | undefined;
  putPart(part: PartRecord): void;
  /** Ascending by number, above `after`. */
  listParts(upload: string, after: number, limit: number): PartRecord[];
}

interface UploadRow {
  id: string;
  bucket: string;
  key: Uint8Array;
  initiated: number;
  metadata: string;
  tags: string;
  checksum: string | null;
}

interface PartRow {
  upload: string;
  number: number;
  content: string;
  size: number;
  etag: string;
  modified: number;
  checksum: string | null;
}

export function openUploadTable(database: DatabaseSync): UploadTable {
  const sql = (text: string) => database.prepare(text);
  const statements = {
    find: sql('SELECT * FROM uploads WHERE id = ?'),
    put: sql('INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?)'),
    delete: sql('DELETE FROM uploads WHERE id = ?'),
    deleteParts: sql('DELETE FROM parts WHERE upload = ?'),
    list: sql('SELECT * FROM uploads WHERE bucket = ? ORDER BY key, initiated, id'),
    findPart: sql('SELECT * FROM parts WHERE upload = ? AND number = ?'),
    putPart: sql('INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)'),
    listParts: sql('SELECT * FROM parts WHERE upload = ? AND number > ? ORDER BY number LIMIT ?'),
  };
  return {
    find(id) {
      const row = statements.find.get(id) as UploadRow | undefined;
      return row && readUpload(row);
    },
    put({ id, bucket, key, initiated, metadata, tags, checksum }) {
      const json = [JSON.stringify(metadata), JSON.stringify(tags), stringifyOptional(checksum)] as const;
      statements.put.run(id, bucket, Buffer.from(key), initiated, ...json);
    },
    delete(id) {
      statements.deleteParts.run(id);
      statements.delete.run(id);
    },
    list: (bucket) => (statements.list.all(bucket) as unknown as UploadRow[]).map(readUpload),
    findPart(upload, number) {
      const row = statements.findPart.get(upload, number) as PartRow | undefined;
      return row && readPart(row);
    },
    putPart({ upload, number, content, size, etag, modified, checksum }) {
      statements.putPart.run(upload, number, content, size, etag, modified, stringifyOptional(checksum));
    },
    listParts: (upload, after, limit) =>
      (statements.listParts.all(upload, after, limit) as unknown as PartRow[]).map(readPart),
  };
}

function readUpload(row: UploadRow): UploadRecord {
  return {
    id: row.id,
    bucket: row.bucket,
    key: Buffer.from(row.key).toString(),
    initiated: row.initiated,
    metadata: JSON.parse(row.metadata) as ObjectMetadata,
    tags: JSON.parse(row.tags) as Record<string, string>,
    checksum: parseOptional<Omit<StoredChecksum, 'value'>>(row.checksum),
  };
}

function readPart(row: PartRow): PartRecord {
  return { ...row, checksum: parseOptional<StoredChecksum>(row.checksum) };
}

function stringifyOptional(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function parseOptional<T>(text: string | null): T | undefined {
  return text === null ? undefined : (JSON.parse(text) as T);
}

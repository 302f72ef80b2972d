/** The newest version of each object, and which content and which file belong to it. */
import type { DatabaseSync } from 'node:sqlite';
import type { ObjectMetadata, ObjectPart } from './metadata.ts';

export interface ObjectRecord {
  readonly bucket: string;
  readonly key: string;
  /** Names the content: one for each write. */
  readonly content: string;
  /** Path under the bucket's folder where people find the content; undefined where the key cannot be a path. */
  readonly file: string | undefined;
  /** Bytes. */
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly modified: number;
  readonly metadata: ObjectMetadata;
  readonly tags: Readonly<Record<string, string>>;
  /** Of an object that was uploaded in parts, ascending by number. */
  readonly parts: readonly ObjectPart[] | undefined;
  /** Version id; `null` for what was written while the bucket gave none. */
  readonly version: string;
  /** Grows with every version of a key. */
  readonly sequence: number;
}

export interface ObjectTable {
  findObject(bucket: string, key: string): ObjectRecord | undefined;
  putObject(object: ObjectRecord): void;
  deleteObject(bucket: string, key: string): void;
  /** Ascending by UTF-8 bytes of the key, from `from` on (itself included where `inclusive`). */
  scanObjects(bucket: string, from: Buffer, inclusive: boolean, limit: number): ObjectRecord[];
  /** True where that file, or a folder on its way, or a file below it, belongs to another key. */
  isFileTaken(bucket: string, file: string, key: string): boolean;
  /** Whether an object, a version or a part is made of that content. */
  hasContent(content: string): boolean;
  findObjectByContent(content: string): ObjectRecord | undefined;
}

interface ObjectRow {
  bucket: string;
  key: Uint8Array;
  content: string;
  file: string | null;
  size: number;
  etag: string;
  modified: number;
  metadata: string;
  tags: string;
  parts: string | null;
  version: string;
  sequence: number;
}

export function openObjectTable(database: DatabaseSync): ObjectTable {
  const sql = (text: string) => database.prepare(text);
  const statements = {
    object: sql('SELECT * FROM objects WHERE bucket = ? AND key = ?'),
    // Not OR REPLACE: that would delete another key's row for the same file instead of failing.
    putObject: sql(`
      INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (bucket, key) DO UPDATE SET
        content = excluded.content, file = excluded.file, folded = excluded.folded, size = excluded.size,
        etag = excluded.etag, modified = excluded.modified, metadata = excluded.metadata, tags = excluded.tags,
        parts = excluded.parts, version = excluded.version, sequence = excluded.sequence`),
    deleteObject: sql('DELETE FROM objects WHERE bucket = ? AND key = ?'),
    scanAfter: sql('SELECT * FROM objects WHERE bucket = ? AND key > ? ORDER BY key LIMIT ?'),
    scanFrom: sql('SELECT * FROM objects WHERE bucket = ? AND key >= ? ORDER BY key LIMIT ?'),
    byFile: sql('SELECT key FROM objects WHERE bucket = ? AND folded = ? AND key <> ?'),
    // '0' follows '/': everything in the folder of that name.
    below: sql(`SELECT 1 FROM objects WHERE bucket = ? AND folded > ? || '/' AND folded < ? || '0' LIMIT 1`),
    content: sql(`
      SELECT 1 FROM objects WHERE content = ?1 UNION ALL SELECT 1 FROM versions WHERE content = ?1
      UNION ALL SELECT 1 FROM parts WHERE content = ?1 LIMIT 1`),
    objectByContent: sql('SELECT * FROM objects WHERE content = ?'),
  };
  return {
    findObject(bucket, key) {
      const row = statements.object.get(bucket, Buffer.from(key)) as ObjectRow | undefined;
      return row && readObject(row);
    },
    putObject(object) {
      const { bucket, key, content, file, size, etag, modified, metadata, tags, parts } = object;
      statements.putObject.run(
        bucket,
        Buffer.from(key),
        content,
        file ?? null,
        file === undefined ? null : foldPath(file),
        size,
        etag,
        modified,
        JSON.stringify(metadata),
        JSON.stringify(tags),
        parts === undefined ? null : JSON.stringify(parts),
        object.version,
        object.sequence,
      );
    },
    deleteObject: (bucket, key) => void statements.deleteObject.run(bucket, Buffer.from(key)),
    scanObjects(bucket, from, inclusive, limit) {
      const scan = inclusive ? statements.scanFrom : statements.scanAfter;
      return (scan.all(bucket, from, limit) as unknown as ObjectRow[]).map(readObject);
    },
    isFileTaken(bucket, file, key) {
      const folded = foldPath(file);
      const own = Buffer.from(key);
      const folders = folded.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'));
      return (
        folders.some((path) => statements.byFile.get(bucket, path, own) !== undefined) ||
        statements.below.get(bucket, folded, folded) !== undefined
      );
    },
    hasContent: (content) => statements.content.get(content) !== undefined,
    findObjectByContent(content) {
      const row = statements.objectByContent.get(content) as ObjectRow | undefined;
      return row && readObject(row);
    },
  };
}

/** Two paths that fold alike are one file on some file system (macOS and Windows ignore case, macOS normalises). */
function foldPath(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

function readObject(row: ObjectRow): ObjectRecord {
  return {
    bucket: row.bucket,
    key: Buffer.from(row.key).toString(),
    content: row.content,
    file: row.file ?? undefined,
    size: row.size,
    etag: row.etag,
    modified: row.modified,
    metadata: JSON.parse(row.metadata) as ObjectMetadata,
    tags: JSON.parse(row.tags) as Record<string, string>,
    parts: row.parts === null ? undefined : (JSON.parse(row.parts) as ObjectPart[]),
    version: row.version,
    sequence: row.sequence,
  };
}

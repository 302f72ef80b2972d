/** Versions that are not the current object of their key, delete markers among them, in the index's database. */
import type { DatabaseSync } from 'node:sqlite';
import type { ObjectMetadata, ObjectPart } from './metadata.ts';
import type { ObjectRecord } from './object-table.ts';

export interface DeleteMarker {
  readonly marker: true;
  readonly bucket: string;
  readonly key: string;
  readonly version: string;
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly modified: number;
}

export type Version = ObjectRecord | DeleteMarker;

export interface ListedVersion {
  readonly key: string;
  readonly version: Version;
  /** True for what the key is now: its object, or the marker of its deletion. */
  readonly latest: boolean;
}

export interface VersionTable {
  find(bucket: string, key: string, version: string): Version | undefined;
  /** The newest whose sequence is below that one. */
  findBelow(bucket: string, key: string, sequence: number): Version | undefined;
  /** Writes it, or writes over it. */
  put(version: Version): void;
  delete(bucket: string, key: string, version: string): void;
  hasAny(bucket: string): boolean;
  /**
   * Current objects and all others, by UTF-8 bytes of the key, newest first within one: what follows `from`, and of
   * `from` itself the versions whose sequence is below `below`.
   */
  scan(bucket: string, from: Buffer, below: number, limit: number): ListedVersion[];
}

interface VersionRow {
  bucket: string;
  key: Uint8Array;
  sequence: number;
  version: string;
  modified: number;
  content: string | null;
  size: number;
  etag: string;
  metadata: string;
  tags: string;
  parts: string | null;
}

const COLUMNS = 'bucket, key, sequence, version, modified, content, size, etag, metadata, tags, parts';
const PAGE = 'bucket = ?1 AND key >= ?2 AND (key > ?2 OR sequence < ?3)';

export function openVersionTable(database: DatabaseSync): VersionTable {
  const sql = (text: string) => database.prepare(text);
  const statements = {
    find: sql('SELECT * FROM versions WHERE bucket = ? AND key = ? AND version = ?'),
    below: sql(`
      SELECT * FROM versions WHERE bucket = ? AND key = ? AND sequence < ? ORDER BY sequence DESC LIMIT 1`),
    put: sql('INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    delete: sql('DELETE FROM versions WHERE bucket = ? AND key = ? AND version = ?'),
    any: sql('SELECT 1 FROM versions WHERE bucket = ? LIMIT 1'),
    scan: sql(`
      SELECT ${COLUMNS}, 1 AS latest FROM objects WHERE ${PAGE}
      UNION ALL
      SELECT ${COLUMNS}, content IS NULL
        AND NOT EXISTS (SELECT 1 FROM objects o WHERE o.bucket = v.bucket AND o.key = v.key)
        AND NOT EXISTS (SELECT 1 FROM versions n WHERE n.bucket = v.bucket AND n.key = v.key AND n.sequence > v.sequence)
      FROM versions v WHERE ${PAGE}
      ORDER BY key, sequence DESC LIMIT ?4`),
  };
  const read = (row: unknown): Version | undefined =>
    row === undefined ? undefined : readVersion(row as VersionRow);
  return {
    find: (bucket, key, version) => read(statements.find.get(bucket, Buffer.from(key), version)),
    findBelow: (bucket, key, sequence) => read(statements.below.get(bucket, Buffer.from(key), sequence)),
    put(version) {
      const { bucket, key, sequence, modified } = version;
      const common = [bucket, Buffer.from(key), sequence, version.version, modified] as const;
      if ('marker' in version) {
        statements.put.run(...common, null, null, null, null, null, null);
        return;
      }
      const { content, size, etag, metadata, tags, parts } = version;
      const json = [JSON.stringify(metadata), JSON.stringify(tags)] as const;
      statements.put.run(...common, content, size, etag, ...json, parts ? JSON.stringify(parts) : null);
    },
    delete: (bucket, key, version) => void statements.delete.run(bucket, Buffer.from(key), version),
    hasAny: (bucket) => statements.any.get(bucket) !== undefined,
    scan: (bucket, from, below, limit) =>
      (statements.scan.all(bucket, from, below, limit) as unknown as (VersionRow & { latest: number })[]).map(
        (row) => ({
          key: Buffer.from(row.key).toString(),
          version: readVersion(row),
          latest: row.latest === 1,
        }),
      ),
  };
}

function readVersion(row: VersionRow): Version {
  const { bucket, sequence, version, modified, content } = row;
  const key = Buffer.from(row.key).toString();
  if (content === null) return { marker: true, bucket, key, version, sequence, modified };
  return {
    bucket,
    key,
    content,
    // Only what is current has a file of its own.
    file: undefined,
    size: row.size,
    etag: row.etag,
    modified,
    metadata: JSON.parse(row.metadata) as ObjectMetadata,
    tags: JSON.parse(row.tags) as Record<string, string>,
    parts: row.parts === null ? undefined : (JSON.parse(row.parts) as ObjectPart[]),
    version,
    sequence,
  };
}

/**
 * What the buckets hold, in one SQLite file: a write is an object's metadata, its events and the retirement of what it
 * replaces in one transaction, which is the commit point. The bytes lie in files beside it (content-folder.ts).
 */
import type { DatabaseSync } from 'node:sqlite';
import type { BucketNotification } from '../contract.ts';
import { openDatabase, runTransaction } from './index-schema.ts';
import type { ObjectMetadata, ObjectPart } from './metadata.ts';
import type { XmlNode } from './xml.ts';

export interface BucketRecord {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly created: number;
  readonly versioning: 'Enabled' | 'Suspended' | undefined;
  readonly notifications: readonly StoredNotification[];
  readonly lifecycle: StoredLifecycle | undefined;
}

export interface StoredLifecycle {
  /** As they were put, checked: see lifecycle.ts. */
  readonly rules: readonly XmlNode[];
  readonly minimumSize: string;
}

export interface StoredNotification extends BucketNotification {
  readonly id: string;
}

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

export interface PendingEvent {
  readonly sequence: number;
  readonly queueArn: string;
  readonly body: string;
}

export interface IndexDatabase {
  readonly database: DatabaseSync;
  /** Runs `work` as one transaction: all of it holds after a kill, or nothing. */
  transaction<T>(work: () => T): T;
  /** A number that grows with every call, across restarts. Call it inside a transaction. */
  nextSequence(): number;
  listBuckets(): BucketRecord[];
  findBucket(name: string): BucketRecord | undefined;
  putBucket(bucket: BucketRecord): void;
  deleteBucket(name: string): void;
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
  addEvent(queueArn: string, body: string): void;
  listEvents(limit: number, without: readonly string[]): PendingEvent[];
  deleteEvent(sequence: number): void;
  /** Files of deleted objects that may still stand, as `bucket/path`. */
  listRemovals(): string[];
  addRemoval(path: string): void;
  deleteRemoval(path: string): void;
  close(): void;
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

interface BucketRow {
  name: string;
  created: number;
  versioning: 'Enabled' | 'Suspended' | null;
  notifications: string;
  lifecycle: string | null;
}

/** @throws Error where another emulator holds the file, or a newer one wrote it */
export function openIndex(path: string): IndexDatabase {
  const database = openDatabase(path);
  const sql = (text: string) => database.prepare(text);
  const statements = {
    buckets: sql('SELECT * FROM buckets ORDER BY name'),
    bucket: sql('SELECT * FROM buckets WHERE name = ?'),
    putBucket: sql('INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?, ?)'),
    deleteBucket: sql('DELETE FROM buckets WHERE name = ?'),
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
    addEvent: sql('INSERT INTO events (queue, body) VALUES (?, ?)'),
    events: sql(
      'SELECT * FROM events WHERE queue NOT IN (SELECT value FROM json_each(?)) ORDER BY sequence LIMIT ?',
    ),
    deleteEvent: sql('DELETE FROM events WHERE sequence = ?'),
    removals: sql('SELECT path FROM removals'),
    addRemoval: sql('INSERT OR REPLACE INTO removals VALUES (?)'),
    deleteRemoval: sql('DELETE FROM removals WHERE path = ?'),
    count: sql('UPDATE counter SET value = value + 1 RETURNING value'),
  };
  return {
    database,
    transaction: (work) => runTransaction(database, work),
    nextSequence: () => (statements.count.get() as { value: number }).value,
    listBuckets: () => (statements.buckets.all() as unknown as BucketRow[]).map(readBucket),
    findBucket(name) {
      const row = statements.bucket.get(name) as BucketRow | undefined;
      return row && readBucket(row);
    },
    putBucket: ({ name, created, versioning, notifications, lifecycle }) =>
      void statements.putBucket.run(
        name,
        created,
        versioning ?? null,
        JSON.stringify(notifications),
        lifecycle === undefined ? null : JSON.stringify(lifecycle),
      ),
    deleteBucket: (name) => void statements.deleteBucket.run(name),
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
    addEvent: (queueArn, body) => void statements.addEvent.run(queueArn, body),
    listEvents: (limit, without) =>
      statements.events.all(JSON.stringify(without), limit).map((row) => ({
        sequence: Number(row.sequence),
        queueArn: String(row.queue),
        body: String(row.body),
      })),
    deleteEvent: (sequence) => void statements.deleteEvent.run(sequence),
    listRemovals: () => statements.removals.all().map((row) => String(row.path)),
    addRemoval: (path) => void statements.addRemoval.run(path),
    deleteRemoval: (path) => void statements.deleteRemoval.run(path),
    close: () => database.close(),
  };
}

/** Two paths that fold alike are one file on some file system (macOS and Windows ignore case, macOS normalises). */
function foldPath(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

function readBucket(row: BucketRow): BucketRecord {
  const { name, created, versioning, notifications, lifecycle } = row;
  return {
    name,
    created,
    versioning: versioning ?? undefined,
    notifications: JSON.parse(notifications) as StoredNotification[],
    lifecycle: lifecycle === null ? undefined : (JSON.parse(lifecycle) as StoredLifecycle),
  };
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

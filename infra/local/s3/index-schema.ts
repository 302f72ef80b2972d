/** The tables of the index, and the file that holds them. */
import { DatabaseSync } from 'node:sqlite';

/** Each takes a file from the version of its place to the next: what an earlier emulator wrote still opens. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE buckets (name TEXT PRIMARY KEY, created INTEGER NOT NULL, versioning TEXT, notifications TEXT NOT NULL);
  CREATE TABLE objects (
    bucket TEXT NOT NULL, key BLOB NOT NULL, content TEXT NOT NULL, file TEXT, folded TEXT, size INTEGER NOT NULL,
    etag TEXT NOT NULL, modified INTEGER NOT NULL, metadata TEXT NOT NULL, tags TEXT NOT NULL,
    PRIMARY KEY (bucket, key)) WITHOUT ROWID;
  CREATE UNIQUE INDEX objects_by_file ON objects (bucket, folded);
  CREATE UNIQUE INDEX objects_by_content ON objects (content);
  CREATE TABLE uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, initiated INTEGER NOT NULL, metadata TEXT NOT NULL,
    tags TEXT NOT NULL, checksum TEXT);
  CREATE TABLE parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, content TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
    etag TEXT NOT NULL, modified INTEGER NOT NULL, checksum TEXT,
    PRIMARY KEY (upload, number)) WITHOUT ROWID;
  CREATE TABLE events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, body TEXT NOT NULL);
  CREATE TABLE removals (path TEXT PRIMARY KEY);
  CREATE TABLE counter (value INTEGER NOT NULL);
  INSERT INTO counter VALUES (0);
  `,
  // versions: what is not the current object of its key. No content: a delete marker.
  `
  ALTER TABLE buckets ADD COLUMN lifecycle TEXT;
  ALTER TABLE objects ADD COLUMN parts TEXT;
  ALTER TABLE objects ADD COLUMN version TEXT NOT NULL DEFAULT 'null';
  ALTER TABLE objects ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE versions (
    bucket TEXT NOT NULL, key BLOB NOT NULL, sequence INTEGER NOT NULL, version TEXT NOT NULL,
    modified INTEGER NOT NULL, content TEXT, size INTEGER, etag TEXT, metadata TEXT, tags TEXT, parts TEXT,
    PRIMARY KEY (bucket, key, sequence DESC)) WITHOUT ROWID;
  CREATE UNIQUE INDEX versions_by_id ON versions (bucket, key, version);
  CREATE UNIQUE INDEX versions_by_content ON versions (content);
  CREATE TABLE completions (
    upload TEXT PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, digest TEXT NOT NULL, answer TEXT NOT NULL,
    completed INTEGER NOT NULL);
  `,
];

/** @throws Error where another emulator holds the file, or a newer one wrote it */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    // FULL: a commit is on disk before its request is answered. EXCLUSIVE: a second emulator is turned away, and the
    // lock goes with the process.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (version > MIGRATIONS.length)
      throw new Error(`${path} has format version ${version}; this emulator reads 1 to ${MIGRATIONS.length}`);
    if (version < MIGRATIONS.length)
      runTransaction(database, () => {
        for (const statements of MIGRATIONS.slice(version)) database.exec(statements);
        database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
      });
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && /database is locked/.test(error.message))
      throw new Error(`${path} is in use by another emulator`, { cause: error });
    throw error;
  }
}

export function runTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

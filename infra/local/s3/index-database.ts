/**
 * What the buckets hold, in one SQLite file: a write is an object's metadata, its events and the retirement of what it
 * replaces in one transaction, which is the commit point. The bytes lie in files beside it (content-folder.ts).
 */
import type { DatabaseSync } from 'node:sqlite';
import { type BucketTable, openBucketTable } from './bucket-table.ts';
import { openDatabase, runTransaction } from './index-schema.ts';
import { type ObjectTable, openObjectTable } from './object-table.ts';
import { openPendingTable, type PendingTable } from './pending-table.ts';

export interface IndexDatabase extends BucketTable, ObjectTable, PendingTable {
  readonly database: DatabaseSync;
  /** Runs `work` as one transaction: all of it holds after a kill, or nothing. */
  transaction<T>(work: () => T): T;
  /** A number that grows with every call, across restarts. Call it inside a transaction. */
  nextSequence(): number;
  close(): void;
}

/** @throws Error where another emulator holds the file, or a newer one wrote it */
export function openIndex(path: string): IndexDatabase {
  const database = openDatabase(path);
  const count = database.prepare('UPDATE counter SET value = value + 1 RETURNING value');
  return {
    ...openBucketTable(database),
    ...openObjectTable(database),
    ...openPendingTable(database),
    database,
    transaction: (work) => runTransaction(database, work),
    nextSequence: () => (count.get() as { value: number }).value,
    close: () => database.close(),
  };
}

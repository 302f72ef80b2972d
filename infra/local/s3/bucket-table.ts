/** The buckets themselves, and what each is set to. */
import type { DatabaseSync } from 'node:sqlite';
import type { BucketNotification } from '../contract.ts';
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

export interface BucketTable {
  listBuckets(): BucketRecord[];
  findBucket(name: string): BucketRecord | undefined;
  putBucket(bucket: BucketRecord): void;
  deleteBucket(name: string): void;
}

interface BucketRow {
  name: string;
  created: number;
  versioning: 'Enabled' | 'Suspended' | null;
  notifications: string;
  lifecycle: string | null;
}

export function openBucketTable(database: DatabaseSync): BucketTable {
  const sql = (text: string) => database.prepare(text);
  const statements = {
    buckets: sql('SELECT * FROM buckets ORDER BY name'),
    bucket: sql('SELECT * FROM buckets WHERE name = ?'),
    putBucket: sql('INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?, ?)'),
    deleteBucket: sql('DELETE FROM buckets WHERE name = ?'),
  };
  return {
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
  };
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

/** One emulator to a folder: a second would rewrite the first one's journals under it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface FolderLock {
  release(): void;
}

/**
 * Creates the folder where it is missing. The lock is SQLite's on an empty database, so it goes with the process,
 * however that ends.
 * @throws Error where another process holds it
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, '.lock'));
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new Error(`${folder} is in use by another emulator`, { cause: error });
  }
  return { release: () => database.close() };
}

/** A file whose size and checksum are written down elsewhere: what is read is what was written, or an error. */
import { createHash } from 'node:crypto';
import { ArtifactError, NotFoundError } from '../base/errors.ts';
import type { FileEntry } from './model-manifest.ts';
import type { ObjectStore } from './object-store.ts';

export function describeFile(body: Uint8Array): FileEntry {
  return { sha256: createHash('sha256').update(body).digest('hex'), size: body.length };
}

/**
 * @param entry as the manifest, or whatever names the file, has it
 * @throws ArtifactError where it is missing or is not what was written
 */
export async function loadFile(store: ObjectStore, key: string, entry: FileEntry): Promise<Uint8Array> {
  const stored = await store.get(key).catch((error: unknown) => {
    if (!(error instanceof NotFoundError)) throw error;
    throw new ArtifactError(
      'missing-file',
      `${key} was written with sha256 ${entry.sha256} and is no longer there`,
      { cause: error },
    );
  });
  const found = describeFile(stored.body);
  if (found.size !== entry.size || found.sha256 !== entry.sha256)
    throw new ArtifactError(
      'altered-file',
      `${key} has ${found.size} bytes with sha256 ${found.sha256}; written were ${entry.size} bytes with ${entry.sha256}`,
    );
  return stored.body;
}

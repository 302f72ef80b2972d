/**
 * Versions of a detector's model that are not in use any more, and since when: what names one is kept for so long after, and no longer.
 * Moved by conditional writes only.
 */
import * as z from 'zod';
import { NotFoundError } from '../base/errors.ts';
import { decodeJson, encodeJson } from './json.ts';
import { modelPrefix, modelsPrefix, retiredVersionsKey, versionOfFolder } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

/** Version → epoch ms since when it was seen unused, at the latest. */
export type RetiredVersions = ReadonlyMap<string, number>;

export interface StoredRetired {
  readonly versions: RetiredVersions;
  /** As it is stored: a newer release finds again what it has added. Undefined where there is none. */
  readonly file?: RetiredFile | undefined;
  /** Of the object; undefined where there is none. */
  readonly etag: string | undefined;
}

interface RetiredFile {
  readonly formatVersion: 1;
  readonly versions: Readonly<Record<string, number>>;
}

/** Read leniently: a newer release may say more. */
const schema: z.ZodType<RetiredFile> = z.looseObject({
  formatVersion: z.literal(1),
  versions: z.record(z.string(), z.number()),
});

/** Of every version that has an object, finished or not, ascending. */
export async function listVersions(store: ObjectStore, unit: string): Promise<readonly string[]> {
  const versions: string[] = [];
  for await (const folder of store.listFolders(modelsPrefix(unit))) {
    const version = versionOfFolder(unit, folder);
    if (version !== undefined) versions.push(version);
  }
  return versions;
}

/** @throws ArtifactError where the object is not one */
export async function readRetired(store: ObjectStore, unit: string): Promise<StoredRetired> {
  const key = retiredVersionsKey(unit);
  try {
    const { body, etag } = await store.get(key);
    const file = decodeJson(key, body, schema);
    return { versions: new Map(Object.entries(file.versions)), file, etag };
  } catch (error) {
    if (error instanceof NotFoundError) return { versions: new Map(), etag: undefined };
    throw error;
  }
}

/**
 * @param stored.etag of what is written over; undefined where there has to be none
 * @throws PreconditionFailedError where another one wrote meanwhile
 */
export async function writeRetired(
  store: ObjectStore,
  unit: string,
  { versions, file, etag }: StoredRetired,
): Promise<void> {
  const next: RetiredFile = { ...file, formatVersion: 1, versions: Object.fromEntries(versions) };
  await store.put(retiredVersionsKey(unit), encodeJson(next), {
    contentType: 'application/json',
    ...(etag === undefined ? { ifAbsent: true } : { ifMatch: etag }),
  });
}

/** Its manifest.json first: what is left of one that is deleted in part is no version. */
export async function deleteVersion(store: ObjectStore, unit: string, version: string): Promise<void> {
  const prefix = modelPrefix(unit, version);
  const keys = [`${prefix}manifest.json`];
  for await (const { key } of store.list(prefix)) if (key !== keys[0]) keys.push(key);
  for (const key of keys) await store.delete(key);
}

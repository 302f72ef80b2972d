/** A model version as a folder of plain files: what stands under `models/detector=…/version=…/` in a bucket. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactError } from '../base/errors.ts';
import { decodeJson } from './json.ts';
import { modelPrefix } from './keys.ts';
import { type ModelManifest, modelManifestSchema } from './model-manifest.ts';
import { moveCurrent } from './model-repository.ts';
import type { ObjectStore } from './object-store.ts';

const MANIFEST = 'manifest.json';

/**
 * Writes every file of the version, the manifest last. A version that the folder held before is replaced; files that
 * are none of its own stay.
 */
export async function exportVersion(
  store: ObjectStore,
  manifest: Pick<ModelManifest, 'detector' | 'version' | 'files'>,
  folder: string,
): Promise<void> {
  const prefix = modelPrefix(manifest.detector, manifest.version);
  await mkdir(folder, { recursive: true });
  const before = await readManifestFile(folder);
  await rm(join(folder, MANIFEST), { force: true });
  for (const name of Object.keys(before?.files ?? {}))
    if (manifest.files[name] === undefined) await rm(join(folder, name), { force: true });
  for (const name of [...Object.keys(manifest.files), MANIFEST])
    await writeFile(join(folder, name), (await store.get(`${prefix}${name}`)).body);
}

/**
 * Puts the folder's version into the bucket as its detector's current one.
 * @throws ArtifactError where the folder holds no version, or a file that its manifest names is missing
 */
export async function importVersion(store: ObjectStore, folder: string): Promise<ModelManifest> {
  const manifest = await readManifestFile(folder);
  if (manifest === undefined)
    throw new ArtifactError('no-version', `${folder} holds no model: there is no ${join(folder, MANIFEST)}`);
  const { detector, version, files } = manifest;
  for (const name of [...Object.keys(files), MANIFEST]) {
    const body = await readIfThere(join(folder, name));
    // A missing page for people keeps nobody from scoring; what scoring needs is missed by whoever loads it.
    if (body !== undefined) await store.put(`${modelPrefix(detector, version)}${name}`, body);
  }
  await moveCurrent(store, detector, { from: undefined, to: version });
  return manifest;
}

async function readManifestFile(folder: string): Promise<ModelManifest | undefined> {
  const path = join(folder, MANIFEST);
  const body = await readIfThere(path);
  return body && decodeJson(path, body, modelManifestSchema);
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}

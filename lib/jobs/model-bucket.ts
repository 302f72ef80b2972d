/** A model folder as a bucket that is ready to score. */

import { defaultDetector } from '../config/defaults.ts';
import type { Detector } from '../config/detector.ts';
import { manifestHash, parseManifest } from '../config/manifest.ts';
import { NotFoundError } from '../errors.ts';
import { modelPrefix } from '../store/keys.ts';
import { importVersion } from '../store/model-folder.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type FittedDetector, loadFittedDetector } from './fitted-detector.ts';
import type { LoadedDetector } from './load-detectors.ts';
import type { LocalBucket } from './local-bucket.ts';

/** The manifest that a folder's model was fitted with, where there was one. */
export const MANIFEST_FILE = 'detector.yml';

export interface OpenedModel extends LoadedDetector {
  readonly fitted: FittedDetector;
}

/**
 * @param given.detector settings to use in place of those that the folder's own detector.yml has
 * @throws ArtifactError where the folder holds no version, or one that is not whole
 */
export async function openModel(
  { store }: LocalBucket,
  given: { readonly folder: string; readonly detector: Detector | undefined },
): Promise<OpenedModel> {
  const { detector: name, version } = await importVersion(store, given.folder);
  const fitted = await loadFittedDetector(store, name, version);
  const settings = given.detector ?? (await readSettings(store, name, version)) ?? defaultDetector(name);
  const detector: Detector = { ...settings, name, modelVersion: version };
  return { detector, manifestHash: manifestHash(detector), fitted };
}

async function readSettings(
  store: ObjectStore,
  name: string,
  version: string,
): Promise<Detector | undefined> {
  const key = `${modelPrefix(name, version)}${MANIFEST_FILE}`;
  try {
    const { body } = await store.get(key);
    return parseManifest(new TextDecoder().decode(body), { source: key });
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

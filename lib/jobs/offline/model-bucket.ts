/** A model folder as a bucket that is ready to score. */
import { join } from 'node:path';
import { ArtifactError, FeatureError, ModelError, NotFoundError, TidewatchError } from '../../base/errors.ts';
import { defaultDetector } from '../../config/defaults.ts';
import type { Detector } from '../../config/detector.ts';
import { manifestHash, parseManifest } from '../../config/manifest.ts';
import { modelPrefix } from '../../store/keys.ts';
import { importVersion } from '../../store/model-folder.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { type FittedDetector, loadFittedDetector } from '../shared/fitted-detector.ts';
import type { LoadedDetector } from '../shared/load-detectors.ts';
import { sayStart } from '../train/fine-tune.ts';
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
  const { folder } = given;
  const { detector: name, version } = await importVersion(store, folder);
  const fitted = await loadFittedDetector(store, name, version).catch((error: unknown) => {
    throw nameFolder(error, { folder, detector: name, version });
  });
  const settings = given.detector ?? (await readSettings(store, { folder, name, version }));
  const detector: Detector = { ...(settings ?? defaultDetector(name)), name, modelVersion: version };
  return { detector, manifestHash: manifestHash(detector), fitted };
}

/** The error by the folder that somebody named: nobody has seen the key that its files have in here. */
export function nameFolder(
  error: unknown,
  given: { readonly folder: string; readonly detector: string; readonly version: string },
): unknown {
  const { folder, detector, version } = given;
  const Same = [ArtifactError, FeatureError, ModelError].find((kind) => error instanceof kind);
  if (Same === undefined || !(error instanceof TidewatchError)) return error;
  const message = error.message
    .replaceAll(modelPrefix(detector, version), join(folder, '/'))
    .replaceAll(sayStart({ detector, version }), `the start is ${folder}`);
  return new Same(error.code, message, { cause: error });
}

async function readSettings(
  store: ObjectStore,
  { folder, name, version }: { readonly folder: string; readonly name: string; readonly version: string },
): Promise<Detector | undefined> {
  const key = `${modelPrefix(name, version)}${MANIFEST_FILE}`;
  try {
    const { body } = await store.get(key);
    return parseManifest(new TextDecoder().decode(body), { source: join(folder, MANIFEST_FILE) });
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

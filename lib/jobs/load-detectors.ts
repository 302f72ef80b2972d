/** Which detectors there are, and what each is set to do. */

import { defaultDetector } from '../config/defaults.ts';
import type { Detector } from '../config/detector.ts';
import { manifestHash, parseManifest } from '../config/manifest.ts';
import { LONGEST_MANIFEST } from '../config/manifest-yaml.ts';
import { ManifestError, NotFoundError, ObjectTooLargeError } from '../errors.ts';
import { DETECTORS_PREFIX, isDetectorName, manifestKey, STATES_PREFIX } from '../store/keys.ts';
import type { StoreContext } from './context.ts';
import { quarantine } from './quarantine.ts';

/** Four a character: what it means is refused by characters, and what is larger is not read. */
export const MAX_MANIFEST_BYTES: number = 4 * LONGEST_MANIFEST;

export interface LoadedDetector {
  readonly detector: Detector;
  /** Of the settings, so that a window or a model says what it was made with. */
  readonly manifestHash: string;
}

/**
 * The detector as its manifest declares it, or the defaults where the bucket holds none.
 * @throws ManifestError for a manifest that cannot be used; a copy with the reason is then in quarantine
 */
export async function loadDetector(context: StoreContext, name: string): Promise<LoadedDetector> {
  const key = manifestKey(name);
  let body: Uint8Array;
  try {
    body = (await context.store.get(key, { maxBytes: MAX_MANIFEST_BYTES })).body;
  } catch (error) {
    if (error instanceof ObjectTooLargeError) {
      const tooLarge = new ManifestError(error.code, error.message, { cause: error });
      await quarantine(context, { detector: name, key, error: tooLarge });
      throw tooLarge;
    }
    if (!(error instanceof NotFoundError)) throw error;
    const detector = defaultDetector(name);
    return { detector, manifestHash: manifestHash(detector) };
  }
  try {
    const detector = parseManifest(new TextDecoder().decode(body), { source: key });
    if (detector.name !== name)
      throw new ManifestError(
        'name-mismatch',
        `${key}: metadata.name is "${detector.name}", the file says "${name}"`,
      );
    return { detector, manifestHash: manifestHash(detector) };
  } catch (error) {
    if (error instanceof ManifestError) await quarantine(context, { detector: name, key, error });
    throw error;
  }
}

/** Names with a manifest, ascending. */
export async function listDeclaredDetectors(context: StoreContext): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { key } of context.store.list(DETECTORS_PREFIX)) {
    const name = key.slice(DETECTORS_PREFIX.length).replace(/\.yml$/, '');
    if (key.endsWith('.yml') && isDetectorName(name)) names.push(name);
    else context.telemetry.warn('not a manifest: expected detectors/NAME.yml', { key });
  }
  return names;
}

/** Names with a manifest or with windows that arrived, ascending. */
export async function listDetectors(context: StoreContext): Promise<readonly string[]> {
  const names = new Set(await listDeclaredDetectors(context));
  for await (const { key } of context.store.list(STATES_PREFIX)) {
    const name = /^state\/detector=([^/]+)\.json$/.exec(key)?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names].sort();
}

/** Manifests in the bucket: `detectors/NAME.yml`, or with the ending that Kubernetes' own have. */

import { ManifestError, NotFoundError } from '../../base/errors.ts';
import { LONGEST_MANIFEST } from '../../config/manifest-yaml.ts';
import { DETECTORS_PREFIX, detectorOfManifestKey, manifestKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { StoreContext } from './context.ts';
import { quarantine } from './quarantine.ts';
import { isWindowName } from './window-objects.ts';

/** Four a character: what it means is refused by characters, and what is larger is not read. */
const MAX_MANIFEST_BYTES = 4 * LONGEST_MANIFEST;

/** The key of the detector's manifest. Of several, the `.yml` of the name, or the first. */
async function findManifest(store: ObjectStore, detector: string): Promise<string | undefined> {
  const usual = manifestKey(detector);
  let found: string | undefined;
  for await (const { key } of store.list(`${DETECTORS_PREFIX}${detector}.`)) {
    if (key === usual) return key;
    if (detectorOfManifestKey(key) === detector) found ??= key;
  }
  return found;
}

/**
 * @returns undefined where the bucket holds none
 * @throws ObjectTooLargeError
 */
export async function readManifestText(
  store: ObjectStore,
  detector: string,
): Promise<{ readonly key: string; readonly text: string } | undefined> {
  // The usual name costs one request, and no listing.
  const usual = await readText(store, manifestKey(detector));
  if (usual !== undefined) return usual;
  const key = await findManifest(store, detector);
  return key === undefined ? undefined : await readText(store, key);
}

/** Names with a manifest, ascending. What is none, or a second one of its name, goes to quarantine with the reason. */
export async function listManifests(context: StoreContext): Promise<readonly string[]> {
  const keys = new Map<string, string[]>();
  const others: string[] = [];
  for await (const { key } of context.store.list(DETECTORS_PREFIX)) {
    const name = detectorOfManifestKey(key);
    if (name !== undefined) keys.set(name, [...(keys.get(name) ?? []), key]);
    else if (isWindowName(key)) others.push(key);
  }
  for (const key of others) await refuse(context, key, 'it is called neither NAME.yml nor NAME.yaml');
  for (const [name, [first, ...more]] of keys) {
    const used = more.includes(manifestKey(name)) ? manifestKey(name) : first;
    for (const key of [first!, ...more])
      if (key !== used) await refuse(context, key, `${used} declares the same detector`, name);
  }
  return [...keys.keys()].sort();
}

async function refuse(context: StoreContext, key: string, why: string, detector = 'none'): Promise<void> {
  const error = new ManifestError('no-manifest', `${key} declares no detector: ${why}`);
  await quarantine(context, { detector, key, error });
}

async function readText(
  store: ObjectStore,
  key: string,
): Promise<{ readonly key: string; readonly text: string } | undefined> {
  try {
    const { body } = await store.get(key, { maxBytes: MAX_MANIFEST_BYTES });
    return { key, text: new TextDecoder().decode(body) };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

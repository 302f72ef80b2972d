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

export interface ManifestText {
  readonly key: string;
  readonly etag: string;
  readonly text: string;
}

/**
 * @param listedKey of its manifest, where the bucket was listed
 * @returns undefined where the bucket holds none
 * @throws ObjectTooLargeError
 */
export async function readManifestText(
  store: ObjectStore,
  detector: string,
  listedKey?: string,
): Promise<ManifestText | undefined> {
  // The usual name costs one request, and no listing.
  const usual = await readText(store, listedKey ?? manifestKey(detector));
  if (usual !== undefined) return usual;
  const key = await findManifest(store, detector);
  return key === undefined ? undefined : await readText(store, key);
}

/** A manifest as the bucket lists it. */
export interface ManifestObject {
  /** Of the detector that it declares. */
  readonly name: string;
  readonly key: string;
  readonly etag: string;
}

/** What stands under detectors/ and is not used. */
interface StrayManifest {
  readonly key: string;
  /** Undefined: it is called like no detector. */
  readonly detector: string | undefined;
  readonly why: string;
}

/** Ascending by name. What is none, or a second one of its name, goes to quarantine with the reason. */
export async function listManifests(context: StoreContext): Promise<readonly ManifestObject[]> {
  const { manifests, strays } = await findManifests(context.store);
  for (const stray of strays) await refuse(context, stray);
  return manifests;
}

/** Reads only. */
export async function findManifests(
  store: ObjectStore,
): Promise<{ readonly manifests: readonly ManifestObject[]; readonly strays: readonly StrayManifest[] }> {
  const byName = new Map<string, ManifestObject[]>();
  const strays: StrayManifest[] = [];
  for await (const { key, etag } of store.list(DETECTORS_PREFIX)) {
    const name = detectorOfManifestKey(key);
    if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), { name, key, etag }]);
    else if (isWindowName(key))
      strays.push({ key, detector: undefined, why: 'it is called neither NAME.yml nor NAME.yaml' });
  }
  const manifests: ManifestObject[] = [];
  for (const [detector, found] of byName) {
    const one = found.find(({ key }) => key === manifestKey(detector)) ?? found[0]!;
    for (const { key } of found)
      if (key !== one.key) strays.push({ key, detector, why: `${one.key} declares the same detector` });
    manifests.push(one);
  }
  return { manifests: manifests.sort((a, b) => (a.name < b.name ? -1 : 1)), strays };
}

async function refuse(context: StoreContext, { key, detector = 'none', why }: StrayManifest): Promise<void> {
  const error = new ManifestError('no-manifest', `${key} declares no detector: ${why}`);
  await quarantine(context, { detector, key, error });
}

async function readText(store: ObjectStore, key: string): Promise<ManifestText | undefined> {
  try {
    const { body, etag } = await store.get(key, { maxBytes: MAX_MANIFEST_BYTES });
    return { key, etag, text: new TextDecoder().decode(body) };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

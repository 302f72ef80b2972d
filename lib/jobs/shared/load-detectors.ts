/** Which detectors there are, and what each is set to do. */

import { ManifestError, ObjectTooLargeError } from '../../base/errors.ts';
import { defaultDetector } from '../../config/defaults.ts';
import type { Detector } from '../../config/detector.ts';
import { manifestHash, parseManifest } from '../../config/manifest.ts';
import { takeShard } from '../../config/take-shard.ts';
import { detectorOfUnit, parseUnit } from '../../config/work-unit.ts';
import type { StoredState } from '../../store/detector-states.ts';
import { detectorOfWindowKey, STATES_PREFIX, unitOfStateKey, WINDOWS_PREFIX } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { StoreContext } from './context.ts';
import { healState } from './heal-state.ts';
import { findManifests, listManifests, type ManifestText, readManifestText } from './manifest-objects.ts';
import { quarantine } from './quarantine.ts';

export interface LoadedDetector {
  readonly detector: Detector;
  /** Of the settings, so that a window or a model says what it was made with. */
  readonly manifestHash: string;
  /** Of the bytes that it was read from; undefined where the bucket holds no manifest. */
  readonly manifestEtag?: string | undefined;
  /** As it stood then: whoever moves it need not read it again. Undefined where it could not be read. */
  readonly storedState?: StoredState | undefined;
}

/**
 * The detector as its manifest declares it, or the defaults where the bucket holds none. Every job begins with it, so its
 * state is made readable here.
 * @param unit a detector, or a shard of one: its settings are then those of the shard, and the state is the shard's
 * @param listedKey of its manifest, where the bucket was listed
 * @throws ManifestError for a manifest that cannot be used; a copy with the reason is then in quarantine
 */
export async function loadDetector(
  context: StoreContext,
  unit: string,
  listedKey?: string,
): Promise<LoadedDetector> {
  const { detector: name, shard } = parseUnit(unit) ?? { detector: unit };
  // Both are asked for at once; what is wrong with the state is told first.
  const manifestRead = readManifest(context, name, listedKey);
  manifestRead.catch(() => {});
  const storedState = await healState(context, unit);
  const manifest = await manifestRead;
  if (manifest === undefined) {
    const detector = defaultDetector(name);
    return { detector: takeShard(detector, shard), manifestHash: manifestHash(detector), storedState };
  }
  const { key, etag: manifestEtag } = manifest;
  try {
    const detector = parseDeclared(manifest, name);
    const hash = manifestHash(detector);
    return { detector: takeShard(detector, shard), manifestHash: hash, manifestEtag, storedState };
  } catch (error) {
    if (error instanceof ManifestError) await quarantine(context, { detector: name, key, error });
    throw error;
  }
}

/**
 * The detector alone, for whoever only looks: nothing is written.
 * @throws ManifestError for a manifest that cannot be used
 */
export async function readDetector(store: ObjectStore, name: string): Promise<Detector> {
  try {
    const manifest = await readManifestText(store, name);
    return manifest === undefined ? defaultDetector(name) : parseDeclared(manifest, name);
  } catch (cause) {
    throw cause instanceof ObjectTooLargeError ? tooLarge(cause) : cause;
  }
}

function parseDeclared({ key, text }: ManifestText, name: string): Detector {
  const detector = parseAny(key, text);
  if (detector.name !== name)
    throw new ManifestError(
      'name-mismatch',
      `${key}: metadata.name is "${detector.name}", the file says "${name}"`,
    );
  return detector;
}

/** What no one thought of is a fault of this manifest too, to be set aside with its reason. */
function parseAny(key: string, text: string): Detector {
  try {
    return parseManifest(text, { source: key });
  } catch (cause) {
    if (cause instanceof ManifestError) throw cause;
    throw new ManifestError('bad-manifest', `${key} cannot be read: ${String(cause)}`, { cause });
  }
}

function tooLarge(cause: ObjectTooLargeError): ManifestError {
  return new ManifestError(cause.code, cause.message, { cause });
}

async function readManifest(
  context: StoreContext,
  name: string,
  listedKey: string | undefined,
): Promise<ManifestText | undefined> {
  try {
    return await readManifestText(context.store, name, listedKey);
  } catch (cause) {
    if (!(cause instanceof ObjectTooLargeError)) throw cause;
    const error = tooLarge(cause);
    await quarantine(context, { detector: name, key: cause.key, error });
    throw error;
  }
}

/** Names with a manifest, ascending. */
export async function listDeclaredDetectors(context: StoreContext): Promise<readonly string[]> {
  return (await listManifests(context)).map(({ name }) => name);
}

/** Names with a manifest or with windows that arrived, ascending. */
export async function listDetectors(context: StoreContext): Promise<readonly string[]> {
  return addStates(context.store, await listDeclaredDetectors(context));
}

/** The same for whoever only looks: what is no manifest is left as it lies. */
export async function findDetectorNames(store: ObjectStore): Promise<readonly string[]> {
  return addStates(
    store,
    (await findManifests(store)).manifests.map(({ name }) => name),
  );
}

async function addStates(store: ObjectStore, declared: readonly string[]): Promise<readonly string[]> {
  const names = new Set(declared);
  for await (const { key } of store.list(STATES_PREFIX)) {
    const name = unitOfStateKey(key);
    // Those of its shards stand beside that of the detector.
    if (name !== undefined) names.add(detectorOfUnit(name));
  }
  return [...names].sort();
}

/** Names with a file under windows/: one that was dropped has no state before it is first looked at. */
export async function listDropped(store: ObjectStore): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const folder of store.listFolders(WINDOWS_PREFIX)) {
    const name = detectorOfWindowKey(`${folder}any`);
    if (name !== undefined) names.add(name);
  }
  return names;
}

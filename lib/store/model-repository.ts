/**
 * Versions of a detector's model, beside its data. A version never changes once its manifest.json stands: that file
 * is written last. current.json names the version in use and moves by conditional writes only.
 */
import * as z from 'zod';
import { ArtifactError, NotFoundError, PreconditionFailedError } from '../base/errors.ts';
import { type Shard, unitOf } from '../config/work-unit.ts';
import { decodeJson, encodeJson } from './json.ts';
import { currentModelKey, modelPrefix } from './keys.ts';
import {
  type FileEntry,
  isArtifactFileName,
  MODEL_MANIFEST_FORMAT,
  type ModelManifest,
  modelManifestSchema,
} from './model-manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { describeFile, loadFile } from './stored-file.ts';

export { decodeModelState, encodeModelState } from './model-state-files.ts';

export interface NewVersion {
  /** Name → bytes: model.json, weights.bin, features.json, … */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly manifest: Omit<ModelManifest, 'files' | 'formatVersion'>;
}

export interface LoadedVersion {
  readonly manifest: ModelManifest;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

export interface CurrentVersion {
  readonly version: string;
  /** The version in use before; undefined for the first. */
  readonly previous: string | undefined;
  /** Of current.json. */
  readonly etag: string;
}

interface CurrentFile {
  readonly formatVersion: 1;
  readonly version: string;
  readonly previous?: string | undefined;
}

const MANIFEST = 'manifest.json';

const currentSchema: z.ZodType<CurrentFile> = z.looseObject({
  formatVersion: z.literal(1),
  version: z.string(),
  previous: z.string().optional(),
});

/**
 * Writes the files and then the manifest. A version that is there already, whole or in part, is left as it is where
 * it has the same bytes: a run that was cut short is simply run again.
 * @throws ArtifactError where a file of that version exists with other bytes, naming it
 */
export async function saveVersion(
  store: ObjectStore,
  detector: string,
  version: string,
  { files, manifest }: NewVersion,
): Promise<ModelManifest> {
  if (manifest.detector !== detector || manifest.version !== version)
    throw new ArtifactError(
      'wrong-version',
      `a manifest of ${manifest.detector} ${manifest.version} cannot be saved as ${detector} ${version}`,
    );
  for (const name of Object.keys(files))
    if (!isArtifactFileName(name))
      throw new ArtifactError('bad-file-name', `bad artifact file name "${name}"`);
  const prefix = modelPrefix(detector, version);
  const encoded = encodeManifest({ files, manifest });
  const whole = decodeJson(`${prefix}${MANIFEST}`, encoded, modelManifestSchema);
  for (const [name, body] of Object.entries(files))
    await putOnce(store, `${prefix}${name}`, body, contentTypeOf(name));
  await putOnce(store, `${prefix}${MANIFEST}`, encoded, contentTypeOf(MANIFEST));
  return whole;
}

/** As whoever loads it would find it. @throws ArtifactError where its manifest is not one */
export function asLoaded({ files, manifest }: NewVersion): LoadedVersion {
  const what = `${modelPrefix(manifest.detector, manifest.version)}${MANIFEST}`;
  return { manifest: decodeJson(what, encodeManifest({ files, manifest }), modelManifestSchema), files };
}

function encodeManifest({ files, manifest }: NewVersion): Uint8Array {
  const entries = Object.entries(files).map(([name, body]): [string, FileEntry] => [
    name,
    describeFile(body),
  ]);
  const whole: ModelManifest = {
    ...manifest,
    formatVersion: MODEL_MANIFEST_FORMAT,
    files: Object.fromEntries(entries),
  };
  return encodeJson(whole);
}

/**
 * @param wanted which of the files to read; those for people are of no use to a scorer
 * @throws ArtifactError where the version is unfinished or absent, or a file is missing or not what was written
 */
export async function loadVersion(
  store: ObjectStore,
  detector: string,
  version: string,
  wanted: (name: string) => boolean = () => true,
): Promise<LoadedVersion> {
  const manifest = await readManifest(store, detector, version);
  const files = await Promise.all(
    Object.entries(manifest.files)
      .filter(([name]) => wanted(name))
      .map(
        async ([name, entry]): Promise<[string, Uint8Array]> => [
          name,
          await loadFile(store, `${modelPrefix(detector, version)}${name}`, entry),
        ],
      ),
  );
  return { manifest, files: Object.fromEntries(files) };
}

/** @throws ArtifactError where the version is unfinished or absent, or its manifest is not one */
export async function readManifest(
  store: ObjectStore,
  detector: string,
  version: string,
): Promise<ModelManifest> {
  const key = `${modelPrefix(detector, version)}${MANIFEST}`;
  const stored = await store.get(key).catch((error: unknown) => {
    if (!(error instanceof NotFoundError)) throw error;
    throw new ArtifactError('no-version', `${detector} has no version ${version}: no object at ${key}`, {
      cause: error,
    });
  });
  const manifest = decodeJson(key, stored.body, modelManifestSchema);
  if (manifest.detector !== detector || manifest.version !== version)
    throw new ArtifactError('wrong-version', `${key} is of ${manifest.detector} ${manifest.version}`);
  return manifest;
}

/** Whether the version stands complete. */
export async function hasVersion(store: ObjectStore, detector: string, version: string): Promise<boolean> {
  try {
    await store.head(`${modelPrefix(detector, version)}${MANIFEST}`);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

/** Undefined where no version was ever made current. */
export async function readCurrent(store: ObjectStore, detector: string): Promise<CurrentVersion | undefined> {
  const key = currentModelKey(detector);
  const stored = await readCurrentFile(store, key);
  if (stored === undefined) return undefined;
  const { version, previous } = stored.file;
  return { version, previous, etag: stored.etag };
}

/**
 * @param from ETag of the current.json that the decision to move was based on; undefined where there was none
 * @returns the ETag of the new current.json
 * @throws PreconditionFailedError where it was moved meanwhile; ArtifactError where `to` is not a finished version
 */
export async function moveCurrent(
  store: ObjectStore,
  detector: string,
  { from, to }: { readonly from: string | undefined; readonly to: string },
): Promise<{ readonly etag: string }> {
  if (!(await hasVersion(store, detector, to)))
    throw new ArtifactError(
      'no-version',
      `${detector} has no finished version ${to}: current stays as it is`,
    );
  const key = currentModelKey(detector);
  const current = await readCurrentFile(store, key);
  if (current?.etag !== from)
    throw new PreconditionFailedError(key, from === undefined ? 'If-None-Match: *' : `If-Match: ${from}`);
  // A newer release finds again what it has added.
  const next: CurrentFile = {
    ...current?.file,
    formatVersion: 1,
    version: to,
    previous: current?.file.version,
  };
  return store.put(key, encodeJson(next), {
    contentType: 'application/json',
    ...(from === undefined ? { ifAbsent: true } : { ifMatch: from }),
  });
}

async function readCurrentFile(
  store: ObjectStore,
  key: string,
): Promise<{ readonly file: CurrentFile; readonly etag: string } | undefined> {
  try {
    const { body, etag } = await store.get(key);
    return { file: decodeJson(key, body, currentSchema), etag };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** The version that a detector is to use: a pinned one as it is, or the current one; undefined before the first. */
export async function resolveVersion(
  store: ObjectStore,
  detector: { readonly name: string; readonly shard?: Shard | undefined; readonly modelVersion: string },
): Promise<string | undefined> {
  if (detector.modelVersion !== 'current') return detector.modelVersion;
  return (await readCurrent(store, unitOf(detector)))?.version;
}

/** Creates the object, or finds it there with these very bytes. */
async function putOnce(
  store: ObjectStore,
  key: string,
  body: Uint8Array,
  contentType: string,
): Promise<void> {
  try {
    await store.put(key, body, { contentType, ifAbsent: true });
  } catch (error) {
    if (!(error instanceof PreconditionFailedError)) throw error;
    const existing = describeFile((await store.get(key)).body);
    const wanted = describeFile(body);
    if (existing.sha256 === wanted.sha256) return;
    throw new ArtifactError(
      'version-differs',
      `${key} exists with sha256 ${existing.sha256}, this run made ${wanted.sha256}: a version never changes`,
      { cause: error },
    );
  }
}

/** A browser shows a report straight from the bucket only where it is told what it is. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  html: 'text/html; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  png: 'image/png',
};

function contentTypeOf(name: string): string {
  return CONTENT_TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

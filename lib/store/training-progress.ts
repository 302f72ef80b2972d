/**
 * A training that takes several runs: what it learns from, who is at it, and how far it came. progress.json is moved
 * by conditional writes only, and after the files that it names: what it says is always whole. The files of a
 * checkpoint are named by their content, so that no other run's can stand in their place.
 */
import * as z from 'zod';
import { ArtifactError, NotFoundError } from '../base/errors.ts';
import type { ModelState } from '../models/framework/contract.ts';
import { decodeJson, encodeJson } from './json.ts';
import { checkpointKey, trainingProgressKey } from './keys.ts';
import {
  type FileEntry,
  filesSchema,
  inputsSchema,
  lineageSchema,
  type ModelLineage,
  type ModelManifest,
} from './model-manifest.ts';
import { decodeModelState, encodeModelState } from './model-state-files.ts';
import type { ObjectStore } from './object-store.ts';
import { describeFile, loadFile } from './stored-file.ts';
import { holesSchema, type TrainingHoles } from './training-holes.ts';

const TRAINING_PROGRESS_FORMAT = 1;

export interface TrainingProgress {
  readonly formatVersion: typeof TRAINING_PROGRESS_FORMAT;
  readonly detector: string;
  /** In the making: its id covers everything that the runs have to agree on. */
  readonly version: string;
  /** `closed`: the version stands, or the training was given up. */
  readonly phase: 'open' | 'closed';
  /** The windows that every run loads, whatever arrived since; oldest first. */
  readonly inputs: ModelManifest['inputs'];
  /** What every run leaves out of them, whatever people say meanwhile; absent: nothing. */
  readonly holes?: TrainingHoles | undefined;
  /** What the fit starts from, in fine-tuning. */
  readonly lineage?: ModelLineage | undefined;
  /** Epoch ms until which a run is at it; absent where nobody is. */
  readonly claimedUntil?: number | undefined;
  /** Runs that ended before the training did. */
  readonly pauses: number;
  /** model.json and weights.bin of the newest checkpoint. */
  readonly checkpoint?: Readonly<Record<string, FileEntry>> | undefined;
}

export interface StoredProgress {
  readonly progress: TrainingProgress;
  /** Of progress.json. */
  readonly etag: string;
  /** Epoch ms. */
  readonly lastModified: number;
}

/** What stands at the key and cannot be read: only good for being written over. */
export interface UnreadableProgress {
  readonly progress: undefined;
  readonly etag: string;
  readonly problem: ArtifactError;
}

type Shape<T> = { readonly [Member in keyof T]-?: z.ZodType<unknown> };

const schema: z.ZodType<TrainingProgress> = z.looseObject({
  formatVersion: z.literal(TRAINING_PROGRESS_FORMAT),
  detector: z.string(),
  version: z.string(),
  phase: z.enum(['open', 'closed']),
  inputs: inputsSchema,
  holes: holesSchema.optional(),
  lineage: lineageSchema.optional(),
  claimedUntil: z.number().optional(),
  pauses: z.int().min(0),
  checkpoint: filesSchema.optional(),
} satisfies Shape<TrainingProgress>);

/** Undefined where no training of the detector ever took more than one run. */
export async function readProgress(
  store: ObjectStore,
  detector: string,
): Promise<StoredProgress | UnreadableProgress | undefined> {
  const key = trainingProgressKey(detector);
  try {
    const { body, etag, lastModified } = await store.get(key);
    try {
      const progress = decodeJson(key, body, schema);
      if (progress.detector === detector) return { progress, etag, lastModified };
      throw new ArtifactError('wrong-detector', `${key} is of ${progress.detector}`);
    } catch (error) {
      if (error instanceof ArtifactError) return { progress: undefined, etag, problem: error };
      throw error;
    }
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/**
 * @param over ETag of the progress that is written over; undefined where there has to be none
 * @throws PreconditionFailedError where another run wrote meanwhile
 */
export function writeProgress(
  store: ObjectStore,
  progress: TrainingProgress,
  over: string | undefined,
): Promise<{ readonly etag: string }> {
  const key = trainingProgressKey(progress.detector);
  const body = encodeJson(progress);
  decodeJson(key, body, schema);
  return store.put(key, body, {
    contentType: 'application/json',
    ...(over === undefined ? { ifAbsent: true } : { ifMatch: over }),
  });
}

/** @returns what progress.json has to name for it to be read */
export async function writeCheckpoint(
  store: ObjectStore,
  { detector, version }: Pick<TrainingProgress, 'detector' | 'version'>,
  state: ModelState,
): Promise<Readonly<Record<string, FileEntry>>> {
  const entries: Record<string, FileEntry> = {};
  for (const [name, body] of Object.entries(encodeModelState(state))) {
    const entry = describeFile(body);
    await store.put(checkpointKey(detector, version, { name, sha256: entry.sha256 }), body);
    entries[name] = entry;
  }
  return entries;
}

/**
 * Undefined before the first.
 * @throws ArtifactError where a file is missing, altered, or no model state
 */
export async function readCheckpoint(
  store: ObjectStore,
  { detector, version, checkpoint }: Pick<TrainingProgress, 'detector' | 'version' | 'checkpoint'>,
): Promise<ModelState | undefined> {
  if (checkpoint === undefined) return undefined;
  const files: Record<string, Uint8Array> = {};
  for (const [name, entry] of Object.entries(checkpoint))
    files[name] = await loadFile(
      store,
      checkpointKey(detector, version, { name, sha256: entry.sha256 }),
      entry,
    );
  return decodeModelState(files);
}

/** Whether two checkpoints hold the same bytes. */
export function isSameCheckpoint(
  a: TrainingProgress['checkpoint'],
  b: TrainingProgress['checkpoint'],
): boolean {
  const sums = (files: TrainingProgress['checkpoint']): string =>
    Object.entries(files ?? {})
      .map(([name, { sha256 }]) => `${name} ${sha256}`)
      .sort()
      .join();
  return sums(a) === sums(b);
}

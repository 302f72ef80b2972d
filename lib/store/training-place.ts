/**
 * Where a detector's training runs that is beyond the function: in a job, which is asked for once, or nowhere. Moved by
 * conditional writes only, so that of two runs that want to ask for a job one does.
 */
import * as z from 'zod';
import { ArtifactError, NotFoundError, PreconditionFailedError, RetryLaterError } from '../base/errors.ts';
import { decodeJson, encodeJson } from './json.ts';
import { trainingPlaceKey } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

/** Times are epoch ms. */
export interface TrainingPlace {
  readonly formatVersion: 1;
  readonly detector: string;
  /** Settings and release that it was judged with: with others, nothing has failed yet. */
  readonly identity: string;
  /** When it was judged. */
  readonly at: number;
  readonly values: number;
  readonly memoryMb: number;
  readonly seconds: number;
  /** Why it is trained nowhere; absent where a job was asked for. */
  readonly refused?: string | undefined;
  /** It ended the function, whatever it was thought to take. */
  readonly isKiller?: boolean | undefined;
  /** Jobs that were ever asked for. */
  readonly asked: number;
  /** The newest. */
  readonly job?: TrainingJob | undefined;
  /** Jobs that failed, one after the other, the newest last. */
  readonly failures: number;
  readonly failure?: { readonly at: number; readonly reason: string } | undefined;
}

export interface TrainingJob {
  readonly name: string;
  /** As AWS Batch calls it; absent before it answered. */
  readonly id?: string | undefined;
  readonly askedAt: number;
  /** Past that, it has ended without a word. */
  readonly until: number;
  /** Of AWS Batch, of the job that trains: another one of that name is a double. */
  readonly startedBy?: string | undefined;
  readonly endedAt?: number | undefined;
  /** Of what asked for it: the job logs under the same. */
  readonly correlationId?: string | undefined;
}

export interface StoredPlace {
  /** Undefined where there is none, or none that can be read. */
  readonly place: TrainingPlace | undefined;
  /** Of the object; undefined where there is none. */
  readonly etag: string | undefined;
}

/** Others are at it at most as many times as functions and jobs of one detector run at once. */
const MAX_TRIES = 20;

type Shape<T> = { readonly [Member in keyof T]-?: z.ZodType<unknown> };

const jobSchema = z.looseObject({
  name: z.string(),
  id: z.string().optional(),
  askedAt: z.number(),
  until: z.number(),
  startedBy: z.string().optional(),
  endedAt: z.number().optional(),
  correlationId: z.string().optional(),
} satisfies Shape<TrainingJob>);

/** Read leniently: a newer release may say more, and finds it again. */
const schema: z.ZodType<TrainingPlace> = z.looseObject({
  formatVersion: z.literal(1),
  detector: z.string(),
  identity: z.string(),
  at: z.number(),
  values: z.number(),
  memoryMb: z.number(),
  seconds: z.number(),
  refused: z.string().optional(),
  isKiller: z.boolean().optional(),
  asked: z.int().min(0),
  job: jobSchema.optional(),
  failures: z.int().min(0),
  failure: z.looseObject({ at: z.number(), reason: z.string() }).optional(),
} satisfies Shape<TrainingPlace>);

export async function readPlace(store: ObjectStore, detector: string): Promise<StoredPlace> {
  const key = trainingPlaceKey(detector);
  try {
    const { body, etag } = await store.get(key);
    try {
      return { place: decodeJson(key, body, schema), etag };
    } catch (error) {
      if (error instanceof ArtifactError) return { place: undefined, etag };
      throw error;
    }
  } catch (error) {
    if (error instanceof NotFoundError) return { place: undefined, etag: undefined };
    throw error;
  }
}

/**
 * @param over ETag of what is written over; undefined where there has to be none
 * @throws PreconditionFailedError where another one wrote meanwhile
 */
export async function writePlace(
  store: ObjectStore,
  place: TrainingPlace,
  over: string | undefined,
): Promise<void> {
  const key = trainingPlaceKey(place.detector);
  const body = encodeJson(place);
  decodeJson(key, body, schema);
  await store.put(key, body, {
    contentType: 'application/json',
    ...(over === undefined ? { ifAbsent: true } : { ifMatch: over }),
  });
}

/**
 * @param change gets the newest, and gives undefined where there is nothing to do; called anew where another one was faster
 * @returns what stands by then
 * @throws RetryLaterError where others were faster every time
 */
export async function movePlace(
  store: ObjectStore,
  detector: string,
  change: (place: TrainingPlace) => TrainingPlace | undefined,
): Promise<TrainingPlace | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { place, etag } = await readPlace(store, detector);
    const next = place && change(place);
    if (next === undefined) return place;
    try {
      await writePlace(store, next, etag);
      return next;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  throw new RetryLaterError(
    'place-contended',
    `${trainingPlaceKey(detector)} was written by others ${MAX_TRIES} times in a row`,
  );
}

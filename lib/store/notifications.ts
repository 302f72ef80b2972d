/**
 * One object for each change of state that people are told of: who is about to publish it, and that it was published.
 * It is what makes an alert go out once. A claim is a lease, so that a publisher that died does not block its alert.
 */
import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { ArtifactError, NotFoundError, PreconditionFailedError, RetryLaterError } from '../base/errors.ts';
import { decodeJson, encodeJson } from './json.ts';
import { notificationKey } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

/** What names a notification. */
export type NotificationId = Pick<Alert, 'incidentId' | 'notificationId'>;

export interface Notification {
  readonly formatVersion: 1;
  readonly notificationId: string;
  /** Epoch ms at which the claim of the one who publishes it runs out; absent where nobody holds it. */
  readonly claimedUntil?: number | undefined;
  /** Set for good once the transport took it. */
  readonly published?: Published | undefined;
}

export interface Published {
  /** As the transport named the message. */
  readonly messageId: string;
  /** Epoch ms. */
  readonly at: number;
}

export type ClaimResult =
  /** The caller, and nobody else, publishes it until `until`. */
  | { readonly outcome: 'claimed'; readonly until: number; readonly etag: string }
  | { readonly outcome: 'published' }
  /** Another one holds it, or was faster just now. */
  | { readonly outcome: 'held' };

interface StoredNotification {
  readonly notification: Notification;
  readonly etag: string;
}

const MAX_TRIES = 10;

const schema: z.ZodType<Notification> = z.looseObject({
  formatVersion: z.literal(1),
  notificationId: z.string(),
  claimedUntil: z.number().optional(),
  published: z.looseObject({ messageId: z.string(), at: z.number() }).optional(),
});

/** @param lease now and how long the claim holds, in ms */
export async function claimNotification(
  store: ObjectStore,
  id: NotificationId,
  { now, leaseMs }: { readonly now: number; readonly leaseMs: number },
): Promise<ClaimResult> {
  const existing = await read(store, id);
  if (existing?.notification.published !== undefined) return { outcome: 'published' };
  const heldUntil = existing?.notification.claimedUntil;
  if (heldUntil !== undefined && now < heldUntil) return { outcome: 'held' };
  const until = now + leaseMs;
  try {
    const { etag } = await write(store, id, { claimedUntil: until }, existing);
    return { outcome: 'claimed', until, etag };
  } catch (error) {
    if (error instanceof PreconditionFailedError) return { outcome: 'held' };
    throw error;
  }
}

/** Gives a claim back, where it is certain that nothing was sent: the next run need not wait for the lease. */
export async function releaseNotification(
  store: ObjectStore,
  id: NotificationId,
  { etag }: { readonly etag: string },
): Promise<void> {
  const existing = await read(store, id);
  if (existing?.etag !== etag) return;
  try {
    await write(store, id, {}, existing);
  } catch (error) {
    // Somebody else wrote since: it is theirs, or published.
    if (!(error instanceof PreconditionFailedError)) throw error;
  }
}

/**
 * Called by the publisher after the transport took the message, and by a subscriber that received it: the second
 * closes the gap where the first died in between. The first call counts, every other changes nothing.
 * @throws RetryLaterError where others kept changing the object
 */
export async function markPublished(
  store: ObjectStore,
  id: NotificationId,
  published: Published,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const existing = await read(store, id);
    if (existing?.notification.published !== undefined) return;
    try {
      await write(store, id, { published }, existing);
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  throw new RetryLaterError(
    'notification-contended',
    `${keyOf(id)} was changed by others ${MAX_TRIES} times in a row; published as ${published.messageId}`,
  );
}

async function read(store: ObjectStore, id: NotificationId): Promise<StoredNotification | undefined> {
  try {
    const { body, etag } = await store.get(keyOf(id));
    return { notification: decodeUnlessCut(id, body), etag };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** @param over the object to write over, of which unknown members stay; undefined where there has to be none */
function write(
  store: ObjectStore,
  id: NotificationId,
  content: Pick<Notification, 'claimedUntil' | 'published'>,
  over: StoredNotification | undefined,
): Promise<{ readonly etag: string }> {
  const { claimedUntil: _claim, published: _published, ...kept } = over?.notification ?? {};
  const notification: Notification = {
    ...kept,
    formatVersion: 1,
    notificationId: id.notificationId,
    ...content,
  };
  return store.put(keyOf(id), encodeJson(notification), {
    contentType: 'application/json',
    ...(over === undefined ? { ifAbsent: true } : { ifMatch: over.etag }),
  });
}

function keyOf({ incidentId, notificationId }: NotificationId): string {
  return notificationKey(incidentId, notificationId);
}

/** Nobody holds what was cut: better told twice than never. */
function decodeUnlessCut(id: NotificationId, body: Uint8Array): Notification {
  try {
    return decodeJson(keyOf(id), body, schema);
  } catch (error) {
    if (!(error instanceof ArtifactError) || error.code !== 'not-json') throw error;
    return { formatVersion: 1, notificationId: id.notificationId };
  }
}

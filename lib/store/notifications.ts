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
  | { readonly outcome: 'claimed'; readonly until: number; readonly stored: StoredNotification }
  | { readonly outcome: 'published' }
  /** Another one holds it, or was faster just now. */
  | { readonly outcome: 'held' };

/** As it was read or written last. */
export interface StoredNotification {
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

/**
 * Most are claimed once: creating the object is the claim, and only where there is one already it is read.
 * @param lease now and how long the claim holds, in ms
 */
export async function claimNotification(
  store: ObjectStore,
  id: NotificationId,
  { now, leaseMs }: { readonly now: number; readonly leaseMs: number },
): Promise<ClaimResult> {
  const until = now + leaseMs;
  const created = await tryWrite(store, id, { claimedUntil: until }, undefined);
  if (created !== undefined) return { outcome: 'claimed', until, stored: created };
  const existing = await read(store, id);
  if (existing?.notification.published !== undefined) return { outcome: 'published' };
  const heldUntil = existing?.notification.claimedUntil;
  if (heldUntil !== undefined && now < heldUntil) return { outcome: 'held' };
  const taken = await tryWrite(store, id, { claimedUntil: until }, existing);
  return taken === undefined ? { outcome: 'held' } : { outcome: 'claimed', until, stored: taken };
}

/** Gives a claim back, where it is certain that nothing was sent: the next run need not wait for the lease. */
export async function releaseNotification(
  store: ObjectStore,
  id: NotificationId,
  { stored }: { readonly stored: StoredNotification },
): Promise<void> {
  // Where somebody else wrote since, nothing is written: it is theirs, or published.
  await tryWrite(store, id, {}, stored);
}

/**
 * Called by the publisher after the transport took the message, and by a subscriber that received it: the second
 * closes the gap where the first died in between. The first call counts, every other changes nothing.
 * @param known as the caller's claim left it: where nobody has written since, it need not be read again
 * @throws RetryLaterError where others kept changing the object
 */
export async function markPublished(
  store: ObjectStore,
  id: NotificationId,
  published: Published,
  known?: StoredNotification,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const existing = (tries === 0 ? known : undefined) ?? (await read(store, id));
    if (existing?.notification.published !== undefined) return;
    if ((await tryWrite(store, id, { published }, existing)) !== undefined) return;
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

/**
 * @param over the object to write over, of which unknown members stay; undefined where there has to be none
 * @returns undefined where another one wrote since
 */
async function tryWrite(
  store: ObjectStore,
  id: NotificationId,
  content: Pick<Notification, 'claimedUntil' | 'published'>,
  over: StoredNotification | undefined,
): Promise<StoredNotification | undefined> {
  const { claimedUntil: _claim, published: _published, ...kept } = over?.notification ?? {};
  const notification: Notification = {
    ...kept,
    formatVersion: 1,
    notificationId: id.notificationId,
    ...content,
  };
  try {
    const { etag } = await store.put(keyOf(id), encodeJson(notification), {
      contentType: 'application/json',
      ...(over === undefined ? { ifAbsent: true } : { ifMatch: over.etag }),
    });
    return { notification, etag };
  } catch (error) {
    if (error instanceof PreconditionFailedError) return undefined;
    throw error;
  }
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

/**
 * Delivers what was published to the services that people use. A message of the topic becomes one message for each
 * receiver, so that a receiver that is down is tried again by itself.
 */
import type { Alert } from '../../alert/alert.ts';
import { parseAlert } from '../../alert/parse-alert.ts';
import { correlated, correlationOf } from '../../base/correlation.ts';
import { ReceiverError, TidewatchError } from '../../base/errors.ts';
import type { ReceiverSetting } from '../../config/receiver-settings.ts';
import { type DeliveryRun, deliverAlert } from './deliver-alert.ts';

export interface DeliverContext extends DeliveryRun {
  readonly receivers: readonly ReceiverSetting[];
  /** Puts a message into the queue that this one came from. */
  readonly enqueue: (body: string) => Promise<void>;
}

export interface QueuedMessage {
  /** An alert as it was published, or what `enqueue` was given. */
  readonly body: string;
  /** 1: it comes for the first time. */
  readonly attempt: number;
}

export type DeliverOutcome =
  | { readonly kind: 'done' }
  /** It has to come again, after so many ms. */
  | { readonly kind: 'failed'; readonly retryIn: number };

interface Delivery {
  readonly receiver: string;
  readonly alert: Alert;
}

/** Ms: 30 s, doubled up to a quarter of an hour. Ten attempts take 75 minutes (maxReceiveCount in infra/aws/queues.yml). */
const FIRST_RETRY = 30_000;
const LAST_RETRY = 900_000;

/** Never throws: what went wrong is logged, and the message comes back. */
export async function deliver(message: QueuedMessage, context: DeliverContext): Promise<DeliverOutcome> {
  const { telemetry } = context;
  try {
    const { receiver, alert } = readMessage(message.body);
    await correlated(correlationOf(alert.objects.window), () =>
      receiver === undefined ? fanOut(alert, context) : deliverTo({ receiver, alert }, context),
    );
    return { kind: 'done' };
  } catch (error) {
    const retryIn = retryDelay(message.attempt, error instanceof ReceiverError ? error.retryAfter : 0);
    // Of what is only down somebody hears where it ends in the dead letters.
    telemetry[error instanceof ReceiverError ? 'warn' : 'error']('delivery put off', {
      attempt: message.attempt,
      retryInSeconds: retryIn / 1000,
      code: error instanceof TidewatchError ? error.code : undefined,
      error: String(error),
    });
    return { kind: 'failed', retryIn };
  }
}

/** @throws SyntaxError, TidewatchError where it is no alert */
function readMessage(body: string): { readonly receiver: string | undefined; readonly alert: Alert } {
  const value: unknown = JSON.parse(body);
  if (typeof value === 'object' && value !== null && 'receiver' in value && 'alert' in value)
    return { receiver: String(value.receiver), alert: parseAlert(JSON.stringify(value.alert)) };
  return { receiver: undefined, alert: parseAlert(body) };
}

/**
 * Sends one after the other, in the order of the settings. If the queue fails in between, the receivers before that get the
 * message again, and recognise an alert that they have.
 */
async function fanOut(alert: Alert, { receivers, enqueue }: DeliverContext): Promise<void> {
  for (const { name: receiver } of receivers)
    await enqueue(JSON.stringify({ receiver, alert } satisfies Delivery));
}

async function deliverTo({ receiver, alert }: Delivery, context: DeliverContext): Promise<void> {
  const setting = context.receivers.find(({ name }) => name === receiver);
  if (setting !== undefined) return await deliverAlert(setting, alert, context);
  context.telemetry.warn('alert passed over: its receiver is not configured any more', {
    receiver,
    detector: alert.detector,
    notificationId: alert.notificationId,
  });
}

function retryDelay(attempt: number, retryAfter = 0): number {
  return Math.min(LAST_RETRY, Math.max(retryAfter, FIRST_RETRY * 2 ** (attempt - 1)));
}

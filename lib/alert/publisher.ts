import { TidewatchError } from '../base/errors.ts';
import type { Alert } from './alert.ts';

/** The transport refused the message: nothing was sent, and the same call may succeed at once. */
export class PublishRejectedError extends TidewatchError {}

/** It refused this very message, and will do so whenever it is asked: there is nothing to wait for. */
export class UndeliverableError extends PublishRejectedError {}

/** Sends an alert to whoever subscribed. */
export interface AlertPublisher {
  /**
   * Sends it once: an implementation does not try again where the first try may have been accepted.
   * @throws PublishRejectedError where nothing was sent for certain (throttled, denied), UndeliverableError where nothing
   * ever will be (too large). After any other
   * error it is open whether it was sent; the caller keeps the alert and waits for a receipt before it tries again.
   */
  publish(alert: Alert): Promise<{ readonly messageId: string }>;
}

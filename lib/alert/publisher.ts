import type { Alert } from './alert.ts';

/** Sends an alert to whoever subscribed. */
export interface AlertPublisher {
  /** @throws whatever the transport throws; the caller keeps the alert and tries again */
  publish(alert: Alert): Promise<{ readonly messageId: string }>;
}

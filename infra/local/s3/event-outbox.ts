/**
 * Sends the events that the index holds, oldest first for each queue, and forgets one once its queue took it. They
 * were committed with their object, so a kill in between delivers late or twice, never not at all.
 */
import { AwsError, type Queues } from '../contract.ts';
import type { IndexDatabase } from './index-database.ts';
import type { PendingEvent } from './pending-table.ts';

export interface EventOutbox {
  /** Call it after each commit that added events, and once at start. */
  wake(): void;
  /** Resolves when nothing is being sent any more; what is left goes out after the next start. */
  close(): Promise<void>;
}

const BATCH = 100;
const RETRY_MS = 1000;

export function createEventOutbox(
  index: IndexDatabase,
  queues: Pick<Queues, 'send'>,
  log: (line: string) => void,
): EventOutbox {
  /** Queues that failed, until their retry. */
  const paused = new Map<string, NodeJS.Timeout>();
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;

  function wake(): void {
    again = true;
    if (closed || running !== undefined) return;
    running = drain().finally(() => {
      running = undefined;
      if (again) wake();
    });
  }

  async function drain(): Promise<void> {
    while (again && !closed) {
      again = false;
      for (;;) {
        const events = index.listEvents(BATCH, [...paused.keys()]);
        if (events.length === 0 || closed) break;
        for (const event of events) {
          if (!closed && !paused.has(event.queueArn)) await deliver(event);
        }
      }
    }
  }

  async function deliver(event: PendingEvent): Promise<void> {
    try {
      await queues.send(event.queueArn, event.body);
      index.deleteEvent(event.sequence);
    } catch (error) {
      if (error instanceof AwsError && /NonExistentQueue|QueueDoesNotExist/.test(error.code)) {
        log(`s3: dropped an event, since its queue is gone: ${event.queueArn}`);
        index.deleteEvent(event.sequence);
        return;
      }
      log(`s3: ${event.queueArn} took no event, retrying in ${RETRY_MS} ms: ${String(error)}`);
      paused.set(event.queueArn, setTimeout(resume, RETRY_MS, event.queueArn).unref());
    }
  }

  function resume(queueArn: string): void {
    paused.delete(queueArn);
    wake();
  }

  return {
    wake,
    async close() {
      closed = true;
      for (const timer of paused.values()) clearTimeout(timer);
      await running;
    },
  };
}

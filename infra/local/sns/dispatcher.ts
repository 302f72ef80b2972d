/** Deliveries in the background: a few at a time, tried again with growing pauses, then given up. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DeliveryError } from './http-post.ts';
import type { Delivery } from './store.ts';

export interface DispatcherOptions {
  /** One attempt. @throws what makes it fail; a DeliveryError says whether trying again makes sense */
  readonly attempt: (delivery: Delivery) => Promise<void>;
  /** After the last attempt. */
  readonly giveUp: (delivery: Delivery, error: unknown) => Promise<void>;
  /** Delivered or given up. */
  readonly finish: (delivery: Delivery) => Promise<void>;
  /** Milliseconds before the second attempt, the third, …: one attempt more than there are pauses. */
  readonly pauses: readonly number[];
  readonly log: (line: string) => void;
  /** Ends everything: what is not finished stays in the journal and begins anew at the next start. */
  readonly closing: AbortSignal;
}

export interface Dispatcher {
  start(deliveries: readonly Delivery[]): void;
  /** Waits for the attempts under way. */
  settle(): Promise<void>;
}

const MAX_ATTEMPTS_AT_ONCE = 16;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { attempt, giveUp, finish, pauses, log, closing } = options;
  const running = new Set<Promise<void>>();
  const queue: (() => void)[] = [];
  let free = MAX_ATTEMPTS_AT_ONCE;

  async function run(delivery: Delivery): Promise<void> {
    for (let tried = 1; ; tried++) {
      const error = await inTurn(() => attempt(delivery));
      if (closing.aborted && error !== undefined) return;
      if (error === undefined) break;
      const pause = error instanceof DeliveryError && error.isPermanent ? undefined : pauses[tried - 1];
      if (pause === undefined) {
        await giveUp(delivery, error);
        break;
      }
      log(`sns: attempt ${tried} of ${pauses.length + 1} failed, again in ${pause} ms: ${messageOf(error)}`);
      await sleep(pause, undefined, { signal: closing }).catch(() => undefined);
      if (closing.aborted) return;
    }
    await finish(delivery);
  }

  /** The error of `work`, undefined if it succeeded. */
  async function inTurn(work: () => Promise<void>): Promise<unknown> {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      await work();
      return undefined;
    } catch (error) {
      return error ?? new Error('unknown failure');
    } finally {
      const next = queue.shift();
      if (next) next();
      else free++;
    }
  }

  return {
    start(deliveries) {
      for (const delivery of deliveries) {
        const done = run(delivery).catch((error: unknown) => {
          log(`sns: delivery ${delivery.id} is kept for the next start: ${messageOf(error)}`);
        });
        running.add(done);
        void done.finally(() => running.delete(done));
      }
    },
    async settle() {
      await Promise.all(running);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

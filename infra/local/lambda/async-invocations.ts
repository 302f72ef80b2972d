/** Invocations that nobody waits for (`Event`): retried after an error as Lambda does, then given up with a log line. */
import type { FunctionPool } from './function-pool.ts';

export interface AsyncInvocations {
  /** Invocations that run or wait for another attempt. */
  readonly pending: number;
  add(pool: FunctionPool, event: string): void;
  close(): void;
}

/** Lambda waits one minute before the second attempt and two before the third. */
const RETRY_DELAYS_MS = [60_000, 120_000];

export function openAsyncInvocations(log: (line: string) => void): AsyncInvocations {
  const timers = new Set<NodeJS.Timeout>();
  let pending = 0;
  let closed = false;

  return {
    get pending() {
      return pending;
    },
    add(pool, event) {
      pending++;
      void attempt(pool, event, 0, performance.now());
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      pending -= timers.size;
      timers.clear();
    },
  };

  async function attempt(pool: FunctionPool, event: string, retries: number, since: number): Promise<void> {
    const result = await pool.invoke(event).catch((error: Error) => error);
    if (closed || result instanceof Error || result.functionError === undefined) {
      pending--;
      return;
    }
    const { maximumRetryAttempts, maximumEventAgeSeconds } = pool.config.asynchronous;
    const delay = RETRY_DELAYS_MS[Math.min(retries, RETRY_DELAYS_MS.length - 1)] ?? 0;
    const tooOld = performance.now() - since + delay > maximumEventAgeSeconds * 1000;
    if (retries >= maximumRetryAttempts || tooOld) {
      log(`${pool.config.name}: gave up an event after ${retries + 1} attempt(s): ${result.payload}`);
      pending--;
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      void attempt(pool, event, retries + 1, since);
    }, delay);
    timers.add(timer);
  }
}

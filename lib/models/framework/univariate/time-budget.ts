/** How much of its time a fit of many series has left. */
import { RetryLaterError } from '../../../base/errors.ts';
import type { FitRun } from '../contract.ts';

/** Ms kept back for writing the checkpoint. */
const CHECKPOINT_RESERVE = 10_000;

export interface TimeBudget {
  /** What a series takes. Several may be timed at once. */
  time<T>(fit: () => Promise<T>): Promise<T>;
  /** Whether the time left is less than the slowest series took, or none. */
  isLate(): boolean;
  /** @throws RetryLaterError where no time is left */
  check(done: number, total: number): void;
  /** @throws RetryLaterError */
  stop(done: number, total: number): never;
}

/** The deadline is the only clock: what a series takes is what is gone of the time left. */
export function createTimeBudget({ deadline, checkpoint }: FitRun): TimeBudget {
  const reserve = checkpoint === undefined ? 0 : CHECKPOINT_RESERVE;
  let slowest = 0;
  return {
    async time(fit) {
      const before = deadline.remaining();
      const result = await fit();
      if (before !== Infinity) slowest = Math.max(slowest, before - deadline.remaining());
      return result;
    },
    isLate() {
      return deadline.remaining() <= reserve + slowest;
    },
    check(done, total) {
      if (deadline.remaining() <= 0) this.stop(done, total);
    },
    stop(done, total) {
      throw new RetryLaterError(
        'deadline',
        `fit stopped after ${done} of ${total} series: ${Math.max(0, Math.round(deadline.remaining()))} ms of its time are left`,
      );
    },
  };
}

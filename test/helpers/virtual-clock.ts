/**
 * Time that passes only while everybody waits for it: what takes a minute is over at once, and things that go on side by side
 * take the time of the longest. Whoever runs on it waits for nothing but this clock and for promises.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export class VirtualClock {
  /** Epoch ms. */
  now: number;
  readonly #waiting: { readonly at: number; readonly wake: () => void }[] = [];

  constructor(now: number) {
    this.now = now;
  }

  /** @param ms not negative */
  sleep(ms: number): Promise<void> {
    const at = this.now + ms;
    return new Promise((wake) => {
      const before = this.#waiting.findLastIndex((each) => each.at <= at);
      this.#waiting.splice(before + 1, 0, { at, wake });
    });
  }

  /** Lets time pass until `work` is done. @throws what it throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    let isOver = false;
    const done = work().finally(() => {
      isOver = true;
    });
    // Its failure is the caller's, and not that of a promise that nobody has awaited yet.
    done.catch(() => {});
    for (;;) {
      // All that can go on without time has gone on by the next turn.
      await nextTurn();
      if (isOver) return done;
      const next = this.#waiting.shift();
      if (next === undefined) continue;
      this.now = Math.max(this.now, next.at);
      next.wake();
    }
  }
}

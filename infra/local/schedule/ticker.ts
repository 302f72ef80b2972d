/** Fires schedules at their times, as EventBridge Scheduler does. */
import { nextTime, type Schedule } from './expression.ts';

export interface Tick {
  readonly name: string;
  readonly schedule: Schedule;
  readonly run: () => void;
}

export interface Ticker {
  add(tick: Tick): void;
  close(): void;
}

/** setTimeout holds at most 2^31 - 1 ms, and a clock that is set must be noticed: sleep in pieces. */
const LONGEST_SLEEP_MS = 60_000;

/** @param now epoch milliseconds; rates count from the moment at which a schedule is added */
export function startTicker(options: { readonly now: () => number }): Ticker {
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;
  return {
    add(tick) {
      const since = options.now();
      sleepUntil(tick, nextTime(tick.schedule, since, since), since);
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };

  function sleepUntil(tick: Tick, due: number | undefined, since: number): void {
    if (due === undefined || closed) return;
    const wait = Math.max(0, Math.min(due - options.now(), LONGEST_SLEEP_MS));
    const timer = setTimeout(() => {
      timers.delete(timer);
      const time = options.now();
      if (time < due) return sleepUntil(tick, due, since);
      tick.run();
      // Times that passed meanwhile are not made up for.
      sleepUntil(tick, nextTime(tick.schedule, time, since), since);
    }, wait);
    timers.add(timer);
  }
}

/**
 * A clock that stands still until it is set: weeks of a deployment in minutes. The emulator asks `now`; its functions, which are
 * processes of their own, read a file (lambda/read-manual-clock.ts). What takes real time goes on taking it: timers, and the
 * time that an invocation has left.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ManualClock {
  /** Epoch ms. */
  readonly now: () => number;
  /** Holds the same, as text. */
  readonly file: string;
  /** @throws Error for a time before the one that it shows: what was written would lie in the future */
  set(time: number): void;
  /** Removes the file. */
  close(): void;
}

/** Of epoch ms from 2001 to 2286: each time takes the place of the one before. */
const DIGITS = /^\d{13}$/;

/** @param start epoch ms */
export function createManualClock(start: number): ManualClock {
  const dir = mkdtempSync(join(tmpdir(), 'tidewatch-clock-'));
  const file = join(dir, 'now');
  const descriptor = openSync(file, 'w');
  let shown = Number.NEGATIVE_INFINITY;
  const set = (time: number): void => {
    const text = String(time);
    if (time < shown || !DIGITS.test(text))
      throw new Error(`the clock shows ${shown}, and cannot be set to ${text}`);
    shown = time;
    writeSync(descriptor, text, 0);
  };
  set(start);
  return {
    now: () => shown,
    file,
    set,
    close() {
      closeSync(descriptor);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

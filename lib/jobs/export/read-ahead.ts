/** The next batch is asked for while the last one is written: the source works while this process does. */
import { correlated, correlationOf } from '../../base/correlation.ts';
import { firstValueTime } from '../../source/series-to-window.ts';
import { windowKey } from '../../store/keys.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { Batch } from './export-batch.ts';
import { type ExportGrid, nextRange, windowStart } from './export-plan.ts';

/** Asks the source for one range. Once `signal` fires, it gives up. */
type Ask = (range: TimeRange, signal: AbortSignal) => Promise<Batch>;

export interface BatchReader {
  /** The batch of the range, which may have been asked for before. @throws whatever asking throws */
  read(range: TimeRange): Promise<Batch>;
  /** Asks for it, and goes on. What goes wrong, `read` of the same range tells. */
  readAhead(range: TimeRange): void;
  /** Gives up what was asked for and not read. */
  close(): Promise<void>;
}

interface Asked {
  readonly range: TimeRange;
  readonly batch: Promise<Batch>;
  readonly controller: AbortController;
}

/** Reads batches of one export, one ahead at the most. @param detector name, for what is logged meanwhile */
export function openBatchReader(detector: string, ask: Ask): BatchReader {
  let ahead: Asked | undefined;

  async function close(): Promise<void> {
    const asked = ahead;
    ahead = undefined;
    asked?.controller.abort();
    await asked?.batch.catch(() => {});
  }

  return {
    close,
    async read(range) {
      if (ahead?.range.start === range.start && ahead.range.end === range.end) {
        const { batch } = ahead;
        ahead = undefined;
        return batch;
      }
      await close();
      return ask(range, new AbortController().signal);
    },
    readAhead(range) {
      const controller = new AbortController();
      // It is about another window than what is written at the same time.
      const id = correlationOf(windowKey(detector, { start: range.start, end: range.start + 1 }));
      const batch = correlated(id, () => ask(range, controller.signal));
      // Until somebody reads it, nobody else hears of it.
      batch.catch(() => {});
      ahead = { range, batch, controller };
    },
  };
}

/** The windows that lie in a batch from end to end: how many, and where what comes after them begins. */
export function foreseeWindows(
  { matrices, range }: Pick<Batch, 'matrices' | 'range'>,
  from: number,
  { grid, days }: { readonly grid: ExportGrid; readonly days: Parameters<typeof nextRange>[2] },
): { readonly windows: number; readonly until: number } {
  let until = from;
  for (let windows = 0; ; windows++) {
    const first = until < range.end ? firstValueTime(matrices, until) : undefined;
    if (first === undefined) return { windows, until: range.end };
    until = Math.max(until, windowStart(first, grid));
    const { end } = nextRange(until, grid, days);
    if (end > range.end) return { windows, until };
    until = end;
  }
}

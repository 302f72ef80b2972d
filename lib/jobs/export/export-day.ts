/**
 * Exports one day of a backfill: the parts of it without a window, as one window if the day fits. The exporter's cursor
 * stays where it is. Days know nothing of each other. So they may be exported in any order, side by side, and again without
 * harm.
 */
import { RetryLaterError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { listUnits } from '../../config/work-unit.ts';
import type { MetricSource, SourceWithHistory } from '../../source/metric-source.ts';
import { firstValueTime } from '../../source/series-to-window.ts';
import { readState } from '../../store/detector-states.ts';
import { readFileRanges } from '../../store/file-ranges.ts';
import { rangeOfWindowKey, windowsOfDayPrefix } from '../../store/keys.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { ExportContext } from '../shared/context.ts';
import { recordLeftOutOfExport } from '../shared/left-out-notes.ts';
import { backfillLimit, checkPast, readDay } from './backfill-days.ts';
import {
  type Batch,
  batchRange,
  type LeftOutOfBatches,
  noteLeftOut,
  openBatchSizes,
  openHistory,
  readBatch,
  STOP_BEFORE_MS,
} from './export-batch.ts';
import { type ExportGrid, exportGrid, exportLimit, nextRange, windowStart } from './export-plan.ts';
import { putWindow } from './put-window.ts';
import { settleShards } from './settle-shards.ts';

export interface DayRequest {
  readonly detector: Detector;
  readonly manifestHash: string;
  readonly source: MetricSource;
  /** YYYY-MM-DD, UTC. */
  readonly day: unknown;
}

export interface DayResult {
  /** Keys that this run wrote. */
  readonly exported: readonly string[];
  /** Windows that had rows of the day before, exported or dropped. */
  readonly kept: number;
}

interface Run extends Omit<DayRequest, 'source' | 'day'> {
  readonly context: ExportContext;
  readonly source: SourceWithHistory;
  /** The same one, which is asked for the owners of pods. */
  readonly owners: MetricSource;
  readonly shards: number;
  readonly grid: ExportGrid;
  /** Exclusive end of what the source knows. */
  readonly limit: number;
  readonly exported: string[];
  readonly leftOut: LeftOutOfBatches;
}

const DAY = 86_400_000;

/**
 * @throws TidewatchError `bad-backfill` where the schedule has yet to export a part of it; SourceError where the source's answer
 *   is unusable; RetryLaterError where time ran out: the same call goes on
 */
export async function exportDay(request: DayRequest, context: ExportContext): Promise<DayResult> {
  const { detector } = request;
  const { store, now } = context;
  const start = readDay('day', request.day);
  const { state } = await readState(store, detector.name);
  checkPast(start, detector, backfillLimit(detector, state, now()));
  const grid = exportGrid(detector, state);
  const day = { start: ceilTo(start, grid.step), end: ceilTo(start + DAY, grid.step) };
  const limit = exportLimit(detector, now());
  const shards = await settleShards({ detector, state }, context);
  const { taken, unfinished } = await findTaken(context, listUnits(detector.name, shards), day);
  const run: Run = {
    detector,
    shards,
    manifestHash: request.manifestHash,
    context,
    source: openHistory(request, `the day ${String(request.day)}`),
    owners: request.source,
    grid,
    limit,
    exported: [],
    leftOut: new Map(),
  };
  try {
    for (const range of unfinished)
      await exportWindow(
        run,
        range,
        await readBatch(run, detector, range, { grid, limit, telemetry: context.telemetry, asWhole: true }),
      );
    for (const free of subtract(day, taken)) await exportStretch(run, free, day);
  } finally {
    // The same call goes on behind the windows that are there, and does not hear of them again.
    const leftOut = [...run.leftOut.values()];
    if (leftOut.length > 0) await recordLeftOutOfExport(context, detector.name, leftOut);
  }
  context.telemetry.info('day exported', {
    detector: detector.name,
    day: String(request.day),
    windows: run.exported.length,
    kept: taken.length,
  });
  return { exported: run.exported, kept: taken.length };
}

interface Taken {
  readonly taken: readonly TimeRange[];
  /** Of them, those of which not every shard has a window: nobody had a value there, or a run was cut short. */
  readonly unfinished: readonly TimeRange[];
}

/** Rows must not stand in two windows. A window is a day long at the most, so that it begins on this day or on the one before. */
async function findTaken({ store }: ExportContext, units: readonly string[], day: TimeRange): Promise<Taken> {
  const found = new Map<string, { readonly range: TimeRange; windows: number }>();
  const others: TimeRange[] = [];
  const isNear = ({ start, end }: TimeRange): boolean => start < day.end && end > day.start;
  for (const unit of units) {
    for (const start of [day.start - DAY, day.start])
      for await (const { key } of store.list(windowsOfDayPrefix(unit, start))) {
        const range = rangeOfWindowKey(key);
        if (range === undefined) continue;
        const known = found.get(`${range.start} ${range.end}`) ?? { range, windows: 0 };
        known.windows++;
        found.set(`${range.start} ${range.end}`, known);
      }
    const { files } = await readFileRanges(store, unit);
    for (const { range } of files.values()) others.push(range);
  }
  const windows = [...found.values()].filter(({ range }) => isNear(range));
  const byStart = (ranges: readonly TimeRange[]): readonly TimeRange[] =>
    ranges.toSorted((a, b) => a.start - b.start);
  return {
    taken: byStart([...windows.map(({ range }) => range), ...others.filter(isNear)]),
    unfinished: byStart(windows.filter((each) => each.windows < units.length).map(({ range }) => range)),
  };
}

/** @param taken by their start */
function subtract(day: TimeRange, taken: readonly TimeRange[]): readonly TimeRange[] {
  const free: TimeRange[] = [];
  let { start } = day;
  for (const range of taken) {
    if (range.start > start) free.push({ start, end: range.start });
    start = Math.max(start, range.end);
  }
  if (start < day.end) free.push({ start, end: day.end });
  return free;
}

async function exportStretch(run: Run, stretch: TimeRange, day: TimeRange): Promise<void> {
  const { context, detector, grid, source } = run;
  // As a whole only up to the day's own end.
  const until = stretch.end === day.end && DAY % grid.step === 0 ? day.end : 0;
  const clamp = ({ start, end }: TimeRange): TimeRange => ({ start, end: Math.min(end, stretch.end) });
  const sizes = openBatchSizes(grid);
  let cursor = stretch.start;
  while (cursor < stretch.end) {
    if (context.deadline.remaining() < STOP_BEFORE_MS)
      throw new RetryLaterError(
        'deadline',
        `the backfill of ${detector.name} stopped at ${new Date(cursor).toISOString()}: ${Math.floor(context.deadline.remaining())} ms are left, and ${STOP_BEFORE_MS} are needed`,
      );
    const plan = { grid, size: sizes.next, daysUntil: until, limit: stretch.end, maxWindows: Infinity };
    const range = clamp(batchRange(cursor, plan));
    try {
      const batch = await readBatch({ source, owners: run.owners }, detector, range, {
        grid,
        limit: run.limit,
        telemetry: context.telemetry,
      });
      noteLeftOut(run.leftOut, batch);
      sizes.learnFrom(batch);
      const { wholeDays } = sizes.next;
      cursor = await exportBatch(run, batch, cursor, (at) =>
        clamp(nextRange(at, grid, { until, allowed: wholeDays })),
      );
    } catch (error) {
      sizes.shrinkAfter(error, range);
    }
  }
}

/** Writes every window that lies in the batch from end to end. @returns where to go on */
async function exportBatch(
  run: Run,
  batch: Batch,
  from: number,
  rangeAt: (cursor: number) => TimeRange,
): Promise<number> {
  let cursor = from;
  while (cursor < batch.range.end) {
    const first = firstValueTime(batch.matrices, cursor);
    // There is nothing in the rest of what was asked for.
    if (first === undefined) return batch.range.end;
    cursor = Math.max(cursor, windowStart(first, run.grid));
    const range = rangeAt(cursor);
    // More than was asked for: the number of series, now known, lets a whole day be asked for at once.
    if (range.end > batch.range.end) return cursor;
    await exportWindow(run, range, batch);
    cursor = range.end;
  }
  return cursor;
}

async function exportWindow(run: Run, range: TimeRange, { matrices, podOwners }: Batch): Promise<void> {
  const { detector, shards, context, grid, manifestHash } = run;
  const window = { detector, shards, range, step: grid.step, matrices, podOwners, manifestHash };
  for (const { key, isNew } of await putWindow(context, window)) if (isNew) run.exported.push(key);
}

function ceilTo(time: number, unit: number): number {
  return Math.ceil(time / unit) * unit;
}

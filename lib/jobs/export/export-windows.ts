/**
 * Makes windows in the bucket from a source's answers: every complete window since the cursor, each written once or not at
 * all.
 */

import { correlateTo, correlationOf } from '../../base/correlation.ts';
import { RetryLaterError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { listUnits } from '../../config/work-unit.ts';
import type { MetricSource, SourceWithHistory } from '../../source/metric-source.ts';
import { firstValueTime, lastSampleTime } from '../../source/series-to-window.ts';
import { readState } from '../../store/detector-states.ts';
import { unitOfWindowKey, windowKey } from '../../store/keys.ts';
import type { LeftOut } from '../../window/left-out.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { ExportContext } from '../shared/context.ts';
import { recordLeftOutOfExport } from '../shared/left-out-notes.ts';
import {
  type Batch,
  type BatchSizes,
  batchRange,
  type LeftOutOfBatches,
  noteLeftOut,
  openBatchSizes,
  openHistory,
  readBatch,
  STOP_BEFORE_MS,
} from './export-batch.ts';
import { type ExportGrid, exportGrid, exportLimit, nextRange, windowStart } from './export-plan.ts';
import {
  beginExport,
  type ExportState,
  findOrphan,
  isCutBy,
  recordCut,
  recordEmptyStretch,
  recordWindow,
} from './export-progress.ts';
import { putWindow } from './put-window.ts';
import { type BatchReader, foreseeWindows, openBatchReader } from './read-ahead.ts';
import { settleShards } from './settle-shards.ts';
import { noData, tellEmptyStretch, warnOfMissingMetrics } from './tell-missing.ts';

export { isExportDue } from './export-plan.ts';

export interface ExportRequest {
  readonly detector: Detector;
  readonly manifestHash: string;
  /** Of the deployment. */
  readonly source: MetricSource;
  /** Windows that this run writes at most. */
  readonly maxWindows?: number;
  /** Exports that go on in the same memory, this one included: 1. */
  readonly atOnce?: number;
}

export interface ExportResult {
  /** Keys that this run wrote, oldest first. */
  readonly exported: readonly string[];
  /** Keys that stood there already: an earlier run put them and did not live to move the cursor. */
  readonly kept: readonly string[];
  /** Stretches without any data between data, passed by this run. */
  readonly gaps: readonly TimeRange[];
  /** Series and samples that this run did not take while it took the rest. */
  readonly leftOut: readonly LeftOut[];
  /** Where the next run goes on, epoch milliseconds. */
  readonly exportedUntil: number;
  /** Shards of which the newest window that this run wrote has nobody; absent: none. */
  readonly absent?: readonly string[];
  /** At `max-windows` and `deadline` there is more to export: the next run goes on. */
  readonly stopped: 'up-to-date' | 'max-windows' | 'deadline';
}

/** Two days at 15 minutes: what follows the whole days of a first backfill. */
const DEFAULT_MAX_WINDOWS = 192;

/** What changes while a run goes on. */
interface Run extends Omit<ExportRequest, 'source'> {
  readonly context: ExportContext;
  readonly source: SourceWithHistory;
  /** The same one, which is asked for the owners of pods. */
  readonly owners: MetricSource;
  readonly grid: ExportGrid;
  readonly limit: number;
  readonly maxWindows: number;
  readonly exported: string[];
  readonly kept: string[];
  readonly gaps: TimeRange[];
  readonly missingMetrics: Set<string>;
  readonly leftOut: LeftOutOfBatches;
  /** Ranges that this run wrote: of each there is a window, or one for each shard. */
  written: number;
  absent: readonly string[];
  state: ExportState;
  /** Everything between the cursor and here was looked at and is empty. */
  scannedUntil: number;
  /** Epoch ms of the newest sample that came, be it no number. */
  lastSample: number;
}

/**
 * Exports from the cursor up to now − ingest delay, oldest first. A window's object comes before the cursor's move,
 * so a crash between them is repeated work and nothing else; two runs at once write the same objects.
 *
 * Windows without a single number are skipped once newer data exists: silently before the first data ever, later as a gap
 * that state and telemetry report. While nothing newer exists they are an error, and the cursor stays. But samples that are
 * NaN up to now show that the source is alive: they are a gap like one that ended.
 * @throws SourceError where the source's answer is unusable or empty up to now; windows before it are exported.
 * `no-history` where the source knows no past at all
 * @throws RetryLaterError where time ran out before anything was exported
 */
export async function exportWindows(request: ExportRequest, context: ExportContext): Promise<ExportResult> {
  const run = await beginRun(request, context);
  await adoptOrphan(run);
  const stopped = await exportAll(run);
  const { exported, kept, gaps, state, absent } = run;
  const leftOut = [...run.leftOut.values()];
  if (leftOut.length > 0) await recordLeftOutOfExport(context, run.detector.name, leftOut);
  return {
    exported,
    kept,
    gaps,
    leftOut,
    exportedUntil: state.exportedUntil,
    ...(absent.length > 0 && { absent }),
    stopped,
  };
}

async function beginRun(request: ExportRequest, context: ExportContext): Promise<Run> {
  const { detector } = request;
  const now = context.now();
  const known = await readState(context.store, detector.name);
  const grid = exportGrid(detector, known.state);
  const until = new Date(exportLimit(detector, now)).toISOString();
  const source = openHistory(request, `windows that end at ${until} or before`);
  const state = await beginExport(context.store, detector, { grid, now, known });
  correlateToWindow(detector.name, state.exportedUntil);
  return {
    ...request,
    context,
    source,
    owners: request.source,
    grid,
    limit: exportLimit(detector, now),
    maxWindows: request.maxWindows ?? DEFAULT_MAX_WINDOWS,
    exported: [],
    kept: [],
    gaps: [],
    missingMetrics: new Set(),
    leftOut: new Map(),
    written: 0,
    absent: [],
    state,
    scannedUntil: state.exportedUntil,
    lastSample: Number.NEGATIVE_INFINITY,
  };
}

/** Where the state tells how such a window was cut, this run comes to the same one, and finds it there. */
async function adoptOrphan(run: Run): Promise<void> {
  const { detector, context, grid, limit } = run;
  if (run.state.exportedUntil >= limit || isCutBy(run.state, grid)) return;
  await lookForOrphan(run);
  moveCursor(run, await recordCut(context.store, detector.name, run));
}

async function lookForOrphan(run: Run): Promise<void> {
  const { detector, context, grid } = run;
  const { start } = nextRange(run.state.exportedUntil, grid, { until: 0, allowed: false });
  const orphan = await findOrphanOf(run, start);
  // It may end after the limit, which a manifest with a longer delay sets back. No run writes of what is to come.
  if (orphan === undefined || orphan.range.end > context.now()) return;
  if (run.state.shards === undefined) {
    run.kept.push(orphan.key);
    moveCursor(run, await recordWindow(context.store, detector.name, orphan.range, run));
  } else {
    // Nobody knows of which shards that run did not come to write the window.
    const batch = await readBatch(run, detector, orphan.range, {
      grid,
      limit: run.limit,
      telemetry: context.telemetry,
      asWhole: true,
    });
    noteLeftOut(run.leftOut, batch);
    await exportWindow(run, orphan.range, batch);
  }
  context.telemetry.info('kept the window of a run that stopped before it moved the cursor', {
    detector: detector.name,
    key: orphan.key,
  });
}

async function findOrphanOf({ detector, context, state }: Run, start: number): ReturnType<typeof findOrphan> {
  for (const unit of listUnits(detector.name, state.shards ?? 1)) {
    const orphan = await findOrphan(context.store, unit, start);
    if (orphan !== undefined) return orphan;
  }
  return undefined;
}

async function exportAll(run: Run): Promise<ExportResult['stopped']> {
  const { context, detector, grid, limit, source, owners } = run;
  const { telemetry } = context;
  const reader = openBatchReader(detector.name, (range, signal) =>
    readBatch({ source, owners }, detector, range, { grid, limit, telemetry, signal }),
  );
  let stopped: ExportResult['stopped'];
  try {
    stopped = await exportBatches(run, reader);
  } finally {
    await reader.close();
  }
  if (stopped === 'up-to-date' && run.scannedUntil > run.state.exportedUntil) {
    // NaN up to now, such as a share of no requests: the source is alive and there is nothing to score.
    const alive = run.lastSample >= windowStart(limit - 1, grid);
    if (!alive || run.state.exporting.dataSince === undefined)
      throw noData(detector, { start: run.state.exportedUntil, end: limit }, run);
    await passEmptyStretch(run);
  }
  return stopped;
}

async function exportBatches(run: Run, reader: BatchReader): Promise<ExportResult['stopped']> {
  const { context, grid, limit } = run;
  const sizes = openBatchSizes(grid, run.atOnce);
  while (run.scannedUntil < limit) {
    if (run.written >= run.maxWindows) return 'max-windows';
    if (context.deadline.remaining() < STOP_BEFORE_MS) return outOfTime(run);
    const range = rangeOfNext(run, run.scannedUntil, run.written, sizes);
    try {
      const batch = await reader.read(range);
      sizes.learnFrom(batch);
      warnOfMissingMetrics(batch, run.missingMetrics, run);
      noteLeftOut(run.leftOut, batch);
      const days = { until: run.state.exporting.daysUntil, allowed: sizes.next.wholeDays };
      askForNext(run, batch, days, { reader, sizes });
      await exportBatch(run, batch, days);
    } catch (error) {
      if (error instanceof RetryLaterError && error.code === 'deadline') return outOfTime(run, error);
      sizes.shrinkAfter(error, range);
    }
  }
  return 'up-to-date';
}

/** @param written windows of this run by then */
function rangeOfNext(run: Run, start: number, written: number, { next }: BatchSizes): TimeRange {
  const { grid, limit, maxWindows, state } = run;
  const { daysUntil } = state.exporting;
  return batchRange(start, { grid, size: next, daysUntil, limit, maxWindows: maxWindows - written });
}

/**
 * Asks for what comes after the batch, where this run will want it and there is memory for both. Where something comes between,
 * such as another run, the next one is another and is asked for anew.
 */
function askForNext(
  run: Run,
  batch: Batch,
  days: Parameters<typeof nextRange>[2],
  { reader, sizes }: { readonly reader: BatchReader; readonly sizes: BatchSizes },
): void {
  const { grid, limit, maxWindows, context } = run;
  const { windows, until } = foreseeWindows(batch, run.scannedUntil, { grid, days });
  const written = run.written + windows;
  if (until >= limit || written >= maxWindows || context.deadline.remaining() < STOP_BEFORE_MS) return;
  const next = rangeOfNext(run, until, written, sizes);
  if (sizes.fitsBeside(batch, next)) reader.readAhead(next);
}

/** Writes every window that lies in the batch from end to end. */
async function exportBatch(
  run: Run,
  batch: Batch,
  days: { readonly until: number; readonly allowed: boolean },
): Promise<void> {
  const { context, grid } = run;
  run.lastSample = lastSampleTime(batch.matrices) ?? run.lastSample;
  while (run.scannedUntil < batch.range.end) {
    const first = firstValueTime(batch.matrices, run.scannedUntil);
    if (first === undefined) {
      run.scannedUntil = batch.range.end;
      return;
    }
    run.scannedUntil = Math.max(run.scannedUntil, windowStart(first, grid));
    const range = nextRange(run.scannedUntil, grid, days);
    // More than was asked for: the number of series, now known, lets a whole day be asked for at once.
    if (range.end > batch.range.end) return;
    if (run.written >= run.maxWindows || context.deadline.remaining() < STOP_BEFORE_MS) return;
    if (run.scannedUntil > run.state.exportedUntil && !(await passEmptyStretch(run))) continue;
    if (run.scannedUntil <= range.start) await exportWindow(run, range, batch);
  }
}

/**
 * The cursor moves to where data goes on before anything is written there: an unfinished run leaves its window at the cursor.
 * @returns false where such a window is there, and the source has lost what it holds: the cursor is behind it
 */
async function passEmptyStretch(run: Run): Promise<boolean> {
  const { detector, context, state } = run;
  await lookForOrphan(run);
  if (run.state.exportedUntil > state.exportedUntil) return false;
  const range = { start: state.exportedUntil, end: run.scannedUntil };
  const isGap = state.exporting.dataSince !== undefined;
  if (isGap) run.gaps.push(range);
  tellEmptyStretch(range, isGap, run);
  moveCursor(run, await recordEmptyStretch(context.store, detector.name, range, run));
  return true;
}

async function exportWindow(run: Run, range: TimeRange, batch: Batch): Promise<void> {
  const { detector, context, grid, manifestHash, state } = run;
  const shards = await settleShards({ detector, state, sample: { grid, batch } }, context);
  const { matrices, podOwners } = batch;
  const window = { detector, shards, range, step: grid.step, matrices, podOwners, manifestHash };
  const put = await putWindow(context, window);
  for (const { key, isNew } of put) (isNew ? run.exported : run.kept).push(key);
  if (put.some(({ isNew }) => isNew)) run.written++;
  const present = new Set(put.map(({ key }) => unitOfWindowKey(key)));
  run.absent = listUnits(detector.name, shards).filter((unit) => !present.has(unit));
  moveCursor(run, await recordWindow(context.store, detector.name, range, run));
}

/** Another run may have moved the cursor further than this one. */
function moveCursor(run: Run, state: ExportState): void {
  run.state = state;
  run.scannedUntil = state.exportedUntil;
  correlateToWindow(run.detector.name, state.exportedUntil);
}

/** What is logged is about the window that is next, asked for or not. */
function correlateToWindow(detector: string, start: number): void {
  correlateTo(correlationOf(windowKey(detector, { start, end: start + 1 })));
}

/** A run that got nowhere must not look like one that did. */
function outOfTime(run: Run, error?: RetryLaterError): 'deadline' {
  if (run.exported.length > 0 || run.kept.length > 0) return 'deadline';
  throw (
    error ??
    new RetryLaterError(
      'deadline',
      `export of ${run.detector.name} has ${Math.floor(run.context.deadline.remaining())} ms left and needs ${STOP_BEFORE_MS}`,
    )
  );
}

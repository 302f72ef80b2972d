/** Many windows from one answer of the source: how much to ask for at a time, and asking for it. */
import type { Detector } from '../../config/detector.ts';
import type { SourceWithHistory } from '../../source/metric-source.ts';
import { assignEntities, type EntityMatrix } from '../../source/series-to-window.ts';
import type { LeftOut } from '../../window/left-out.ts';
import type { TimeRange } from '../../window/time-range.ts';
import { type ExportGrid, nextRange, pointsOfDay } from './export-plan.ts';

/** Points of one batch and series: what Prometheus gives in one answer. */
export const MAX_BATCH_POINTS = 11_000;
/** Samples of all batches at a time over all metrics, 16 bytes each and 8 more while a window is cut: about 100 MB. */
const MAX_BATCH_SAMPLES = 4_000_000;
/** A batch is at most so many times as long as the one before it: series that begin cannot take it by surprise. */
const MAX_GROWTH = 8;

export interface Batch {
  readonly range: TimeRange;
  readonly matrices: readonly EntityMatrix[];
  /** Of all metrics together. */
  readonly seriesCount: number;
  /** Series and samples that were not taken while the rest was. */
  readonly leftOut: readonly LeftOut[];
}

/** What the newest batch taught about the size of the next one. */
export interface BatchSize {
  /** Cells that a batch may span; it spans one window in any case. */
  readonly points: number;
  readonly wholeDays: boolean;
}

/** One window tells how many series there are. */
export const PROBE: BatchSize = { points: 1, wholeDays: false };

export interface BatchPlan {
  readonly grid: ExportGrid;
  readonly size: BatchSize;
  readonly daysUntil: number;
  /** Exclusive end of what may be asked for. */
  readonly limit: number;
  readonly maxWindows: number;
}

/** Whole windows from `start` on, at least one. */
export function batchRange(
  start: number,
  { grid, size, daysUntil, limit, maxWindows }: BatchPlan,
): TimeRange {
  const days = { until: daysUntil, allowed: size.wholeDays };
  const first = nextRange(start, grid, days);
  let end = first.end;
  for (let windows = 1; end < limit && windows < maxWindows; windows++) {
    const next = nextRange(end, grid, days).end;
    if ((next - first.start) / grid.step > size.points) break;
    end = next;
  }
  return { start: first.start, end };
}

/**
 * The size of the batch after `batch`.
 * @param given.maxPoints less than MAX_BATCH_POINTS after an answer was too large
 * @param given.atOnce exports that share the memory
 */
export function nextBatchSize(
  { range, seriesCount }: Batch,
  grid: ExportGrid,
  { maxPoints, atOnce = 1 }: { readonly maxPoints: number; readonly atOnce?: number | undefined },
): BatchSize {
  const points = (range.end - range.start) / grid.step;
  const fitting = Math.floor(MAX_BATCH_SAMPLES / (atOnce * Math.max(1, seriesCount)));
  return {
    points: Math.min(maxPoints, points * MAX_GROWTH, fitting),
    wholeDays: seriesCount > 0 && pointsOfDay(grid) <= Math.min(maxPoints, fitting),
  };
}

/**
 * Asks for every metric over the range.
 * @param source of the detector
 * @throws whatever the source throws
 */
export async function readBatch(
  source: SourceWithHistory,
  detector: Detector,
  range: TimeRange,
  step: number,
): Promise<Batch> {
  const metrics = await source.readRange({ ...range, step });
  const leftOut: LeftOut[] = [];
  return {
    range,
    matrices: assignEntities(metrics, detector.entityLabels, (each) => leftOut.push(each)),
    leftOut,
    seriesCount: metrics.reduce((sum, { series }) => sum + series.length, 0),
  };
}

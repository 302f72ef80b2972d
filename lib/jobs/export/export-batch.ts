/** Many windows from one answer of the source: how much to ask for at a time, and asking for it. */
import { RetryLaterError, SourceError } from '../../base/errors.ts';
import { EXPORTED_IN_MB, type MemoryEnvironment, shareOfMemory } from '../../base/process-memory.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { Detector } from '../../config/detector.ts';
import { isRefusal } from '../../source/ask-past-refusals.ts';
import type { GridRange, MetricSource, SourceWithHistory } from '../../source/metric-source.ts';
import { type PodOwners, readPodOwners } from '../../source/pod-owners.ts';
import { assignEntities, type EntityMatrix } from '../../source/series-to-window.ts';
import type { LeftOut } from '../../window/left-out.ts';
import type { TimeRange } from '../../window/time-range.ts';
import { type ExportGrid, nextRange, pointsOfDay } from './export-plan.ts';

/** Milliseconds that have to be left for another batch or window. */
export const STOP_BEFORE_MS = 10_000;
/** Points of one batch and series: what Prometheus gives in one answer. */
export const MAX_BATCH_POINTS = 11_000;
/**
 * Samples of all batches at a time over all metrics, the next one included, 16 bytes each and 8 more while a window is cut: about
 * 100 MB of a function of `EXPORTED_IN_MB`.
 */
const BATCH_SAMPLES = 4_000_000;
/** A batch is at most so many times as long as the one before it: series that begin cannot take it by surprise. */
const MAX_GROWTH = 8;

/** As the memory of this process has it. @throws SettingError `bad-memory` */
export function mostBatchSamples(env?: MemoryEnvironment): number {
  return Math.floor((BATCH_SAMPLES * shareOfMemory(EXPORTED_IN_MB, env)) / 1_000) * 1_000;
}

export interface Batch {
  readonly range: TimeRange;
  readonly matrices: readonly EntityMatrix[];
  /** Of all metrics together. */
  readonly seriesCount: number;
  /** Series and samples that were not taken while the rest was. */
  readonly leftOut: readonly LeftOut[];
  /** Absent: nobody knows. */
  readonly podOwners: PodOwners | undefined;
}

/** What the newest batch taught about the size of the next one. */
export interface BatchSize {
  /** Cells that a batch may span; it spans one window in any case. */
  readonly points: number;
  readonly wholeDays: boolean;
}

/** One window tells how many series there are. */
const PROBE: BatchSize = { points: 1, wholeDays: false };

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

/** Sizes of an export's batches, one after the other. */
export interface BatchSizes {
  /** Of the next one. */
  readonly next: BatchSize;
  learnFrom(batch: Batch): void;
  /** Whether there is memory for the batch and, beside it, for as many series over the range that comes next. */
  fitsBeside(batch: Batch, next: TimeRange): boolean;
  /** After this range was refused, or its answer too large to be read: half of it. @throws any other error, and where it was one window */
  shrinkAfter(error: unknown, range: TimeRange): void;
}

/** @param atOnce exports that share the memory */
export function openBatchSizes(grid: ExportGrid, atOnce: number = 1): BatchSizes {
  let next = PROBE;
  const mostSamples = mostBatchSamples();
  let maxPoints = MAX_BATCH_POINTS;
  const pointsOf = ({ start, end }: TimeRange): number => (end - start) / grid.step;
  const fittingPoints = (seriesCount: number): number =>
    Math.floor(mostSamples / (atOnce * Math.max(1, seriesCount)));
  return {
    get next() {
      return next;
    },
    fitsBeside: ({ range, seriesCount }, ahead) =>
      pointsOf(range) + pointsOf(ahead) <= fittingPoints(seriesCount),
    learnFrom({ range, seriesCount }) {
      const fitting = fittingPoints(seriesCount);
      next = {
        // Of half as many, the next one is asked for while one is written.
        points: Math.min(maxPoints, pointsOf(range) * MAX_GROWTH, Math.floor(fitting / 2)),
        wholeDays: seriesCount > 0 && pointsOfDay(grid) <= Math.min(maxPoints, fitting),
      };
    },
    shrinkAfter(error, range) {
      if (!isRefusal(error) || range.end - range.start <= grid.detectionWindow) throw error;
      maxPoints = Math.floor(pointsOf(range) / 2);
      next = { points: maxPoints, wholeDays: false };
    },
  };
}

/** By kind and metric: the newest, with the counts of all batches. */
export type LeftOutOfBatches = Map<string, LeftOut>;

/** Counts are those of what came: a window that is asked for again counts again. */
export function noteLeftOut(noted: LeftOutOfBatches, { leftOut }: Batch): void {
  for (const each of leftOut) {
    const key = `${each.code} ${each.message.slice(0, each.message.indexOf(':'))}`;
    noted.set(key, { ...each, count: each.count + (noted.get(key)?.count ?? 0) });
  }
}

/**
 * A window is a range of the past, so that a source that only knows what holds now has none to give.
 * @param wants "the day 2026-11-01"
 * @throws SourceError `no-history`
 */
export function openHistory(
  { detector, source }: { readonly detector: Detector; readonly source: MetricSource },
  wants: string,
): SourceWithHistory {
  const opened = source.forDetector(detector);
  if (opened.history) return opened;
  throw new SourceError(
    'no-history',
    `detector ${detector.name} wants ${wants}, and ${source.name} only tells what holds now: it has no history to export`,
  );
}

/**
 * Asks for every metric over the range, and for the owners of its pods, without which it goes on. Of one window, what the source
 * refuses while it answers for the newest cell stays empty: the past does not change, and no window would follow.
 * @param asked.source of the detector
 * @param options.limit exclusive end of what may be asked for
 * @param options.signal gives up, with an error
 * @param options.asWhole whether a range of more than a window is never asked for in parts
 * @throws whatever the source throws of the metrics
 */
export async function readBatch(
  { source, owners }: { readonly source: SourceWithHistory; readonly owners: MetricSource },
  detector: Detector,
  range: TimeRange,
  {
    grid: { step, detectionWindow },
    limit,
    telemetry,
    signal,
    asWhole = false,
  }: {
    readonly grid: ExportGrid;
    readonly limit: number;
    readonly telemetry: Telemetry;
    readonly signal?: AbortSignal;
    readonly asWhole?: boolean;
  },
): Promise<Batch> {
  const isLeast = asWhole || range.end - range.start <= detectionWindow;
  const asked = { ...range, step, ...(signal !== undefined && { signal }) };
  const metrics = await source.readRange({ ...asked, ...(isLeast && { newest: limit - step }) });
  const podOwners = await askForOwners(owners, detector, asked, telemetry);
  const leftOut: LeftOut[] = [];
  return {
    range,
    matrices: assignEntities(metrics, detector.entityLabels, (each) => leftOut.push(each)),
    leftOut,
    podOwners,
    seriesCount: metrics.reduce((sum, { series }) => sum + series.length, 0),
  };
}

/** A source that has no such metrics, or is slow to tell, costs no window: pods go by their names. */
async function askForOwners(
  source: MetricSource,
  detector: Detector,
  range: GridRange,
  telemetry: Telemetry,
): Promise<PodOwners | undefined> {
  try {
    return await readPodOwners(source, detector, {
      ...range,
      onRefused: (reason) =>
        telemetry.warn('revisions of workloads could not be read: rollouts are told by names of pods', {
          detector: detector.name,
          reason,
        }),
    });
  } catch (error) {
    const isOfSource = error instanceof SourceError || error instanceof RetryLaterError;
    if (!isOfSource || range.signal?.aborted) throw error;
    telemetry.warn('owners of pods could not be read: they go by their names', {
      detector: detector.name,
      reason: error.message,
    });
    return undefined;
  }
}

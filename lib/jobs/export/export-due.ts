/** Exports every declared detector that is due; one that fails does not keep the others waiting. */
import { correlated } from '../../base/correlation.ts';
import { RetryLaterError } from '../../base/errors.ts';
import { limitConcurrency } from '../../base/limit-concurrency.ts';
import type { Detector } from '../../config/detector.ts';
import type { Sources } from '../../source/open-sources.ts';
import { readState } from '../../store/detector-states.ts';
import type { ExportDueContext } from '../shared/context.ts';
import { noticeSilentSource } from '../shared/silent-source.ts';
import { type DueDetector, findDueDetectors } from './due-detectors.ts';
import { STOP_BEFORE_MS } from './export-batch.ts';
import { type ExportResult, exportWindows } from './export-windows.ts';

export interface DueExports {
  readonly exported: ReadonlyMap<string, ExportResult>;
  /** What each of them threw. The others were exported. */
  readonly failed: ReadonlyMap<string, unknown>;
  /** Detectors that are due and that no time was left for: the next run begins with them. */
  readonly waiting: number;
}

/**
 * Exports that run at once. They share the memory for batches. While one source does not answer, the others go on. With
 * fewer sources than this, several detectors of each source are exported at once; its concurrency still limits the queries.
 */
export const MOST_AT_ONCE = 4;
/** Ms. A detector that began with less time left and was cut short has had no turn, and is not put behind others. */
const WHOLE_TURN = 2 * STOP_BEFORE_MS;
/** Ms from a shard's last row. It is more than any limit of silence. After it no scoring is asked for: its workloads were removed. */
const ASKED_FOR = 31 * 86_400_000;

export async function exportDue(sources: Sources, context: ExportDueContext): Promise<DueExports> {
  const exported = new Map<string, ExportResult>();
  const failed = new Map<string, unknown>();

  async function attempt(detector: string, work: () => Promise<void>): Promise<void> {
    await correlated(undefined, async () => {
      try {
        await work();
      } catch (error) {
        if (error instanceof RetryLaterError) {
          context.telemetry.info('export goes on in the next run', { detector, reason: error.message });
          return;
        }
        context.telemetry.error('export failed', { detector, error: String(error) });
        context.telemetry.count('DetectorsFailed', 1, { detector });
        failed.set(detector, error);
      }
    });
  }

  /** The source may have been silent for so long that people have to hear of it. */
  async function watchSource(detector: Detector): Promise<void> {
    try {
      const unit = await noticeSilentSource(detector, context);
      if (unit !== undefined) await context.queue.requestScoring(unit);
    } catch (error) {
      context.telemetry.warn('a silence was not told; the next run tries again', {
        detector: detector.name,
        error: String(error),
      });
    }
  }

  const found = await findDueDetectors(context, attempt);
  const bySource = Map.groupBy(found.due, ({ detector }) => detector.source);
  const sourcesAtOnce = Math.max(1, Math.min(MOST_AT_ONCE, bySource.size));
  const detectorsAtOnce = Math.floor(MOST_AT_ONCE / sourcesAtOnce);
  const atOnce = Math.max(1, Math.min(sourcesAtOnce * detectorsAtOnce, found.due.length));
  let waiting = 0;

  async function exportOne(due: DueDetector): Promise<void> {
    const { detector, manifestHash } = due;
    // A backfill ends in the middle; what has not begun by now is not begun.
    const remaining = context.deadline.remaining();
    if (remaining < STOP_BEFORE_MS) return void waiting++;
    await attempt(detector.name, async () => {
      if (remaining >= WHOLE_TURN) found.note(due, undefined);
      const source = await sources.sourceOf(detector);
      const result = await exportWindows({ detector, manifestHash, source, atOnce }, context);
      exported.set(detector.name, result);
      found.note(due, result.exportedUntil);
      await askForAbsent(result.absent ?? [], context);
    });
    if (failed.has(detector.name)) await watchSource(detector);
  }

  /** One that does not answer takes all the time that there is: it takes it from its own detectors alone. */
  async function exportInTurn(detectors: readonly DueDetector[]): Promise<void> {
    const run = limitConcurrency(detectorsAtOnce);
    await Promise.all(detectors.map((due) => run(() => exportOne(due))));
  }

  const run = limitConcurrency(sourcesAtOnce);
  await Promise.all([...bySource.values()].map((detectors) => run(() => exportInTurn(detectors))));
  if (waiting > 0)
    context.telemetry.warn('no time was left for every export that is due; the next run begins with them', {
      due: found.due.length,
      waiting,
    });
  await found.leave();
  return { exported, failed, waiting };
}

/**
 * Asks for a scoring of each shard that nobody was heard of while others were. Such a shard gets no window, and so no event.
 * Scoring looks at how far the export has come, and counts the rows that the shard's workloads missed.
 * @param units shards that have nobody in the newest window
 */
async function askForAbsent(
  units: readonly string[],
  { store, queue, telemetry }: ExportDueContext,
): Promise<void> {
  for (const unit of units)
    try {
      const { exportedUntil, silence } = (await readState(store, unit)).state;
      if (silence === undefined || exportedUntil === undefined) continue;
      const heard = Math.max(...Object.values(silence.units).map((tracked) => tracked.heard));
      if (exportedUntil - heard <= ASKED_FOR) await queue.requestScoring(unit);
    } catch (error) {
      telemetry.warn('a silence was not looked for; the next export tries again', {
        detector: unit,
        error: String(error),
      });
    }
}

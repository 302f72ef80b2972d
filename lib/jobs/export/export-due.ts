/** Exports every declared detector that is due; one that fails does not keep the others waiting. */
import { correlated } from '../../base/correlation.ts';
import { RetryLaterError } from '../../base/errors.ts';
import { limitConcurrency } from '../../base/limit-concurrency.ts';
import type { Detector } from '../../config/detector.ts';
import type { Sources } from '../../source/open-sources.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readState } from '../../store/detector-states.ts';
import type { ExportDueContext } from '../shared/context.ts';
import { type LoadedDetector, listDeclaredDetectors, loadDetector } from '../shared/load-detectors.ts';
import { noticeSilentSource } from '../shared/silent-source.ts';
import { type ExportResult, exportWindows, isExportDue } from './export-windows.ts';

export interface DueExports {
  readonly exported: ReadonlyMap<string, ExportResult>;
  /** What each of them threw. The others were exported. */
  readonly failed: ReadonlyMap<string, unknown>;
}

/** They share the memory for batches; while one does not answer, the others go on. */
const MOST_SOURCES_AT_ONCE = 4;

interface Due extends LoadedDetector {
  readonly state: DetectorState;
}

export async function exportDue(sources: Sources, context: ExportDueContext): Promise<DueExports> {
  const due: Due[] = [];
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
      if (await noticeSilentSource(detector, context)) await context.queue.requestScoring(detector.name);
    } catch (error) {
      context.telemetry.warn('a silence was not told; the next run tries again', {
        detector: detector.name,
        error: String(error),
      });
    }
  }

  for (const name of await listDeclaredDetectors(context))
    await attempt(name, async () => {
      const loaded = await loadDetector(context, name);
      const { state } = await readState(context.store, name);
      if (isExportDue(loaded.detector, state, context.now())) due.push({ ...loaded, state });
    });
  // The ones that are nearly up to date first: a backfill can take many runs, and would keep them waiting that long.
  due.sort((a, b) => (b.state.exportedUntil ?? -Infinity) - (a.state.exportedUntil ?? -Infinity) || 0);
  const bySource = Map.groupBy(due, ({ detector }) => detector.source);
  const atOnce = Math.max(1, Math.min(MOST_SOURCES_AT_ONCE, bySource.size));
  /** One after the other: what Prometheus has to answer at a time is then that of one detector. */
  async function exportInTurn(detectors: readonly Due[]): Promise<void> {
    for (const { detector, manifestHash } of detectors) {
      await attempt(detector.name, async () => {
        const source = await sources.sourceOf(detector);
        exported.set(detector.name, await exportWindows({ detector, manifestHash, source, atOnce }, context));
      });
      if (failed.has(detector.name)) await watchSource(detector);
    }
  }

  // One that does not answer takes all the time that there is: up to three of them take it from their own detectors alone.
  const run = limitConcurrency(atOnce);
  await Promise.all([...bySource.values()].map((detectors) => run(() => exportInTurn(detectors))));
  return { exported, failed };
}

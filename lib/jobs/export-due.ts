/** Exports every declared detector that is due; one that fails does not keep the others waiting. */
import type { MetricSource } from '../source/metric-source.ts';
import { readState } from '../store/detector-states.ts';
import type { ExportContext } from './context.ts';
import { type ExportResult, exportWindows, isExportDue } from './export-windows.ts';
import { listDeclaredDetectors, loadDetector } from './load-detectors.ts';

export interface DueExports {
  readonly exported: ReadonlyMap<string, ExportResult>;
  readonly failed: ReadonlyMap<string, unknown>;
}

export async function exportDue(source: MetricSource, context: ExportContext): Promise<DueExports> {
  const exported = new Map<string, ExportResult>();
  const failed = new Map<string, unknown>();
  for (const name of await listDeclaredDetectors(context)) {
    try {
      const { detector, manifestHash } = await loadDetector(context, name);
      const { state } = await readState(context.store, name);
      if (detector.metrics.length === 0 || !isExportDue(detector, state, context.now())) continue;
      exported.set(name, await exportWindows({ detector, manifestHash, source }, context));
    } catch (error) {
      context.telemetry.error('export failed', { detector: name, error: String(error) });
      context.telemetry.count('DetectorsFailed', 1, { detector: name });
      failed.set(name, error);
    }
  }
  return { exported, failed };
}

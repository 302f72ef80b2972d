/** The plots of held-out rows, where the version has a page to put them on. */
import type { ScoredRows } from '../../decision/contract.ts';
import { judgeRow } from '../../decision/judge-row.ts';
import type { Replay } from '../../evaluation/find-alerts.ts';
import type { HeldOutRows } from '../../report/held-out/held-out-rows.ts';
import { nameLevel } from '../../report/report-input.ts';
import type { ModelManifest } from '../../store/model-manifest.ts';
import type { TrainContext } from '../shared/context.ts';
import type { HeldOut } from './render-evaluation.ts';

/** Held-out rows, and what the version makes of them. */
export interface JudgedRows {
  readonly heldOut: HeldOut;
  readonly rows: ScoredRows;
  /** Per row, 1 = anomalous; undefined where nothing says it. */
  readonly labels: Uint8Array | undefined;
  readonly replay: Replay;
  readonly manifest: Pick<ModelManifest, 'detector' | 'version' | 'policy' | 'step'>;
}

/**
 * Markup for the page. A failure is logged, counted and leaves the page without plots: no report stops a model, see
 * docs/decisions/0007-a-report-never-stops-a-model.md.
 */
export async function drawHeldOut(
  judged: JudgedRows & { readonly files: Readonly<Record<string, Uint8Array>> },
  telemetry: TrainContext['telemetry'],
): Promise<string> {
  if (judged.files['report.html'] === undefined) return '';
  const { detector, version } = judged.manifest;
  try {
    // Loaded when needed: a plotting library is nothing that `tidewatch status` should wait for.
    const { renderHeldOutPlots } = await import('../../report/held-out/render-held-out.ts');
    return renderHeldOutPlots(toReportRows(judged));
  } catch (error) {
    telemetry.error('report of held-out rows failed', { detector, version, error: String(error) });
    telemetry.count('ReportsFailed', 1, { detector });
    return '';
  }
}

function toReportRows({ heldOut, rows, labels, replay, manifest }: JudgedRows): HeldOutRows {
  const { policy, step } = manifest;
  return {
    range: heldOut.range,
    step,
    threshold: policy.threshold,
    level: nameLevel(manifest),
    entities: rows.entities,
    entityOf: rows.entityOf,
    times: rows.times,
    levels: Float64Array.from(rows.times, (_, row) => judgeRow(rows, row, { policy }).level),
    anomalous: replay.anomalous,
    labels,
    incidents: replay.alerts,
    missed: heldOut.misses,
  };
}

/** What people look at beside a new version: docs/reports.md. */
import { unitOfMetric } from '../../alert/metric-unit.ts';
import type { Detector } from '../../config/detector.ts';
import type { DecisionPolicy } from '../../decision/contract.ts';
import type { RowEvidence } from '../../evidence/evidence.ts';
import type { ScanInput } from '../../evidence/statistics.ts';
import type { CriterionCounts } from '../../features/apply-criteria.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import type { PreparedRows } from '../../features/prepare-rows.ts';
import type { PlannedRows } from '../../features/source-columns.ts';
import type { FitSummary } from '../../models/framework/contract.ts';
import type { ExplainedMoment, ReportInput } from '../../report/report-input.ts';
import type { ModelManifest } from '../../store/model-manifest.ts';
import type { TrainContext } from '../shared/context.ts';
import { explainDecided, isOfMetrics } from '../shared/explain-evidence.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';

export interface TrainedVersion {
  readonly fitted: Pick<FittedDetector, 'plan' | 'scaler' | 'model' | 'evidence'>;
  /** Of the rows of `x`, in versions that decide by it. */
  readonly rowEvidence: RowEvidence | undefined;
  readonly leastChanges: ScanInput['leastChanges'];
  readonly manifest: Omit<ModelManifest, 'files' | 'formatVersion'> & { readonly policy: DecisionPolicy };
  /** What calibrating had to say. */
  readonly notes: readonly string[];
  readonly metrics: Detector['metrics'];
  readonly prepared: PreparedRows;
  /** Label criterion → rows in which it held. */
  readonly labelledBy: CriterionCounts;
  /** What the rows of `x` were made of. */
  readonly planned: PlannedRows;
  readonly x: FeatureMatrix;
  /** What the policy holds against its threshold. */
  readonly scores: Float64Array;
  readonly deviations: Float64Array;
}

/**
 * The report's files. A detector without a report still guards its service, one without a model does not: a failure is
 * logged and counted, and the version is saved without them. The report is a function of what the version id covers,
 * so it fails each time or never, and the version's bytes stay the same.
 * See docs/decisions/0007-a-report-never-stops-a-model.md.
 */
export async function reportVersion(
  trained: TrainedVersion,
  { telemetry, withoutReports }: Pick<TrainContext, 'telemetry' | 'withoutReports'>,
): Promise<Readonly<Record<string, Uint8Array>>> {
  if (withoutReports) return {};
  const { detector, version } = trained.manifest;
  try {
    // Loaded when needed: a plotting library is nothing that `tidewatch status` should wait for.
    const { buildReport, pickMoments } = await import('../../report/build-report.ts');
    const { manifestHash: _, ...facts } = trained.manifest;
    const input = {
      version: facts,
      window: trained.prepared.window,
      availability: trained.prepared.availability,
      scaler: trained.fitted.scaler,
      expectation: trained.fitted.evidence?.expectation,
      units: unitsOf(trained),
      scores: trained.scores,
      deviations: trained.deviations,
      summary: withNotes(trained.fitted.model.summary, trained.notes),
      labelledBy: trained.labelledBy,
    };
    const moments = await explainMoments(trained, pickMoments(input));
    return await buildReport({ ...input, moments });
  } catch (error) {
    telemetry.error('report failed', { detector, version, error: String(error) });
    telemetry.count('ReportsFailed', 1, { detector });
    return {};
  }
}

function withNotes(summary: FitSummary, notes: readonly string[]): FitSummary {
  return notes.length === 0 ? summary : { ...summary, notes: [...summary.notes, ...notes] };
}

function unitsOf({ metrics, prepared }: TrainedVersion): ReportInput['units'] {
  const queries = new Map(metrics.map(({ name, query }) => [name, query]));
  return Object.fromEntries(
    prepared.window.metrics.map((metric) => [metric, unitOfMetric(metric, queries.get(metric))]),
  );
}

async function explainMoments(
  trained: TrainedVersion,
  moments: readonly Omit<ExplainedMoment, 'reasons'>[],
): Promise<ReportInput['moments']> {
  const { rowEvidence } = trained;
  const reasons = await explainDecided(
    {
      ...trained,
      toldBy: (row) => (rowEvidence !== undefined && isOfMetrics(rowEvidence, row) ? 'metrics' : 'model'),
    },
    Uint32Array.from(moments, ({ row }) => row),
  );
  return moments.map((moment, at) => ({ ...moment, reasons: reasons[at]! }));
}

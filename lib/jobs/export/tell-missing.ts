/** What an export tells of what the source lacks: single metrics, a stretch, or everything. */
import { SourceError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { ExportContext } from '../shared/context.ts';
import type { Batch, LeftOutOfBatches } from './export-batch.ts';

interface Teller {
  readonly detector: Detector;
  readonly context: Pick<ExportContext, 'telemetry'>;
}

/** @param told metrics that it was told of: each is once a run */
export function warnOfMissingMetrics(
  { matrices, seriesCount }: Batch,
  told: Set<string>,
  { detector, context }: { readonly detector: Detector; readonly context: Pick<ExportContext, 'telemetry'> },
): void {
  if (seriesCount === 0) return;
  for (const { name, byEntity } of matrices) {
    if (byEntity.size > 0 || told.has(name)) continue;
    told.add(name);
    context.telemetry.warn('metric without any series: its column stays empty', {
      detector: detector.name,
      metric: name,
    });
  }
}

/** @param isGap it had data before */
export function tellEmptyStretch(range: TimeRange, isGap: boolean, { detector, context }: Teller): void {
  const { telemetry } = context;
  const fields = {
    detector: detector.name,
    start: new Date(range.start).toISOString(),
    end: new Date(range.end).toISOString(),
  };
  if (isGap) {
    telemetry.warn('gap: no metric has a value in this range', fields);
    telemetry.count('GapsSkipped', 1, { detector: detector.name });
  } else telemetry.info('the source has no data before the end of this range; export starts there', fields);
}

/** No metric has a value from the cursor on. */
export function noData(
  detector: Detector,
  range: TimeRange,
  { exported, leftOut }: { readonly exported: readonly string[]; readonly leftOut: LeftOutOfBatches },
): SourceError {
  // All that there is cannot be used: whoever wrote the queries has to hear that, and not that there is nothing.
  const kinds = [...leftOut.values()];
  const unusable = kinds.find(({ code }) => code === 'series-collapse') ?? kinds[0];
  if (unusable !== undefined)
    return new SourceError(unusable.code, `detector ${detector.name}: ${unusable.message}`);
  const metrics = detector.metrics.map(({ name, query }) => `${name} (${query})`).join(', ');
  return new SourceError(
    'no-data',
    `detector ${detector.name}: none of its metrics has a value from ${new Date(range.start).toISOString()} to ${new Date(range.end).toISOString()}: ${metrics}. ${exported.length} windows were exported before that; the cursor stays until newer data arrives`,
  );
}

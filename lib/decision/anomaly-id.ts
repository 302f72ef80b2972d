import { createHash } from 'node:crypto';
import { formatCompactTime } from '../base/compact-time.ts';

/**
 * Follows from what the anomaly is, so that a repeated decision names the same one. Sorts by first anomalous row.
 * @param of.firstAnomalous epoch ms of the first anomalous row
 */
export function anomalyId(of: {
  readonly detector: string;
  readonly entity: string;
  readonly firstAnomalous: number;
  readonly modelVersion: string;
}): string {
  const parts = JSON.stringify([of.detector, of.entity, of.firstAnomalous, of.modelVersion]);
  return `${formatCompactTime(of.firstAnomalous)}-${createHash('sha256').update(parts).digest('hex').slice(0, 12)}`;
}

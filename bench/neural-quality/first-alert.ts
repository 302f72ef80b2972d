/** When a model first alerts in an incident, at a threshold that gives so many false alarms. */
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import type { Incident } from '../../lib/simulate/incident.ts';

/** The product's default: an alert takes as many anomalous rows of the last so many. */
const K = 4;
const N = 5;

/**
 * Per row the score that K of its last N rows reach: a row alerts at a threshold exactly where this does. NaN where an
 * entity has fewer rows with a score before it.
 */
export function persistentScores({ entityOf }: FeatureMatrix, scores: Float64Array): Float64Array {
  return scores.map((_, row) => {
    if (row < N - 1 || entityOf[row - N + 1] !== entityOf[row]) return NaN;
    const last = scores.slice(row - N + 1, row + 1).sort();
    return last.some(Number.isNaN) ? NaN : last[N - K]!;
  });
}

/** At which the given share of the rows from `from` to `to` (epoch ms, exclusive) alert. */
export function findThreshold(
  { times }: FeatureMatrix,
  persistent: Float64Array,
  given: { readonly from: number; readonly to: number; readonly share: number },
): number {
  const { from, to, share } = given;
  const sorted = persistent
    .filter((score, row) => times[row]! >= from && times[row]! < to && !Number.isNaN(score))
    .sort();
  return sorted[Math.floor(sorted.length * (1 - share))]!;
}

/** Share of the rows from `from` on that alert. */
export function shareOfAlerts(
  { times }: FeatureMatrix,
  persistent: Float64Array,
  { from, threshold }: { readonly from: number; readonly threshold: number },
): number {
  const rows = persistent.filter((_, row) => times[row]! >= from);
  return rows.filter((score) => score > threshold).length / rows.length;
}

/** Minutes from the start of the scenario to the first alert of a service it happens to; undefined: none. */
export function findDelay(
  x: FeatureMatrix,
  persistent: Float64Array,
  { incidents, threshold }: { readonly incidents: readonly Incident[]; readonly threshold: number },
): number | undefined {
  const start = Math.min(...incidents.map((incident) => incident.start));
  const first = x.times.reduce((earliest, time, row) => {
    const entity = x.entities[x.entityOf[row]!];
    const within = incidents.some(
      (incident) => incident.entity === entity && time >= start && time < incident.end,
    );
    return within && persistent[row]! > threshold ? Math.min(earliest, time) : earliest;
  }, Infinity);
  return first === Infinity ? undefined : (first - start) / 60_000;
}

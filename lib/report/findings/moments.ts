/** The rows worth explaining: the peaks of incidents, then other high scores that do not crowd around them. */
import type { DecisionPolicy } from '../../decision/contract.ts';
import type { Moment, ReportInput, VersionFacts } from '../report-input.ts';
import { decideRows } from './incidents.ts';

/** How many moments a report shows. */
export const MAX_MOMENTS = 10;
/** Steps that two moments of one entity lie apart at least. */
const APART_STEPS = 30;

/**
 * At most MAX_MOMENTS rows. Incidents come first, by their peak; then the highest of the other rows, each at least 30
 * steps from any moment of its entity. What did not become an incident is worth seeing as well: it shows how close the
 * threshold is.
 */
export function pickMoments({
  version,
  window,
  scores,
  deviations,
}: Pick<ReportInput, 'window' | 'scores' | 'deviations'> & {
  readonly version: Pick<VersionFacts, 'detector' | 'version'> & { readonly policy: DecisionPolicy };
}): readonly Moment[] {
  const { entities, entityOf, times, step } = window;
  const { incidents } = decideRows({
    rows: { entities, entityOf, times, scores, deviations },
    policy: version.policy,
    step,
    detector: version.detector,
    modelVersion: version.version,
  });
  const peaks = incidents.map(({ tellingRow }) => tellingRow).sort(byScore);
  const picked: number[] = [];
  for (const row of [...peaks, ...highestRows()]) {
    if (picked.length === MAX_MOMENTS) break;
    if (picked.every((other) => isApart(row, other))) picked.push(row);
  }
  return picked.map((row) => ({
    row,
    entity: entities[entityOf[row]!]!,
    time: times[row]!,
    score: scores[row]!,
  }));

  /** Descending; enough of them that crowding cannot use them up, not a sort of all rows. */
  function highestRows(): readonly number[] {
    const finite = scores.filter((score) => Number.isFinite(score)).sort();
    const floor = finite[Math.max(0, finite.length - MAX_MOMENTS * APART_STEPS * 4)];
    if (floor === undefined) return [];
    const rows: number[] = [];
    for (let row = 0; row < scores.length && rows.length < scores.length; row++)
      if (scores[row]! >= floor) rows.push(row);
    return rows.sort(byScore).slice(0, MAX_MOMENTS * APART_STEPS * 4);
  }

  function byScore(a: number, b: number): number {
    return scores[b]! - scores[a]! || a - b;
  }

  function isApart(a: number, b: number): boolean {
    return entityOf[a] !== entityOf[b] || Math.abs(times[a]! - times[b]!) >= APART_STEPS * step;
  }
}

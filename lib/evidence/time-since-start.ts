/**
 * Time since an entity began within the history. Scoring does not judge a new entity until it has been there for a while. So
 * the values of its start must not raise the return levels for the others: a workload whose pods come and go would make its
 * detector deaf.
 */
import type { FeatureMatrix } from '../features/feature-matrix.ts';

/**
 * An entity that is there within `grace` of the history's beginning may have been there before.
 * @param grace ms from an entity's first row on
 * @param overrunOf ms by which an entity counts as younger than it is
 * @returns ms since its entity began, one a row; Infinity where it was there before
 */
export function measureTimeSinceStart(
  x: Pick<FeatureMatrix, 'entities' | 'entityOf' | 'times'>,
  grace: number,
  overrunOf: (entity: string) => number = () => 0,
): Float64Array {
  const begun = new Float64Array(x.entities.length).fill(Number.POSITIVE_INFINITY);
  let start = Number.POSITIVE_INFINITY;
  for (const [row, time] of x.times.entries()) {
    const entity = x.entityOf[row]!;
    if (time < begun[entity]!) begun[entity] = time;
    if (time < start) start = time;
  }
  const overruns = x.entities.map(overrunOf);
  return x.times.map((time, row) => {
    const entity = x.entityOf[row]!;
    const since = begun[entity]!;
    return since > start + grace ? time - since - overruns[entity]! : Number.POSITIVE_INFINITY;
  });
}

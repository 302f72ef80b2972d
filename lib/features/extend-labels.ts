/**
 * Extends labels to the rows whose scores look back on a labelled row. Such scores say as little of what is normal as those of
 * the labelled rows.
 */
import type { FeatureMatrix } from './feature-matrix.ts';

/** Share of the unlabelled rows that has to be left: too few of them do not show what is normal. */
const LEAST_LEFT = 0.5;

/**
 * @param rows ascending times within an entity
 * @param given.labels per row, 1 = known anomaly
 * @param given.contextRows rows that a score looks back on
 * @param given.step ms between rows
 * @returns per row, 1 = labelled, or no further than `contextRows` steps behind a labelled row of its entity; the labels
 *   themselves where that would leave less than half of the unlabelled rows
 */
export function extendLabels(
  rows: Pick<FeatureMatrix, 'entityOf' | 'times'>,
  given: { readonly labels: Uint8Array; readonly contextRows: number; readonly step: number },
): Uint8Array {
  const { labels, contextRows, step } = given;
  const reach = contextRows * step;
  const until = new Map<number, number>();
  const shadowed = labels.slice();
  let unlabelled = 0;
  let left = 0;
  for (let row = 0; row < labels.length; row++) {
    const entity = rows.entityOf[row]!;
    const time = rows.times[row]!;
    if (labels[row] === 1) until.set(entity, time + reach);
    else {
      unlabelled++;
      if (time <= (until.get(entity) ?? Number.NEGATIVE_INFINITY)) shadowed[row] = 1;
      else left++;
    }
  }
  return left >= LEAST_LEFT * unlabelled ? shadowed : labels;
}

/** Which columns are off, by the square of their deviation, as the score adds them. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { Contribution } from '../../framework/contract.ts';
import { toContributions } from '../../framework/contributions.ts';
import { TAIL_DEVIATIONS } from './baseline.ts';
import { placesOf } from './baselines.ts';
import { type CompiledBaselines, measureDeviations } from './score.ts';

/**
 * All columns have a part, though the score stops at the largest few: what comes next in line tells people how far an
 * incident spread. Expected is the median, the bounds are where all but 0.05 % of the training lay on either side.
 */
export function explainRows(
  baselines: CompiledBaselines,
  x: FeatureMatrix,
  rows: Uint32Array,
): readonly (readonly Contribution[])[] {
  const { columns, centers, above, below } = baselines;
  const places = placesOf(baselines, x.entities);
  const deviations = new Float64Array(columns.length);
  return Array.from(rows, (row) => {
    const place = places[x.entityOf[row]!]!;
    measureDeviations(baselines, x, { row, place }, deviations);
    const weights = deviations.map((deviation) => deviation ** 2);
    return toContributions(columns, weights, (c) => {
      const expected = centers[place + c]!;
      if (Number.isNaN(expected)) return {};
      const low = expected - TAIL_DEVIATIONS * below[place + c]!;
      return { expected, low, high: expected + TAIL_DEVIATIONS * above[place + c]! };
    });
  });
}

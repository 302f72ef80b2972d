/** How the features of the training vary together. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { toLocalTime } from '../../../features/zone-clock.ts';
import { BLOCK, openProducts } from '../../../maths/linalg/products.ts';
import { checkDeadline } from '../../framework/check-deadline.ts';
import type { FitRun } from '../../framework/contract.ts';
import { type Coordinates, placeRow } from './coordinates.ts';
import { NO_ROW, type Seasons, takeStretches } from './stretches.ts';
import { planThinning } from './thinning.ts';

/** Rows, evenly over the training, that tell of a relation as well as all would. */
const JOINT_ROWS = 200_000;

/**
 * @returns n × n, row-major: the mean of u_i u_j for i <= j. What lies below the diagonal is undefined
 * @throws RetryLaterError where no time is left
 */
export function averageProducts(
  x: FeatureMatrix,
  given: { readonly seasons: Seasons; readonly coordinates: Coordinates; readonly run: FitRun },
): Float64Array {
  const { seasons, coordinates, run } = given;
  const n = coordinates.features.length;
  const isTaken = planThinning(x.times.length, JOINT_ROWS);
  const products = openProducts(n);
  const { block } = products;
  let filled = 0;
  let rows = 0;
  for (const stretch of takeStretches(x, seasons, run.labels)) {
    checkDeadline(run);
    for (let at = stretch.looksBackOn; at < stretch.rows.length; at++) {
      const row = stretch.rows[at]!;
      if (row === NO_ROW || run.labels?.[row] === 1) continue;
      if (!isTaken(x.entityOf[row]!, stretch.before + at)) continue;
      placeRow(coordinates, { stretch, at, time: toLocalTime(x.times[row]!, x.timeZone) }, block, {
        from: filled,
        stride: BLOCK,
      });
      rows++;
      if (++filled < BLOCK) continue;
      products.addOuterProducts(filled);
      filled = 0;
    }
  }
  for (let i = 0; i < n; i++) block.fill(0, i * BLOCK + filled, (i + 1) * BLOCK);
  products.addOuterProducts(filled);
  return products.readSums().map((sum) => sum / Math.max(rows, 1));
}

/** How far a row lies from usual, all metrics and scales together. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { toLocalTime } from '../../../features/zone-clock.ts';
import { BLOCK, openProducts } from '../../../maths/linalg/products.ts';
import { placeRow, takeCoordinates } from './coordinates.ts';
import { type JointModel, listFeatures } from './joint-model.ts';
import { UNSCORED_ROWS } from './scales.ts';
import { NO_ROW, takeStretches } from './stretches.ts';

/**
 * Mahalanobis distance over the root of the number of features: about 1 where a row is like most of the training.
 * NaN for the first UNSCORED_ROWS rows of an entity and for those before `from` (epoch ms); a change that looks back further than the entity goes has no part. A row costs the square of the number of features.
 */
export function scoreRows(
  model: JointModel,
  x: FeatureMatrix,
  from: number = Number.NEGATIVE_INFINITY,
): Float64Array {
  const features = listFeatures(model.scaleSet, model.constant);
  const coordinates = takeCoordinates(model, features);
  const n = features.length;
  const scores = new Float64Array(x.times.length).fill(NaN);
  const products = openProducts(n, model.factor);
  const { block, squares } = products;
  const rows = new Uint32Array(BLOCK);
  for (const stretch of takeStretches(x, model.seasons)) {
    let count = 0;
    for (let at = stretch.looksBackOn; at < stretch.rows.length; at++) {
      if (stretch.before + at < UNSCORED_ROWS) continue;
      const row = stretch.rows[at]!;
      if (row === NO_ROW || x.times[row]! < from) continue;
      placeRow(coordinates, { stretch, at, time: toLocalTime(x.times[row]!, x.timeZone) }, block, {
        from: count,
        stride: BLOCK,
      });
      rows[count++] = row;
      if (count < BLOCK) continue;
      writeScores(count);
      count = 0;
    }
    writeScores(count);
  }
  return scores;

  /** What an earlier block left behind the last row is scored too, and not looked at. */
  function writeScores(count: number): void {
    if (count === 0) return;
    products.squareForms(count);
    for (let b = 0; b < count; b++) scores[rows[b]!] = Math.sqrt(squares[b]! / n);
  }
}

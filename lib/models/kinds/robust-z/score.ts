/** How far a row is from usual: the root mean square of its largest deviations. One pass, no allocation per row. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { type Baselines, placesOf } from './baselines.ts';

/**
 * Up to here a deviation counts as it is; beyond, 10 (1 + ln(z / 10)). Past it a deviation is extreme anyway, and a
 * metric that is 1e6 off must leave others something to say: it counts 125.
 */
const KNEE = 10;
/**
 * A metric that never moved in training has no scale. A move of d counts 10 d / (10 + d): the scaler makes percent of
 * it, so that a first restart (100) counts 9.1, and no constant that has moved for good silences what comes after.
 */
const CONSTANT_LIMIT = 10;

/** Baselines with what the loop over the values needs. */
export interface CompiledBaselines extends Baselines {
  /** 1 / `above`: Infinity for a constant. */
  readonly perAbove: Float64Array;
  readonly perBelow: Float64Array;
}

export function compileBaselines(baselines: Baselines): CompiledBaselines {
  const invert = (scales: Float64Array): Float64Array => scales.map((scale) => 1 / scale);
  return { ...baselines, perAbove: invert(baselines.above), perBelow: invert(baselines.below) };
}

/** Per row; a missing value counts as usual, a row without any as 0. */
export function scoreRows(baselines: CompiledBaselines, x: FeatureMatrix): Float64Array {
  const width = baselines.columns.length;
  const places = placesOf(baselines, x.entities);
  const deviations = new Float64Array(width);
  const top = new Float64Array(Math.min(baselines.largest, width));
  const scores = new Float64Array(x.times.length);
  for (let row = 0; row < scores.length; row++) {
    measureDeviations(baselines, x, { row, place: places[x.entityOf[row]!]! }, deviations);
    scores[row] = rootMeanSquare(pickLargest(deviations, top));
  }
  return scores;
}

/**
 * Per column the robust standard deviations from its median, compressed; 0 where the value is missing.
 * @param out filled
 */
export function measureDeviations(
  { centers, perAbove, perBelow }: CompiledBaselines,
  { values }: FeatureMatrix,
  { row, place }: { readonly row: number; readonly place: number },
  out: Float64Array,
): void {
  const width = out.length;
  for (let c = 0; c < width; c++) {
    const offset = values[row * width + c]! - centers[place + c]!;
    const distance = Math.abs(offset);
    const deviation = distance * (offset > 0 ? perAbove[place + c]! : perBelow[place + c]!);
    // The rest is rare. NaN: not measured now, or never in training, or a constant that stayed (0 × Infinity).
    if (deviation <= KNEE) out[c] = deviation;
    else if (deviation === Infinity) out[c] = CONSTANT_LIMIT * (distance / (CONSTANT_LIMIT + distance));
    else out[c] = deviation > KNEE ? KNEE * (1 + Math.log(deviation / KNEE)) : 0;
  }
}

/** @param top filled, largest first */
function pickLargest(deviations: Float64Array, top: Float64Array): Float64Array {
  top.fill(0);
  const last = top.length - 1;
  for (let c = 0; c < deviations.length; c++) {
    const deviation = deviations[c]!;
    if (!(deviation > top[last]!)) continue;
    let at = last;
    for (; at > 0 && top[at - 1]! < deviation; at--) top[at] = top[at - 1]!;
    top[at] = deviation;
  }
  return top;
}

function rootMeanSquare(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum / values.length);
}

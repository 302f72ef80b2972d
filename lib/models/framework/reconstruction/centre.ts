/** What is usual for each column by itself, and how far a row lies from it. */

import { ModelError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { quantile } from '../../../maths/quantile.ts';
import type { Contribution } from '../contract.ts';
import { toContributions } from '../contributions.ts';
import { combineWeights, weighDistance } from './distance.ts';

export interface Centre {
  /** Columns that it was fitted on, in order. */
  readonly columns: readonly string[];
  /** Medians; NaN where nothing was measured: such a column takes no part. */
  readonly centers: Float32Array;
  /** Robust standard deviations, > 0. */
  readonly scales: Float32Array;
  /** 0.5 % and 99.5 % quantiles: what people are shown as the usual range. */
  readonly lows: Float32Array;
  readonly highs: Float32Array;
}

/** Standard normal: quartiles lie 1.349 apart, the 0.5 % and 99.5 % quantiles 5.152. */
const QUARTILES = 1.349;
const TAILS = 5.152;
/** Of a column that never varied: its values are in scaled units already. */
const UNIT = 1;

/**
 * Median, and the larger of the two spreads of the quartiles and the tails: a column that rests most of the time and
 * bursts now and then is judged by its bursts.
 * @param x at least one measured value
 * @throws ModelError where every row is labelled anomalous, or the others hold no value
 */
export function learnCentre(x: FeatureMatrix, labels: Uint8Array | undefined): Centre {
  const width = x.names.length;
  const rows = Uint32Array.from(x.times.keys()).filter((row) => labels?.[row] !== 1);
  const centre: Centre = {
    columns: [...x.names],
    centers: new Float32Array(width).fill(NaN),
    scales: new Float32Array(width).fill(UNIT),
    lows: new Float32Array(width).fill(NaN),
    highs: new Float32Array(width).fill(NaN),
  };
  const column = new Float32Array(rows.length);
  for (let c = 0; c < width; c++) {
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const value = x.values[rows[i]! * width + c]!;
      if (!Number.isNaN(value)) column[count++] = value;
    }
    const sorted = column.subarray(0, count).sort();
    if (sorted.length === 0) continue;
    const at = (share: number): number => quantile(sorted, share);
    const spread = Math.max((at(0.75) - at(0.25)) / QUARTILES, (at(0.995) - at(0.005)) / TAILS);
    centre.centers[c] = at(0.5);
    // A spread that float32 cannot hold beside the centre is rounding.
    centre.scales[c] = spread > Math.abs(at(0.5)) * 1e-6 ? spread : UNIT;
    centre.lows[c] = at(0.005);
    centre.highs[c] = at(0.995);
  }
  if (centre.centers.every(Number.isNaN))
    throw new ModelError(
      'nothing-measured',
      `${rows.length} of ${x.times.length} rows are not labelled anomalous, and they hold no value`,
    );
  return centre;
}

export function scoreDistances(centre: Centre, { times, values }: FeatureMatrix): Float64Array {
  const width = centre.columns.length;
  return Float64Array.from(times, (_, row) => {
    let sum = 0;
    let measured = 0;
    for (let c = 0; c < width; c++) {
      const weight = weighColumn(centre, values[row * width + c]!, c);
      if (Number.isNaN(weight)) continue;
      sum += weight;
      measured++;
    }
    return combineWeights(sum, measured);
  });
}

export function explainDistances(
  centre: Centre,
  { values }: FeatureMatrix,
  rows: Uint32Array,
): readonly (readonly Contribution[])[] {
  const { columns, centers, lows, highs } = centre;
  return Array.from(rows, (row) =>
    toContributions(
      columns,
      columns.map((_, c) => weighColumn(centre, values[row * columns.length + c]!, c) || 0),
      (c) => (Number.isNaN(centers[c]!) ? {} : { expected: centers[c]!, low: lows[c]!, high: highs[c]! }),
    ),
  );
}

/** NaN where nothing is to be compared. */
function weighColumn({ centers, scales }: Centre, value: number, c: number): number {
  return weighDistance((value - centers[c]!) / scales[c]!);
}

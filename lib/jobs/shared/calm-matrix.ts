/**
 * Takes changes that do not matter out of the matrix, before a model sees it. A model knows no units: one block more on a
 * disk that never moved is as new to it as a fault.
 */
import type { Detector } from '../../config/detector.ts';
import type { Watched } from '../../evidence/calibrate-evidence.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import type { FeaturePlan } from '../../features/plan.ts';
import type { Profile } from '../../features/profile.ts';
import { type FittedScaler, profilesOf, scaleValue } from '../../features/scaler.ts';
import { findAskedDirections, findLeastChanges } from './least-changes.ts';

interface Usual {
  readonly center: number;
  /** Changes below it do not matter; 0 where the metric strays farther by itself. */
  readonly least: number;
}

/**
 * @returns `x` with the usual level in place of what is less than the least change off it, where a metric hardly ever
 *   strays as far, and of what is off it to a side that is not watched. That values are missing is no change of any
 */
export function calmMatrix(
  x: FeatureMatrix,
  given: { readonly detector: Detector; readonly plan: FeaturePlan; readonly scaler: FittedScaler },
): FeatureMatrix {
  const leastChanges = findLeastChanges(given);
  const directions = findAskedDirections(given);
  const availability = given.plan.columns.findIndex(({ source }) => source.kind === 'availability');
  const usual = x.entities.map((entity) => {
    const least = leastChanges(entity);
    return profilesOf(given.scaler, entity).map((profile, column) => usualOf(profile, least[column]!));
  });
  const width = x.names.length;
  const values = x.values.slice();
  for (let row = 0; row < x.times.length; row++) {
    const own = usual[x.entityOf[row]!]!;
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      values[at] =
        column === availability ? own[column]!.center : calm(values[at]!, own[column]!, directions[column]);
    }
  }
  return { ...x, values };
}

function usualOf(profile: Profile, least: number): Usual {
  const [center, low, high] = [profile.center, profile.low, profile.high].map((value) =>
    scaleValue(value, profile),
  ) as [number, number, number];
  return { center, least: high - center < least && center - low < least ? least : 0 };
}

/** NaN stays, and so does what was never measured, whose centre is NaN. */
function calm(value: number, { center, least }: Usual, direction: Watched | undefined): number {
  const off = value - center;
  if (Math.abs(off) < least) return center;
  return (direction === 'above' && off < 0) || (direction === 'below' && off > 0) ? center : value;
}

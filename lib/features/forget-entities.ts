/** A matrix as it would be if training had not known some of its entities: on the scale that those of their workload tell. */
import type { FeatureMatrix } from './feature-matrix.ts';
import type { Profile } from './profile.ts';
import { type FittedScaler, profilesOf, scaleValue } from './scaler.ts';

/**
 * A value off a constant tells no unit to go back by: it is as if it had not been measured.
 * @param x as `scaler` made it
 * @param given.leastOffZero one a column, as `buildMatrix` had it
 * @param isForgotten by the entity's index
 */
export function forgetEntities(
  x: FeatureMatrix,
  given: { readonly scaler: FittedScaler; readonly leastOffZero: ArrayLike<number> },
  isForgotten: (entity: number) => boolean,
): { readonly x: FeatureMatrix; readonly scaler: FittedScaler } {
  const { scaler, leastOffZero } = given;
  const forgotten = new Set(
    x.entities.filter((name, entity) => isForgotten(entity) && scaler.entities.has(name)),
  );
  if (forgotten.size === 0) return { x, scaler };
  const rest = {
    ...scaler,
    entities: new Map([...scaler.entities].filter(([name]) => !forgotten.has(name))),
  };
  const before = x.entities.map((name) => profilesOf(scaler, name));
  const profiles = x.entities.map((name) => profilesOf(rest, name));
  const width = x.names.length;
  const values = x.values.slice();
  for (const [row, entity] of x.entityOf.entries()) {
    if (profiles[entity] === before[entity]) continue;
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      values[at] = rescale(values[at]!, {
        from: before[entity]![column]!,
        to: profiles[entity]![column]!,
        leastOffZero: leastOffZero[column]!,
      });
    }
  }
  return { x: { ...x, values, profiles }, scaler: rest };
}

function rescale(
  scaled: number,
  { from, to, leastOffZero }: { readonly from: Profile; readonly to: Profile; readonly leastOffZero: number },
): number {
  if (from === to) return scaled;
  if (from.shape === 'varies') return scaleValue(from.offset + scaled * from.divisor, to, leastOffZero);
  return scaled === 0 ? scaleValue(from.center, to, leastOffZero) : Number.NaN;
}

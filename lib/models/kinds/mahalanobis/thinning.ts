/**
 * Which rows stand for all where there are too many. Of each entity every so-many-th, and each entity begins elsewhere:
 * series of the same length would else all be looked at at the same few times of day, where the stride divides the day.
 */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Whether a row is taken. @param entity its number in the matrix @param place of the row in its entity, from 0 */
export type Thinning = (entity: number, place: number) => boolean;

/** @param most rows that are taken, nearly, of so many in all */
export function planThinning(rows: number, most: number): Thinning {
  const stride = Math.max(1, Math.ceil(rows / most));
  return (entity, place) => (place + Math.floor(((entity * GOLDEN) % 1) * stride)) % stride === 0;
}

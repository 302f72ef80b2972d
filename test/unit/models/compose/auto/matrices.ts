/** Training matrices of a known nature. */
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../../../../lib/maths/random.ts';
import { toMatrix } from '../../../../helpers/feature-matrices.ts';

export const DAY: number = 24 * 3_600_000;
/** Rows of a day at half an hour. */
export const DAY_ROWS = 48;

/** Half-hours from a Monday on, one column for each function of the row; each with a little noise. */
export function halfHours(
  rows: number,
  columns: readonly ((row: number) => number)[],
  seed: number = 1,
): FeatureMatrix {
  const random = seedRandom(seed);
  const x = toMatrix(
    Array.from({ length: rows }, (_, row) => columns.map((at) => at(row) + 0.2 * (random.nextFloat() - 0.5))),
  );
  const monday = Date.UTC(2026, 0, 5);
  return { ...x, times: x.times.map((time) => monday + 30 * time) };
}

export function daily(row: number): number {
  return Math.sin((2 * Math.PI * row) / DAY_ROWS);
}

/** Busy by day, and on weekdays alone. */
export function weekly(row: number): number {
  return Math.floor(row / DAY_ROWS) % 7 >= 5 ? 0 : 2 + 2 * daily(row);
}

/** Its entities end to end. */
export function joinEntities(parts: readonly FeatureMatrix[]): FeatureMatrix {
  return {
    names: parts[0]!.names,
    entities: parts.map((_, i) => `pod-${i}`),
    entityOf: Uint32Array.from(parts.flatMap((part, i) => Array.from(part.times, () => i))),
    times: Float64Array.from(parts.flatMap(({ times }) => [...times])),
    values: Float32Array.from(parts.flatMap(({ values }) => [...values])),
  };
}

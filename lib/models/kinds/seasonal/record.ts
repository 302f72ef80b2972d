/**
 * A fitted series in numbers: place of its season in the parameters (-1 for none), number of phases, then for each phase
 * what is expected, the standard deviation above and the one below.
 */

const HEAD = 2;

export interface Profile {
  readonly season: number;
  readonly centers: Float64Array;
  readonly up: Float64Array;
  readonly down: Float64Array;
}

export function packRecord({ season, centers, up, down }: Profile): Float32Array {
  return Float32Array.of(season, centers.length, ...centers, ...up, ...down);
}

/** Where in a record the three lists start. */
export function layoutOf(record: ArrayLike<number>): {
  readonly season: number;
  readonly bins: number;
  readonly centers: number;
  readonly up: number;
  readonly down: number;
} {
  const bins = record[1]!;
  return { season: record[0]!, bins, centers: HEAD, up: HEAD + bins, down: HEAD + 2 * bins };
}

/** @returns what is wrong; undefined where nothing is */
export function findRecordFault(record: ArrayLike<number>, periods: number): string | undefined {
  const { season, bins, up } = layoutOf(record);
  if (!Number.isInteger(season) || season < -1 || season >= periods)
    return `its season is number ${season} of ${periods}`;
  if (!Number.isInteger(bins) || bins < 1 || record.length !== HEAD + 3 * bins)
    return `it has ${record.length} numbers for ${bins} phases`;
  for (let i = HEAD; i < record.length; i++)
    if (!Number.isFinite(record[i]!) || (i >= up && record[i]! <= 0))
      return `its number ${i} is ${record[i]}`;
  return undefined;
}

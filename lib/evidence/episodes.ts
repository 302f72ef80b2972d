/** Episodes of a series that is there as a whole: how far it is off what comes before and after, and for how long. */
import { findRecentLevels, type RecentReach } from '../expectation/recent-level.ts';

/** Rows that an episode is looked at through: one row alone is none. */
const SMOOTH = 8;
/** Spreads as which a row counts at most: an episode is about many rows. */
const FARTHEST = 16;
/** Spreads, of such a mean: where an episode begins and ends. */
const EDGE = 3;
/** Steps between two rows that are still of one episode. */
const LONGEST_PAUSE = SMOOTH;

export interface Episode {
  /** Of the series: its first row, and one behind its last. */
  readonly from: number;
  readonly to: number;
  /** Steps from its first row to its last, both included. */
  readonly length: number;
  /** The farthest mean of SMOOTH rows, in spreads. */
  readonly peak: number;
}

/** Off the hours after each row: as a recent level looks back, this looks ahead. NaN where they say too little. */
export function measureAhead(
  places: Float64Array,
  anchored: Float64Array,
  recent: RecentReach,
): Float64Array {
  const backwards = places.map((place) => -place).reverse();
  const levels = findRecentLevels(backwards, anchored.toReversed(), recent).levels.reverse();
  return anchored.map((value, i) => value - levels[i]!);
}

/**
 * @param of.places of the rows on the grid of steps, ascending
 * @param of.residuals in spreads, each by its own measure; NaN in any: nothing can be said of the row
 * @param of.sign 1: above what was expected; -1: below
 */
export function findEpisodes(of: {
  readonly places: Float64Array;
  readonly residuals: readonly Float64Array[];
  readonly sign: 1 | -1;
}): readonly Episode[] {
  const { places } = of;
  const means = smooth(of);
  const episodes: Episode[] = [];
  let from = -1;
  let last = -1;
  let peak = 0;
  const close = (): void => {
    if (from < 0) return;
    episodes.push({ from, to: last + 1, length: places[last]! - places[from]! + 1, peak });
    from = -1;
    peak = 0;
  };
  for (let i = 0; i < means.length; i++) {
    if (from >= 0 && places[i]! - places[last]! > LONGEST_PAUSE) close();
    if (!(means[i]! >= EDGE)) continue;
    if (from < 0) from = i;
    last = i;
    peak = Math.max(peak, means[i]!);
  }
  close();
  return episodes;
}

/** The mean of the rows around each; NaN where less than half of them say anything. */
function smooth({ places, residuals, sign }: Parameters<typeof findEpisodes>[0]): Float64Array {
  const off = places.map((_, i) => {
    let least = FARTHEST;
    for (const each of residuals) least = Math.min(least, sign * each[i]!);
    return Math.max(-FARTHEST, least);
  });
  const half = SMOOTH / 2;
  const means = new Float64Array(off.length);
  for (let i = 0, from = 0, to = 0; i < off.length; i++) {
    while (places[from]! < places[i]! - half) from++;
    while (to < off.length && places[to]! < places[i]! + half) to++;
    let [sum, count] = [0, 0];
    for (let at = from; at < to; at++) {
      if (Number.isNaN(off[at]!)) continue;
      sum += off[at]!;
      count++;
    }
    means[i] = count < half ? Number.NaN : sum / count;
  }
  return means;
}

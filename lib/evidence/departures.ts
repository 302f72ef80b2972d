/** How far each row of one series is off: what training foretells, and where the series has been of late. */
import { findDemand, leaveUnexplained } from '../expectation/demand.ts';
import {
  type Expectation,
  expectAt,
  type SeriesExpectation,
  scatterAt,
  seriesOf,
} from '../expectation/expectation.ts';
import { findRecentLevels, type RecentReach } from '../expectation/recent-level.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';

/** Spreads: what float32 keeps, with a sum of several. */
const FARTHEST = 1e30;
/** Spreads that the smallest change that matters counts as. */
const SPREADS_OF_CHANGE = 4;

/** One a row, in spreads; NaN where nothing was measured. */
interface Departures {
  readonly anchored: Float64Array;
  readonly recent: Float64Array;
  /** The smallest change that matters. */
  readonly least: number;
}

/** @param of.places of the rows on the grid of steps */
export function measureDepartures(
  input: {
    readonly x: FeatureMatrix;
    readonly expectation: Expectation;
    readonly plan: { readonly recent: RecentReach };
    readonly leastChanges: (entity: string) => ArrayLike<number>;
  },
  of: {
    readonly entity: number;
    readonly column: number;
    readonly rows: Uint32Array;
    readonly places: Float64Array;
  },
): Departures {
  const { x, expectation, plan, leastChanges } = input;
  const { entity, column, rows, places } = of;
  const name = x.entities[entity]!;
  const series = seriesOf(expectation, name)[column]!;
  const least = leastChanges(name)[column]!;
  const spread = spreadOf(series, least);
  const anchored = takeOff(input, of).map((off) => Math.max(-FARTHEST, Math.min(FARTHEST, off / spread)));
  const levels = findRecentLevels(places, anchored, plan.recent);
  const recent = anchored.map((value, i) => (Number.isNaN(levels[i]!) ? value : value - levels[i]!));
  if (series.season.scatter.length > 0)
    for (const [i, row] of rows.entries()) {
      const wider = spreadAt(series, least, x.times[row]!) / spread;
      anchored[i]! /= wider;
      recent[i]! /= wider;
    }
  return { anchored, recent, least: least / spread };
}

/** Off what training foretells, as far as demand does not explain it; on the scale of the matrix. */
function takeOff(
  { x, expectation }: Pick<Parameters<typeof measureDepartures>[0], 'x' | 'expectation'>,
  { entity, column, rows }: Pick<Parameters<typeof measureDepartures>[1], 'entity' | 'column' | 'rows'>,
): Float64Array {
  const own = seriesOf(expectation, x.entities[entity]!);
  const series = own[column]!;
  const width = x.names.length;
  const offOf = (c: number, row: number): number =>
    x.values[row * width + c]! - expectAt(own[c]!, x.times[row]!);
  const demand = series.slope === 0 ? undefined : findDemand(expectation.columns);
  if (demand === undefined) return Float64Array.from(rows, (row) => offOf(column, row));
  return Float64Array.from(rows, (row) =>
    leaveUnexplained(offOf(column, row), series.slope * offOf(demand, row)),
  );
}

/** What a departure is counted in at a time, on the scale of the matrix. @param time epoch ms */
export function spreadAt(series: SeriesExpectation, leastChange: number, time: number): number {
  return spreadOf(series, leastChange, scatterAt(series, time));
}

/**
 * What never strayed in what was learned has the scale of the whole training for its own. A restless hour is a multiple of
 * how far the metric strays, and not of the smallest change that matters.
 */
function spreadOf({ spread }: SeriesExpectation, leastChange: number, scatter = 1): number {
  return Math.max((spread || 1) * scatter, leastChange / SPREADS_OF_CHANGE);
}

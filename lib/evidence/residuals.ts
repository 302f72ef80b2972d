/** How far each row of one series is off: what training predicts, and where the series has been of late. */
import { findDemand, leaveUnexplained } from '../expectation/demand.ts';
import {
  type Expectation,
  expectAt,
  isNew,
  type SeriesExpectation,
  scatterAt,
  seriesOf,
} from '../expectation/expectation.ts';
import { findRecentLevels } from '../expectation/recent-level.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { graceOf, measureAges, type RecentPlan } from './entity-age.ts';

/** Spreads: what float32 keeps, with a sum of several. */
const FARTHEST = 1e30;
/** Spreads that the smallest change that matters counts as. */
const SPREADS_OF_CHANGE = 4;

/** One a row, in spreads; NaN where nothing was measured. */
interface Residuals {
  readonly anchored: Float64Array;
  readonly recent: Float64Array;
  /** The smallest change that matters. */
  readonly least: number;
}

interface Predicted {
  readonly x: FeatureMatrix;
  readonly expectation: Expectation;
}

interface EntityRows {
  readonly entity: number;
  readonly rows: Uint32Array;
}

/**
 * @param of.places of the rows on the grid of steps
 * @param of.demand as `measureDemand` has it of these rows
 */
export function measureResiduals(
  input: Predicted & {
    readonly plan: RecentPlan;
    readonly leastChanges: (entity: string) => ArrayLike<number>;
  },
  of: EntityRows & {
    readonly column: number;
    readonly places: Float64Array;
    readonly demand: Float64Array | undefined;
  },
): Residuals {
  const { x, expectation, plan, leastChanges } = input;
  const { entity, column, rows, places, demand } = of;
  const name = x.entities[entity]!;
  const series = seriesOf(expectation, name)[column]!;
  const least = leastChanges(name)[column]!;
  const spread = spreadOf(series, least);
  const anchored = takeUnexplained(input, of, demand).map((off) =>
    Math.max(-FARTHEST, Math.min(FARTHEST, off / spread)),
  );
  const settled = isNew(expectation, name) ? leaveOutYouth(anchored, { x, rows, plan }) : anchored;
  const levels = findRecentLevels(places, settled, plan.recent);
  const recent = anchored.map((value, i) => (Number.isNaN(levels[i]!) ? value : value - levels[i]!));
  if (series.season.scatter.length > 0)
    for (const [i, row] of rows.entries()) {
      const wider = spreadAt(series, least, x.times[row]!) / spread;
      anchored[i]! /= wider;
      recent[i]! /= wider;
    }
  return { anchored, recent, least: least / spread };
}

/** Where a new entity was while it started is no level of its own: until it has one, training alone predicts. */
function leaveOutYouth(
  anchored: Float64Array,
  {
    x,
    rows,
    plan,
  }: {
    readonly x: FeatureMatrix;
    readonly rows: Uint32Array;
    readonly plan: RecentPlan;
  },
): Float64Array {
  const ages = measureAges(
    Float64Array.from(rows, (row) => x.times[row]!),
    plan,
  );
  const grace = graceOf(plan);
  return anchored.map((value, i) => (ages[i]! < grace ? Number.NaN : value));
}

/**
 * How far demand is off what training predicts, one a row; undefined where no column tells it. The same for every column
 * of an entity.
 */
export function measureDemand(input: Predicted, of: EntityRows): Float64Array | undefined {
  const column = findDemand(input.expectation.columns);
  return column === undefined ? undefined : takeOff(input, { ...of, column });
}

/** Off what training predicts, as far as demand does not explain it. */
function takeUnexplained(
  input: Predicted,
  of: EntityRows & { readonly column: number },
  demand: Float64Array | undefined,
): Float64Array {
  const { slope } = seriesOf(input.expectation, input.x.entities[of.entity]!)[of.column]!;
  const off = takeOff(input, of);
  return slope === 0 || demand === undefined
    ? off
    : off.map((value, i) => leaveUnexplained(value, slope * demand[i]!));
}

/** On the scale of the matrix. */
function takeOff(
  { x, expectation }: Predicted,
  { entity, column, rows }: EntityRows & { readonly column: number },
): Float64Array {
  const series = seriesOf(expectation, x.entities[entity]!)[column]!;
  const width = x.names.length;
  return Float64Array.from(rows, (row) => x.values[row * width + column]! - expectAt(series, x.times[row]!));
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

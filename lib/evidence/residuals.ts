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
import { findRecentLevels, type RecentLevels } from '../expectation/recent-level.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { graceOf, measureAges, type RecentPlan } from './entity-age.ts';
import type { Siblings } from './siblings.ts';
import type { OffSeries } from './stretch-means.ts';

/** Spreads: what float32 keeps, with a sum of several. */
const FARTHEST = 1e30;
/** Spreads that the smallest change that matters counts as. */
const SPREADS_OF_CHANGE = 4;

interface Residuals extends OffSeries {
  /** Per row, 1 = where it has been of late is a level that it stays at. */
  readonly agree: Uint8Array;
  /** The smallest change that matters. */
  readonly least: number;
}

interface Predicted {
  readonly x: FeatureMatrix;
  readonly expectation: Expectation;
  /** Left out: each entity is judged by itself. */
  readonly siblings?: Siblings | undefined;
}

/** What the levels of a series are measured with. */
export interface Measured extends Predicted {
  readonly plan: RecentPlan;
  readonly leastChanges: (entity: string) => ArrayLike<number>;
}

interface EntityRows {
  readonly entity: number;
  readonly rows: Uint32Array;
}

interface OfColumn extends EntityRows {
  readonly column: number;
  /** Of the rows on the grid of steps. */
  readonly places: Float64Array;
  /** As `measureDemand` has it of these rows. */
  readonly demand: Float64Array | undefined;
}

interface Levelled extends RecentLevels {
  readonly series: SeriesExpectation;
  /** The smallest change that matters, on the scale of the matrix. */
  readonly least: number;
  /** What a departure is counted in where hours are not restless, on the scale of the matrix. */
  readonly spread: number;
  /** One a row, in spreads: off what training predicts; NaN where nothing was measured. */
  readonly anchored: Float64Array;
}

/** Both levels that the rows of a series are judged by. */
export function measureLevels(input: Measured, of: OfColumn): Levelled {
  const { x, expectation, plan, leastChanges } = input;
  const { entity, column, rows, places, demand } = of;
  const name = x.entities[entity]!;
  const series = seriesOf(expectation, name)[column]!;
  const least = leastChanges(name)[column]!;
  const spread = spreadOf(series, least);
  const anchored = takeUnexplained(input, of, demand);
  for (let i = 0; i < anchored.length; i++)
    anchored[i] = Math.max(-FARTHEST, Math.min(FARTHEST, anchored[i]! / spread));
  const settled = isNew(expectation, name) ? leaveOutYouth(anchored, { x, rows, plan }) : anchored;
  return { series, least, spread, anchored, ...findRecentLevels(places, settled, plan.recent) };
}

/** @param of.first of `rows`: what is looked back on before it, for levels alone, is not filled in */
export function measureResiduals(input: Measured, of: OfColumn & { readonly first?: number }): Residuals {
  const { x } = input;
  const { rows, first = 0 } = of;
  const { series, least, spread, anchored, levels: recent, agree } = measureLevels(input, of);
  // Levels, until each row's is taken off it.
  for (let i = first; i < recent.length; i++)
    recent[i] = Number.isNaN(recent[i]!) ? anchored[i]! : anchored[i]! - recent[i]!;
  if (series.season.scatter.length > 0)
    for (let i = first; i < rows.length; i++) {
      const wider = spreadAt(series, least, x.times[rows[i]!]!) / spread;
      anchored[i]! /= wider;
      recent[i]! /= wider;
    }
  return { anchored, recent, agree, least: least / spread };
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

/** Off what training predicts, as far as neither demand nor what its siblings do explains it. */
function takeUnexplained(
  input: Predicted,
  of: EntityRows & { readonly column: number; readonly places: Float64Array },
  demand: Float64Array | undefined,
): Float64Array {
  const { entity, column, rows, places } = of;
  const series = seriesOf(input.expectation, input.x.entities[entity]!)[column]!;
  const off = takeOff(input, of);
  if (series.slope !== 0 && demand !== undefined)
    for (let i = 0; i < off.length; i++) off[i] = leaveUnexplained(off[i]!, series.slope * demand[i]!);
  const others = input.siblings?.valuesAt(entity, column, places);
  if (others !== undefined)
    for (let i = 0; i < off.length; i++)
      off[i] = leaveUnexplained(off[i]!, others[i]! - expectAt(series, input.x.times[rows[i]!]!));
  return off;
}

/** On the scale of the matrix. */
function takeOff(
  { x, expectation }: Predicted,
  { entity, column, rows }: EntityRows & { readonly column: number },
): Float64Array {
  const series = seriesOf(expectation, x.entities[entity]!)[column]!;
  const width = x.names.length;
  const off = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    off[i] = x.values[row * width + column]! - expectAt(series, x.times[row]!);
  }
  return off;
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

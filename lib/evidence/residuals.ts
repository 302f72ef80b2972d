/** How far each row of one series is off: what training predicts, and where the series has been of late. */
import { findDemand, leaveUnexplained } from '../expectation/demand.ts';
import { type Expectation, expectAt, isNew, scatterAt, seriesOf } from '../expectation/expectation.ts';
import { findRecentLevels, type RecentLevels } from '../expectation/recent-level.ts';
import type { SeriesExpectation } from '../expectation/series.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { type DemandRange, findDemandRange } from './demand-range.ts';
import { graceOf, measureAges, type RecentPlan } from './entity-age.ts';
import type { Siblings } from './siblings.ts';
import { boundsOf, knownUntil, leaveOutStart, overrunOf, type Starts } from './starts.ts';
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
  /** Ms: a young entity up to this age is off by what its siblings were not when they started. */
  readonly startKnownUntil: number;
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
  /** Left out: nothing is known of how entities start. */
  readonly starts?: Starts | undefined;
}

interface EntityRows {
  readonly entity: number;
  readonly rows: Uint32Array;
}

interface OfColumn extends EntityRows {
  readonly column: number;
  /** Of the rows, on the grid of steps. */
  readonly places: Float64Array;
  /** As `measureDemand` has it of these rows. */
  readonly demand: DemandRange | undefined;
  /** Of `rows`: what is looked back on before it, for levels alone, is not filled in; left out: the first. */
  readonly first?: number;
}

interface Levelled extends RecentLevels {
  readonly series: SeriesExpectation;
  /** The smallest change that matters, on the scale of the matrix. */
  readonly least: number;
  /** What a departure is counted in where hours are not restless, on the scale of the matrix. */
  readonly spread: number;
  /** One a row, in spreads: off what training predicts; NaN where nothing was measured. */
  readonly anchored: Float64Array;
  /** Ms: a young entity up to this age is off by what its siblings were not when they started. */
  readonly startKnownUntil: number;
}

/** Both levels that the rows of a series are judged by. */
export function measureLevels(input: Measured, of: OfColumn): Levelled {
  const name = input.x.entities[of.entity]!;
  const series = seriesOf(input.expectation, name)[of.column]!;
  const { anchored, least, spread } = measureAnchored(input, of);
  const { settled, startKnownUntil } = isNew(input.expectation, name)
    ? judgeYouth(anchored, { ...input, ...of, spread })
    : { settled: anchored, startKnownUntil: 0 };
  const levels = findRecentLevels(of.places, settled, input.plan.recent, of.first);
  return { series, least, spread, anchored, startKnownUntil, ...levels };
}

export function measureResiduals(input: Measured, of: OfColumn): Residuals {
  const { x } = input;
  const { rows, first = 0 } = of;
  const {
    series,
    least,
    spread,
    anchored,
    levels: recent,
    agree,
    startKnownUntil,
  } = measureLevels(input, of);
  // Levels, until each row's is taken off it.
  for (let i = first; i < recent.length; i++)
    recent[i] = Number.isNaN(recent[i]!) ? anchored[i]! : anchored[i]! - recent[i]!;
  if (series.season.scatter.length > 0)
    for (let i = first; i < rows.length; i++) {
      const wider = spreadAt(series, least, x.times[rows[i]!]!) / spread;
      anchored[i]! /= wider;
      recent[i]! /= wider;
    }
  return { anchored, recent, agree, least: least / spread, startKnownUntil };
}

/** Off what training predicts, in spreads; what is usual at a restless hour is not taken off. */
export function measureAnchored(
  input: Predicted & Pick<Measured, 'leastChanges'>,
  of: OfColumn,
): Pick<Levelled, 'anchored' | 'least' | 'spread'> {
  const name = input.x.entities[of.entity]!;
  const least = input.leastChanges(name)[of.column]!;
  const spread = spreadOf(seriesOf(input.expectation, name)[of.column]!, least);
  const anchored = takeUnexplained(input, of, of.demand);
  for (let i = 0; i < anchored.length; i++)
    anchored[i] = Math.max(-FARTHEST, Math.min(FARTHEST, anchored[i]! / spread));
  return { anchored, least, spread };
}

/**
 * A spread of an entity's column in the metric's own units; 0 where the metric never moved.
 * @param of.spread on the scale of the matrix
 */
export function unitOf(
  { profiles }: Pick<FeatureMatrix, 'profiles'>,
  { entity, column, spread }: { readonly entity: number; readonly column: number; readonly spread: number },
): number {
  const profile = profiles?.[entity]?.[column];
  return profile?.shape === 'varies' ? profile.divisor * spread : 0;
}

/**
 * A new entity is off, while it starts, by what its siblings were not when they started: `anchored` is changed in place. Where it was
 * then is no level of its own either: until it has one, training alone predicts.
 */
function judgeYouth(
  anchored: Float64Array,
  given: EntityRows & {
    readonly x: FeatureMatrix;
    readonly expectation: Expectation;
    readonly plan: RecentPlan;
    readonly starts?: Starts | undefined;
    readonly column: number;
    readonly spread: number;
  },
): { readonly settled: Float64Array; readonly startKnownUntil: number } {
  const { x, entity, rows, column, plan, starts } = given;
  const ages = measureAges(
    Float64Array.from(rows, (row) => x.times[row]!),
    plan,
  );
  const { workloads } = given.expectation;
  const name = x.entities[entity]!;
  const bounds = boundsOf(starts, { entity: name, column, workloads });
  if (bounds !== undefined) {
    const overrun = overrunOf(starts, { entity: name, workloads });
    leaveOutStart(anchored, { bounds, ages, plan, unit: unitOf(x, given), overrun });
  }
  const grace = graceOf(plan);
  return {
    settled: anchored.map((value, i) => (ages[i]! < grace ? Number.NaN : value)),
    startKnownUntil: bounds === undefined ? 0 : knownUntil(bounds, plan),
  };
}

/** How far demand is off what training predicts; undefined where no column tells it. The same for every column of an entity. */
export function measureDemand(
  input: Predicted & { readonly plan: Pick<RecentPlan, 'step'> },
  of: EntityRows & { readonly places: Float64Array },
): DemandRange | undefined {
  const { columns, demandMeans: means = [] } = input.expectation;
  const column = findDemand(columns);
  if (column === undefined) return undefined;
  const at = { places: of.places, step: input.plan.step, means };
  return findDemandRange(takeOff(input, { ...of, column }), at);
}

/** Off what training predicts, as far as neither demand nor what its siblings do explains it. */
function takeUnexplained(
  input: Predicted,
  of: EntityRows & { readonly column: number; readonly places: Float64Array },
  demand: DemandRange | undefined,
): Float64Array {
  const { entity, column, rows, places } = of;
  const series = seriesOf(input.expectation, input.x.entities[entity]!)[column]!;
  const { slope } = series;
  const off = takeOff(input, of);
  if (slope !== 0 && demand !== undefined) {
    const [low, high] = slope > 0 ? [demand.low, demand.high] : [demand.high, demand.low];
    for (let i = 0; i < off.length; i++)
      off[i] = leaveUnexplained(off[i]!, slope * low[i]!, slope * high[i]!);
  }
  const others = input.siblings?.valuesAt(entity, column, places);
  if (others !== undefined)
    for (let i = 0; i < off.length; i++) {
      const explained = others[i]! - expectAt(series, input.x.times[rows[i]!]!);
      off[i] = leaveUnexplained(off[i]!, Math.min(0, explained), Math.max(0, explained));
    }
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

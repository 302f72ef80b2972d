/**
 * How far a series has been off what was expected, over stretches of several lengths: a scan for one that is far out for
 * a few rows and for one that is a little out for hours. The same of the model's own surprise, which is all metrics
 * together.
 *
 * A metric is off only as far as it is off both: what training predicts and where it has been of late. So a level that
 * moved and stays becomes usual after some hours, and the way back to what training knew is never a departure.
 */
import { type Expectation, expectAt, seriesOf } from '../expectation/expectation.ts';
import { BLOCKS, LEAST_BLOCKS, type RecentReach } from '../expectation/recent-level.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';
import { countDemandRows } from './demand-range.ts';
import { measureDemand, measureResiduals } from './residuals.ts';
import { openSiblings, type Siblings } from './siblings.ts';
import type { Starts } from './starts.ts';
import {
  fillMeans,
  findSpans,
  type OffSeries,
  openSums,
  type RunningSums,
  type Spans,
  STILL,
  sumUp,
} from './stretch-means.ts';

/** `above`: higher than expected. */
const SIDES = ['above', 'below'] as const;
export type Side = (typeof SIDES)[number];

/** The shortest stretch is judged by this many of so many rows, so that a row or two alone alert nobody. */
export const SHORT = { k: 3, n: 4 } as const;
/** Rows of the longer stretches, whose mean is judged. */
const MEANS: readonly number[] = [8, 30, 60, 120];
/** Of the model's surprise: its own changes look back on tens of rows already. */
const JOINT_MEANS: readonly number[] = [8, 30];
/** Rows of the stretch that tells whether a series is off its training, whatever it has been of late. */
const ANCHORED = 8;
/** Rows that a recent level looks back on at least: fewer say little. */
const LEAST_RECENT = 72;

/** What the stretches are, of data with this step. */
export interface ScanPlan {
  /** Ms. */
  readonly step: number;
  /** Ms, as it was asked for. */
  readonly settleAfter: number;
  /** Rows; the short one is 0. */
  readonly lengths: readonly number[];
  readonly jointLengths: readonly number[];
  readonly recent: RecentReach;
}

/**
 * @param step ms
 * @param settleAfter ms after which a level that moved counts as the new one: half of what a recent level looks back on
 */
export function planScan(step: number, settleAfter: number): ScanPlan {
  const rows = Math.max(LEAST_RECENT, Math.ceil((2 * settleAfter) / step));
  const block = Math.ceil(rows / BLOCKS);
  const fits = (length: number): boolean => 3 * length <= rows;
  return {
    step,
    settleAfter,
    lengths: [0, ...MEANS.filter(fits)],
    jointLengths: [0, ...JOINT_MEANS.filter(fits)],
    recent: { rows: block * BLOCKS, block },
  };
}

/** Rows after which a level that moved and stays is the one to be judged against. */
export function countSettleRows({ recent }: ScanPlan): number {
  return recent.rows / 2;
}

/**
 * Rows of history that a row's evidence looks back on. With the first of them a new entity seems to begin: those for which it then seems to
 * start lie before all that a level is made of, and so do those that demand had before it.
 * @param overrun ms for which starts go on once an entity is no longer young
 */
export function countScanRows({ step, lengths, recent }: ScanPlan, overrun = 0): number {
  const starting = (LEAST_BLOCKS + 1) * recent.block + Math.ceil(overrun / step);
  const before = Math.max(starting, countDemandRows(step));
  return before + recent.rows + Math.max(SHORT.n, ...lengths);
}

/** One statistic of one series: 0 where it is not off to that side. */
export interface Statistic {
  /** Rows of the matrix, in order of time. */
  readonly rows: Uint32Array;
  /** Of `rows`: the first that is not looked back on alone. */
  readonly begin: number;
  /** Of the matrix; -1: the model's surprise. */
  readonly column: number;
  readonly side: Side;
  /** Of the plan's. */
  readonly length: number;
  /** Number among all statistics of the plan, the same for every entity. */
  readonly component: number;
  /** One a row, in spreads; of the model's surprise, in decades; 0 before `begin`. Only valid during the call. */
  readonly values: Float32Array;
  /** As `values`, of each row by itself; only of a metric's short stretch. */
  readonly alone: Float32Array | undefined;
  /**
   * Steps from the first of the SHORT.k rows that are as far off as `values` says to each row; 0 where that is 0. Only of the short
   * stretch.
   */
  readonly sinceOnset: Uint8Array | undefined;
  /** As `values`, off what training predicts alone; only of the stretch of ANCHORED rows. */
  readonly anchored: Float32Array | undefined;
  /** Of that stretch of a metric per row, 1 = where it has been of late is a level that it stays at. */
  readonly agree: Uint8Array | undefined;
  /** The smallest change that matters, as `values`: of a long stretch too, whose reach may be less. */
  readonly least: number;
  /** Ms: up to this age a young entity was judged by how its siblings started, if it is above 0. */
  readonly startKnownUntil: number;
}

export interface ScanInput {
  readonly x: FeatureMatrix;
  readonly expectation: Expectation;
  /** Of the model, one a row, NaN where there is none: how rare such a score is. */
  readonly surprises: Float64Array;
  readonly plan: ScanPlan;
  /** The smallest change that matters, one a column, in units of the matrix; 0 or above. */
  readonly leastChanges: (entity: string) => ArrayLike<number>;
  /** Epoch ms: earlier rows are looked back on, and have 0 for every statistic. All rows, if left out. */
  readonly from?: number | undefined;
  /** Of more rows than `x` has; left out: those of `x`. */
  readonly siblings?: Siblings | undefined;
  /** Left out: nothing is known of how entities start. */
  readonly starts?: Starts | undefined;
}

export function countComponents(columns: number, plan: ScanPlan): number {
  return columns * SIDES.length * plan.lengths.length + plan.jointLengths.length;
}

/** Component → what it is, as `scan` numbers them. */
export function describeComponent(
  component: number,
  { columns, plan }: { readonly columns: number; readonly plan: ScanPlan },
): Pick<Statistic, 'column' | 'side' | 'length'> {
  const each = plan.lengths.length;
  const joint = component - columns * SIDES.length * each;
  if (joint >= 0) return { column: -1, side: 'above', length: plan.jointLengths[joint]! };
  const series = Math.floor(component / each);
  return {
    column: Math.floor(series / SIDES.length),
    side: SIDES[series % SIDES.length]!,
    length: plan.lengths[component % each]!,
  };
}

/** Calls `visit` with every statistic of every entity. */
export function scan(input: ScanInput, visit: (statistic: Statistic) => void): void {
  const { x, plan } = input;
  const joint = countComponents(x.names.length, plan) - plan.jointLengths.length;
  const lengths = [...new Set([...plan.lengths, ...plan.jointLengths])].filter((length) => length > 0);
  const siblings = input.siblings ?? openSiblings({ ...input, step: plan.step });
  for (const [entity, rows] of groupRows(x).entries()) {
    if (rows.length === 0) continue;
    const places = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) places[i] = Math.round(x.times[rows[i]!]! / plan.step);
    const begin = input.from === undefined ? 0 : findBegin(rows, x.times, input.from);
    const spans = findSpans(places, begin, [...lengths, SHORT.n]);
    const of: EntityRows = {
      entity,
      rows,
      places,
      spans,
      sums: openSums(spans, rows.length),
      buffers: {
        values: new Float32Array(rows.length),
        alone: new Float32Array(rows.length),
        anchored: new Float32Array(rows.length),
        sinceOnset: new Uint8Array(rows.length),
      },
    };
    scanMetrics({ ...input, siblings }, of, visit);
    scanModel(input, of, joint, visit);
  }
}

/** @param joint number of the first of the model's statistics */
function scanModel(
  input: ScanInput,
  of: EntityRows,
  joint: number,
  visit: (statistic: Statistic) => void,
): void {
  const { rows, places, spans, sums, buffers } = of;
  const own = takeWhatMatters(input, of);
  const off: OffSeries = { anchored: own, recent: own };
  sumUp(sums, off, { first: spans.first, sign: 1 });
  for (const [at, length] of input.plan.jointLengths.entries()) {
    if (length === 0) fillShort(buffers, off, { places, spans, sign: 1 });
    else fillMeans(buffers.values, sums, { spans, length });
    visit({
      rows,
      begin: spans.begin,
      column: -1,
      side: 'above',
      length,
      component: joint + at,
      values: buffers.values,
      alone: undefined,
      sinceOnset: length === 0 ? buffers.sinceOnset : undefined,
      anchored: undefined,
      agree: undefined,
      least: 0,
      startKnownUntil: 0,
    });
  }
}

/**
 * The model's surprise at each row that a stretch holds, and 0 where no metric is, or was within the longest stretch of the
 * surprise, off by what matters of it. A model finds a constant that moved by a hair as surprising as one that doubled.
 */
function takeWhatMatters(
  { x, expectation, plan, leastChanges, surprises }: ScanInput,
  { entity, rows, spans }: EntityRows,
): Float64Array {
  const taken = new Float64Array(rows.length);
  const name = x.entities[entity]!;
  const series = seriesOf(expectation, name);
  const least = leastChanges(name);
  const reach = Math.max(...plan.jointLengths) * plan.step;
  let last = Number.NEGATIVE_INFINITY;
  let begin = spans.first;
  while (begin > 0 && x.times[rows[begin - 1]!]! > x.times[rows[spans.first]!]! - reach) begin--;
  for (let i = begin; i < rows.length; i++) {
    const row = rows[i]!;
    const time = x.times[row]!;
    if (isOff(row, time)) last = time;
    if (time - last < reach) taken[i] = surprises[row]!;
  }
  return taken;

  /** NaN, where nothing was measured, is not off. */
  function isOff(row: number, time: number): boolean {
    const from = row * series.length;
    for (let column = 0; column < series.length; column++)
      if (Math.abs(x.values[from + column]! - expectAt(series[column]!, time)) >= least[column]!) return true;
    return false;
  }
}

/** Index of the first row that is not before `from`. */
function findBegin(rows: Uint32Array, times: Float64Array, from: number): number {
  let at = 0;
  while (at < rows.length && times[rows[at]!]! < from) at++;
  return at;
}

interface EntityRows {
  readonly entity: number;
  readonly rows: Uint32Array;
  readonly places: Float64Array;
  readonly spans: Spans;
  /** What follows is filled anew for each statistic. */
  readonly sums: RunningSums;
  readonly buffers: Readonly<Record<'values' | 'alone' | 'anchored', Float32Array>> & {
    readonly sinceOnset: Uint8Array;
  };
}

function scanMetrics(input: ScanInput, of: EntityRows, visit: (statistic: Statistic) => void): void {
  const { x, plan } = input;
  const { rows, places, spans, sums, buffers } = of;
  const { begin, first } = spans;
  const demand = measureDemand(input, of);
  let component = 0;
  for (let column = 0; column < x.names.length; column++) {
    const off = measureResiduals(input, { ...of, column, demand, first });
    for (const side of SIDES) {
      const sign = signOf(side);
      sumUp(sums, off, { first, sign });
      for (const length of plan.lengths) {
        if (length === 0) fillShort(buffers, off, { places, spans, sign });
        else fillMeans(buffers.values, sums, { spans, length });
        if (length === ANCHORED)
          fillMeans(buffers.anchored, { ...sums, recent: sums.anchored }, { spans, length });
        visit({
          rows,
          begin,
          column,
          side,
          length,
          component: component++,
          values: buffers.values,
          alone: length === 0 ? buffers.alone : undefined,
          sinceOnset: length === 0 ? buffers.sinceOnset : undefined,
          anchored: length === ANCHORED ? buffers.anchored : undefined,
          agree: length === ANCHORED ? off.agree : undefined,
          least: off.least,
          startKnownUntil: off.startKnownUntil,
        });
      }
    }
  }
}

function signOf(side: Side): 1 | -1 {
  return side === 'above' ? 1 : -1;
}

/** What k of the newest n rows are off together, how far back the first of them is, and what each row is by itself. */
function fillShort(
  { values, alone, sinceOnset }: Pick<EntityRows['buffers'], 'values' | 'alone' | 'sinceOnset'>,
  { anchored, recent }: OffSeries,
  {
    places,
    spans: { begin, starts },
    sign,
  }: Pick<EntityRows, 'places' | 'spans'> & { readonly sign: 1 | -1 },
): void {
  const start = starts.get(SHORT.n)!;
  const together = new Float64Array(SHORT.n);
  for (let i = begin; i < anchored.length; i++) {
    values[i] = 0;
    alone[i] = 0;
    sinceOnset[i] = 0;
    const own = Math.min(sign * anchored[i]!, sign * recent[i]!);
    // Cheap first: half of the rows are off to the other side.
    if (!(own > 0)) continue;
    alone[i] = own;
    let count = 0;
    for (let at = start[i - begin]!; at <= i; at++) {
      const value = Math.min(sign * anchored[at]!, sign * recent[at]!);
      if (value > 0) together[count++] = value;
    }
    if (count < SHORT.k) continue;
    const least = together.subarray(0, count).sort()[count - SHORT.k]!;
    if (own < STILL * least) continue;
    values[i] = least;
    let first = start[i - begin]!;
    while (!(Math.min(sign * anchored[first]!, sign * recent[first]!) >= least)) first++;
    sinceOnset[i] = places[i]! - places[first]!;
  }
}

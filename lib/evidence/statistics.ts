/**
 * How far a series has been off what was expected, over stretches of several lengths: a scan for one that is far out for
 * a few rows and for one that is a little out for hours. The same of the model's own surprise, which is all metrics
 * together.
 *
 * A metric is off only as far as it is off both: what training predicts and where it has been of late. So a level that
 * moved and stays becomes usual after some hours, and the way back to what training knew is never a departure.
 */
import { type Expectation, expectAt, seriesOf } from '../expectation/expectation.ts';
import { BLOCKS, type RecentReach } from '../expectation/recent-level.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';
import { measureDemand, measureResiduals } from './residuals.ts';

/** `above`: higher than expected. */
const SIDES = ['above', 'below'] as const;
export type Side = (typeof SIDES)[number];

/** The shortest stretch is judged by this many of so many rows, so that a row or two alone alert nobody. */
export const SHORT = { k: 3, n: 4 } as const;
/** Rows of the longer stretches, whose mean is judged. */
const MEANS: readonly number[] = [8, 30, 60, 120];
/** Of the model's surprise: its own changes look back on tens of rows already. */
const JOINT_MEANS: readonly number[] = [8, 30];
/** Spreads beyond which a row of a mean counts as this far: a mean is about many rows, and not about one. */
export const CLIP = 8;
/** The newest rows have to be off by this share of what the stretch is, or else it is over. */
const STILL = 0.5;
/** Rows that say so. */
const NEWEST = 5;
/** Rows of the stretch that tells whether a series is off its training, whatever it has been of late. */
const ANCHORED = 8;
/** Share of a stretch's rows that has to be measured. */
const LEAST_MEASURED = 0.5;
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

/** Rows of history that a row's evidence looks back on. */
export function countScanRows({ lengths, recent }: ScanPlan): number {
  return recent.rows + recent.block + Math.max(SHORT.n, ...lengths);
}

/** One statistic of one series: 0 where it is not off to that side. */
export interface Statistic {
  /** Rows of the matrix, in order of time. */
  readonly rows: Uint32Array;
  /** Of the matrix; -1: the model's surprise. */
  readonly column: number;
  readonly side: Side;
  /** Of the plan's. */
  readonly length: number;
  /** Number among all statistics of the plan, the same for every entity. */
  readonly component: number;
  /** One a row, in spreads; of the model's surprise, in decades. Only valid during the call. */
  readonly values: Float32Array;
  /** As `values`, of each row by itself; only of a metric's short stretch. */
  readonly alone: Float32Array | undefined;
  /** As `values`, off what training predicts alone; only of the stretch of ANCHORED rows. */
  readonly anchored: Float32Array | undefined;
  /** The smallest change that matters, as `values`: of a long stretch too, whose reach may be less. */
  readonly least: number;
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
  const { x, plan, surprises } = input;
  const joint = countComponents(x.names.length, plan) - plan.jointLengths.length;
  for (const [entity, rows] of groupRows(x).entries()) {
    if (rows.length === 0) continue;
    const places = Float64Array.from(rows, (row) => Math.round(x.times[row]! / plan.step));
    const buffers = {
      values: new Float32Array(rows.length),
      alone: new Float32Array(rows.length),
      anchored: new Float32Array(rows.length),
    };
    const begin = input.from === undefined ? 0 : findBegin(rows, x.times, input.from);
    scanMetrics(input, { entity, rows, places, begin, buffers }, visit);
    const matters = findWhatMatters(input, entity, rows);
    const own = Float64Array.from(rows, (row, i) => (matters[i] === 1 ? surprises[row]! : 0));
    for (const [at, length] of plan.jointLengths.entries()) {
      fillStatistic(buffers, { places, begin, length, anchored: own, recent: own, sign: 1 });
      visit({
        rows,
        column: -1,
        side: 'above',
        length,
        component: joint + at,
        values: buffers.values,
        alone: undefined,
        anchored: undefined,
        least: 0,
      });
    }
  }
}

/**
 * Per row 1 where a metric is, or within the longest stretch of the model's surprise was, off by what matters of it. A
 * model finds a constant that moved by a hair as surprising as one that doubled.
 */
function findWhatMatters(
  { x, expectation, plan, leastChanges }: ScanInput,
  entity: number,
  rows: Uint32Array,
) {
  const name = x.entities[entity]!;
  const series = seriesOf(expectation, name);
  const least = leastChanges(name);
  const reach = Math.max(...plan.jointLengths) * plan.step;
  let last = Number.NEGATIVE_INFINITY;
  return Uint8Array.from(rows, (row) => {
    const time = x.times[row]!;
    const from = row * x.names.length;
    // NaN, where nothing was measured, is not off.
    const isOff = series.some(
      (own, column) => Math.abs(x.values[from + column]! - expectAt(own, time)) >= least[column]!,
    );
    if (isOff) last = time;
    return Number(time - last < reach);
  });
}

/** Index of the first row that is not before `from`. */
function findBegin(rows: Uint32Array, times: Float64Array, from: number): number {
  const at = rows.findIndex((row) => times[row]! >= from);
  return at < 0 ? rows.length : at;
}

interface EntityRows {
  readonly entity: number;
  readonly rows: Uint32Array;
  readonly places: Float64Array;
  /** Of `rows`: the first that has statistics. */
  readonly begin: number;
  readonly buffers: Readonly<Record<'values' | 'alone' | 'anchored', Float32Array>>;
}

function scanMetrics(input: ScanInput, of: EntityRows, visit: (statistic: Statistic) => void): void {
  const { x, plan } = input;
  const { rows, places, begin, buffers } = of;
  const demand = measureDemand(input, of);
  let component = 0;
  for (let column = 0; column < x.names.length; column++) {
    const { anchored, recent, least } = measureResiduals(input, { ...of, column, demand });
    for (const side of SIDES)
      for (const length of plan.lengths) {
        const stretching = { places, begin, length, anchored, recent, sign: signOf(side) };
        fillStatistic(buffers, stretching);
        if (length === ANCHORED) fillMean(buffers.anchored, { ...stretching, recent: anchored });
        visit({
          rows,
          column,
          side,
          length,
          component: component++,
          values: buffers.values,
          alone: length === 0 ? buffers.alone : undefined,
          anchored: length === ANCHORED ? buffers.anchored : undefined,
          least,
        });
      }
  }
}

function signOf(side: Side): 1 | -1 {
  return side === 'above' ? 1 : -1;
}

interface Stretching {
  readonly places: Float64Array;
  /** First place that is filled in. */
  readonly begin: number;
  readonly length: number;
  readonly anchored: Float64Array;
  readonly recent: Float64Array;
  readonly sign: 1 | -1;
}

function fillStatistic(
  { values, alone }: Pick<EntityRows['buffers'], 'values' | 'alone'>,
  stretching: Stretching,
): void {
  if (stretching.length === 0) fillShort(values, alone, stretching);
  else fillMean(values, stretching);
}

/** What k of the newest n rows are off together, and what each is by itself. */
function fillShort(
  out: Float32Array,
  alone: Float32Array,
  { places, begin, anchored, recent, sign }: Stretching,
): void {
  const off = new Float64Array(SHORT.n);
  for (let i = begin; i < places.length; i++) {
    out[i] = 0;
    alone[i] = 0;
    const own = Math.min(sign * anchored[i]!, sign * recent[i]!);
    // Cheap first: half of the rows are off to the other side.
    if (!(own > 0)) continue;
    alone[i] = own;
    let count = 0;
    for (let at = i; at >= 0 && places[at]! > places[i]! - SHORT.n; at--) {
      const value = Math.min(sign * anchored[at]!, sign * recent[at]!);
      if (value > 0) off[count++] = value;
    }
    if (count < SHORT.k) continue;
    const together = off.subarray(0, count).sort()[count - SHORT.k]!;
    if (own >= STILL * together) out[i] = together;
  }
}

/** The mean over a stretch, where its newest rows are still off. */
function fillMean(out: Float32Array, { places, begin, length, anchored, recent, sign }: Stretching): void {
  if (begin >= places.length) return;
  // Rows that the first one looks back on.
  let from = begin;
  while (from > 0 && places[from - 1]! > places[begin]! - Math.max(length, NEWEST)) from--;
  // Whole millionths: sums that go up and down by the same numbers come back to the same, wherever they began.
  const off = { anchored: takeSigned(anchored, sign, from), recent: takeSigned(recent, sign, from) };
  const long = openWindow(places, { from, length, off });
  const short = openWindow(places, { from, length: NEWEST, off });
  for (let i = from; i < places.length; i++) {
    slide(long, i);
    slide(short, i);
    if (i < begin) continue;
    if (long.count < LEAST_MEASURED * length || short.count === 0) {
      out[i] = 0;
      continue;
    }
    const mean = Math.min(long.anchored, long.recent) / long.count;
    const newest = Math.min(short.anchored, short.recent) / short.count;
    out[i] = mean > 0 && newest >= STILL * mean ? mean : 0;
  }
}

/** Sums over the newest rows, up to one of them. */
interface SlidingWindow {
  readonly places: Float64Array;
  readonly length: number;
  /** What is summed, from row `origin` on. */
  readonly off: Readonly<Record<'anchored' | 'recent', Float64Array>>;
  readonly origin: number;
  /** First row that is in it. */
  from: number;
  count: number;
  anchored: number;
  recent: number;
}

function openWindow(
  places: Float64Array,
  { from, length, off }: Pick<SlidingWindow, 'from' | 'length' | 'off'>,
): SlidingWindow {
  return { places, length, off, origin: from, from, count: 0, anchored: 0, recent: 0 };
}

/** Takes row i in, which follows the one before, and leaves out what is now too old. */
function slide(window: SlidingWindow, i: number): void {
  const { places, length, off, origin } = window;
  const own = off.anchored[i - origin]!;
  if (!Number.isNaN(own)) {
    window.count++;
    window.anchored += own;
    window.recent += off.recent[i - origin]!;
  }
  for (; places[window.from]! <= places[i]! - length; window.from++) {
    const old = off.anchored[window.from - origin]!;
    if (Number.isNaN(old)) continue;
    window.count--;
    window.anchored -= old;
    window.recent -= off.recent[window.from - origin]!;
  }
}

function takeSigned(values: Float64Array, sign: 1 | -1, from: number): Float64Array {
  const signed = new Float64Array(values.length - from);
  for (let i = 0; i < signed.length; i++) signed[i] = quantize(sign * values[from + i]!);
  return signed;
}

function quantize(value: number): number {
  return Math.round(Math.max(-CLIP, Math.min(CLIP, value)) * 2 ** 20) / 2 ** 20;
}

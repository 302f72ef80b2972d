/**
 * The evidence of a row that something is wrong: how far its statistics go, in units of how far they go by themselves
 * within the time in which one false alarm is put up with. At 1 an anomaly opens, whatever the metric and however
 * long it took.
 */
import { type Expectation, isNew } from '../expectation/expectation.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import type { ScoreTail } from '../maths/score-tail.ts';
import { surpriseOf } from '../maths/score-tail.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';
import { graceOf, measureAges } from './entity-age.ts';
import { overrunOf, type Starts } from './starts.ts';
import { type ScanInput, type ScanPlan, SHORT, type Side, type Statistic, scan } from './statistics.ts';

/** What a version knows of normal rows. */
export interface FittedEvidence {
  readonly plan: ScanPlan;
  readonly expectation: Expectation;
  /** Of the model's scores of its own training: how surprising each is. */
  readonly tail: ScoreTail;
  /** Return level of each statistic, above 0, as `scan` numbers them. */
  readonly reach: Float64Array;
  /** Of the sum over all metrics, one a length; empty where there is one metric. */
  readonly pooledReach: Float64Array;
  /** How the pods of each workload start. */
  readonly starts: Starts;
}

/** Per row; 1 or above opens an anomaly. */
export interface RowEvidence {
  /** Of the matrix's columns. */
  readonly names: readonly string[];
  /** Of single metrics, and of several metrics that go the same length together. */
  readonly metrics: Float64Array;
  /** Of the model's surprise: all metrics together. */
  readonly joint: Float64Array;
  /** Number of the statistic that `metrics` is of, as `scan` has them; -1: none, or several metrics together. */
  readonly telling: Int32Array;
  /**
   * Series and side that `telling` is of: twice the column of the matrix, and 1 more for below; -1: none, or several
   * columns.
   */
  readonly series: Int32Array;
  /** Rows that `metrics` looks back on, its own included; 0 where it is 0. */
  readonly stretch: Uint16Array;
  /**
   * Steps back to the row with which what `metrics` tells of began: of the short stretch, the first of the SHORT.k rows that are off. 0
   * where a mean or several metrics together tell: since when those are off is not known to the row.
   */
  readonly sinceOnset: Uint8Array;
  /** The same of `joint`. */
  readonly jointSinceOnset: Uint8Array;
  /** As `metrics`, of the metrics off what training predicts alone, wherever they have been of late. */
  readonly anchored: Float64Array;
  /**
   * The same of each metric, a row of the matrix's columns a row: above 0 where it is higher, below where it is lower. In units of
   * 1 / OFF_UNITS, at most 127 of them: hours of rows of hundreds of metrics are kept.
   */
  readonly off: Int8Array;
  /** Of the same, 1 = where the metric has been of late is a level that it stays at; where it is off alone. */
  readonly agree: Uint8Array;
}

/** Of `RowEvidence.off`, so many are what alerts. */
export const OFF_UNITS = 16;
const FARTHEST_OFF = 127;

/** Rows `from` up to `to` (exclusive). */
export function sliceEvidence(evidence: RowEvidence, from: number, to: number): RowEvidence {
  const {
    names,
    metrics,
    joint,
    telling,
    series,
    stretch,
    sinceOnset,
    jointSinceOnset,
    anchored,
    off,
    agree,
  } = evidence;
  return {
    names,
    metrics: metrics.subarray(from, to),
    joint: joint.subarray(from, to),
    telling: telling.subarray(from, to),
    series: series.subarray(from, to),
    stretch: stretch.subarray(from, to),
    sinceOnset: sinceOnset.subarray(from, to),
    jointSinceOnset: jointSinceOnset.subarray(from, to),
    anchored: anchored.subarray(from, to),
    off: off.subarray(from * names.length, to * names.length),
    agree: agree.subarray(from * names.length, to * names.length),
  };
}

export function pickEvidence(evidence: RowEvidence, rows: Uint32Array): RowEvidence {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  const { names, off, agree } = evidence;
  const width = names.length;
  const picked = { off: new Int8Array(rows.length * width), agree: new Uint8Array(rows.length * width) };
  for (const [at, row] of rows.entries()) {
    picked.off.set(off.subarray(row * width, (row + 1) * width), at * width);
    picked.agree.set(agree.subarray(row * width, (row + 1) * width), at * width);
  }
  return {
    names,
    metrics: pick(evidence.metrics),
    joint: pick(evidence.joint),
    telling: Int32Array.from(rows, (row) => evidence.telling[row]!),
    series: Int32Array.from(rows, (row) => evidence.series[row]!),
    stretch: Uint16Array.from(rows, (row) => evidence.stretch[row]!),
    sinceOnset: Uint8Array.from(rows, (row) => evidence.sinceOnset[row]!),
    jointSinceOnset: Uint8Array.from(rows, (row) => evidence.jointSinceOnset[row]!),
    anchored: pick(evidence.anchored),
    ...picked,
  };
}

/**
 * A row in which nothing was measured says nothing: that an entity is silent is no value of a metric.
 * @param availability per row, share of the metrics that hold a value
 */
export function silenceGaps(
  {
    names,
    metrics,
    joint,
    telling,
    series,
    stretch,
    sinceOnset,
    jointSinceOnset,
    anchored,
    off,
    agree,
  }: RowEvidence,
  availability: Float64Array,
): RowEvidence {
  const heard = (value: number, row: number): number => (availability[row]! > 0 ? value : 0);
  return {
    names,
    metrics: metrics.map(heard),
    joint: joint.map(heard),
    telling: telling.map((value, row) => (availability[row]! > 0 ? value : -1)),
    series: series.map((value, row) => (availability[row]! > 0 ? value : -1)),
    stretch: stretch.map(heard),
    sinceOnset: sinceOnset.map(heard),
    jointSinceOnset: jointSinceOnset.map(heard),
    anchored: anchored.map(heard),
    off: off.map((value, at) => heard(value, Math.floor(at / names.length))),
    agree,
  };
}

/** A decade beyond which a surprise counts by its logarithm: no training bears out that it is so rare. */
const PLAIN_UP_TO = 6;
/** One metric counts for so much of a sum at most: a sum is about several. */
const MOST_OF_SUM = 2;

export function tameSurprises(tail: ScoreTail, scores: Float64Array): Float64Array {
  return scores.map((score) => {
    const surprise = surpriseOf(tail, score);
    return surprise <= PLAIN_UP_TO ? surprise : PLAIN_UP_TO + Math.log1p(surprise - PLAIN_UP_TO);
  });
}

/**
 * An entity that training did not know, or too briefly, is young until it has been there for a while: what starts is no
 * anomaly for not being where the others are. So is one that comes back after all that its levels look back on. Nor does a
 * stretch count that reaches into that time: its mean is that of a start. Where training knows how the pods of its workload start, a
 * metric is judged by that from the first row on.
 *
 * @param given.scores of the model, one a row of `x`; NaN where there is none: those rows have the metrics' evidence
 * @param given.from epoch ms: earlier rows are looked back on alone
 * @param given.lookback rows before a row that its score is made of: an entity is as much longer young to the model
 */
export function gatherEvidence(given: {
  readonly x: FeatureMatrix;
  readonly scores: Float64Array;
  readonly fitted: FittedEvidence;
  readonly lookback: number;
  readonly from?: number | undefined;
  readonly leastChanges: ScanInput['leastChanges'];
}): RowEvidence {
  const { x, scores, fitted, leastChanges, lookback, from } = given;
  const { plan, expectation, tail, reach, pooledReach, starts } = fitted;
  const input = { x, expectation, plan, starts, leastChanges, from, surprises: tameSurprises(tail, scores) };
  const ages = listAges(x, fitted);
  const youth = (length: number): number => youthOf(plan, length);
  const jointYouth = jointYouthOf(plan, lookback);
  const overruns = x.entities.map((entity) =>
    overrunOf(starts, { entity, workloads: expectation.workloads }),
  );
  const rows = x.times.length;
  const metrics = new Float64Array(rows);
  const joint = new Float64Array(rows);
  const anchored = new Float64Array(rows);
  const off = new Int8Array(rows * x.names.length);
  const agree = new Uint8Array(rows * x.names.length);
  const telling = new Int32Array(rows).fill(-1);
  const told = new Int32Array(rows).fill(-1);
  const stretch = new Uint16Array(rows);
  const sinceOnset = new Uint8Array(rows);
  const jointSinceOnset = new Uint8Array(rows);
  const sums = openSums(plan);
  scan(input, (statistic) => {
    const { component, column, length, values, rows: own, begin } = statistic;
    const limit = Math.max(reach[component]!, statistic.least);
    const least = column < 0 ? jointYouth + (overruns[x.entityOf[own[0]!]!] ?? 0) : youth(length);
    for (let i = begin; i < own.length; i++) {
      const row = own[i]!;
      if (ages[row]! < least && ages[row]! >= statistic.startKnownUntil) continue;
      const ratio = values[i]! / limit;
      if (column < 0) {
        if (ratio > joint[row]!) {
          joint[row] = ratio;
          jointSinceOnset[row] = statistic.sinceOnset?.[i] ?? 0;
        }
      } else if (ratio > metrics[row]!) {
        metrics[row] = ratio;
        telling[row] = component;
        told[row] = 2 * column + Number(statistic.side === 'below');
        // Of a young entity the rows since it began.
        stretch[row] = Math.min(length || SHORT.n, Math.round(ages[row]! / plan.step) + 1);
        sinceOnset[row] = statistic.sinceOnset?.[i] ?? 0;
      }
      if (statistic.anchored === undefined) continue;
      const alone = statistic.anchored[i]! / limit;
      if (alone > anchored[row]!) anchored[row] = alone;
      if (!(alone > 0)) continue;
      const place = row * x.names.length + column;
      off[place] = toOffUnits(alone, statistic.side);
      agree[place] = statistic.agree![i]!;
    }
    if (pooledReach.length > 0) sums.add(statistic, limit, takeSums);
  });
  return {
    names: x.names,
    metrics,
    joint,
    telling,
    series: told,
    stretch,
    sinceOnset,
    jointSinceOnset,
    anchored,
    off,
    agree,
  };

  function takeSums({ rows: own, begin }: Statistic, totals: readonly Float64Array[]): void {
    for (const [at, limit] of pooledReach.entries())
      for (let i = begin; i < own.length; i++) {
        const row = own[i]!;
        const ratio = totals[at]![i]! / limit;
        if (ratio <= metrics[row]! || ages[row]! < youth(plan.lengths[at]!)) continue;
        metrics[row] = ratio;
        telling[row] = -1;
        told[row] = -1;
        stretch[row] = plan.lengths[at]! || SHORT.n;
        sinceOnset[row] = 0;
      }
  }
}

function toOffUnits(ratio: number, side: Side): number {
  return (side === 'above' ? 1 : -1) * Math.min(FARTHEST_OFF, Math.round(ratio * OFF_UNITS));
}

/** Ms for which nothing is said of a new entity by a stretch of so many rows: a longer one reaches into its start for longer. */
export function youthOf(plan: ScanPlan, length: number): number {
  return graceOf(plan) + ((length || SHORT.n) - 1) * plan.step;
}

/**
 * The same of the model, which says something of the first rows until it looks back on none of them. It knows no starts: where they go on for
 * longer, nothing is said by it for as much longer.
 */
export function jointYouthOf(plan: ScanPlan, lookback: number): number {
  return youthOf(plan, lookback + 1 + Math.max(0, ...plan.jointLengths));
}

/** Ms, one a row, since the entity began; Infinity where training knew it, or knew nobody for long enough. */
function listAges(x: FeatureMatrix, { expectation, plan }: FittedEvidence): Float64Array {
  const ages = new Float64Array(x.times.length).fill(Number.POSITIVE_INFINITY);
  for (const [entity, rows] of groupRows(x).entries()) {
    if (!isNew(expectation, x.entities[entity]!)) continue;
    const own = measureAges(
      Float64Array.from(rows, (row) => x.times[row]!),
      plan,
    );
    for (const [i, row] of rows.entries()) ages[row] = own[i]!;
  }
  return ages;
}

/** Sums, over the metrics of a row, of how far each goes to its farther side: one a length. */
export function sumOverMetrics(input: ScanInput, reach: Float64Array): readonly Float64Array[] {
  const all = input.plan.lengths.map(() => new Float64Array(input.x.times.length));
  const sums = openSums(input.plan);
  scan(input, (statistic) =>
    sums.add(
      statistic,
      Math.max(reach[statistic.component]!, statistic.least),
      ({ rows: own, begin }, totals) => {
        for (const [at, total] of totals.entries())
          for (let i = begin; i < own.length; i++) all[at]![own[i]!] = total[i]!;
      },
    ),
  );
  return all;
}

/** One entity at a time: what is summed takes memory for its rows alone. */
function openSums({ lengths }: ScanPlan) {
  let above: readonly Float64Array[] = [];
  let totals: readonly Float64Array[] = [];
  let isTaken = true;
  return {
    /**
     * A metric's two sides follow one another: the first waits for the second. Behind an entity's metrics comes the
     * model, and with it `take` once: what was summed is complete then.
     */
    add(
      statistic: Statistic,
      limit: number,
      take: (of: Statistic, totals: readonly Float64Array[]) => void,
    ): void {
      const { rows: own, begin, column, side, length, values } = statistic;
      if (column < 0) {
        if (!isTaken) take(statistic, totals);
        isTaken = true;
        return;
      }
      if (isTaken) {
        above = lengths.map(() => new Float64Array(own.length));
        totals = lengths.map(() => new Float64Array(own.length));
        isTaken = false;
      }
      const at = lengths.indexOf(length);
      const higher = above[at]!;
      const total = totals[at]!;
      for (let i = begin; i < own.length; i++) {
        const ratio = Math.min(MOST_OF_SUM, values[i]! / limit);
        if (side === 'above') higher[i] = ratio;
        else total[i]! += Math.max(ratio, higher[i]!);
      }
    },
  };
}

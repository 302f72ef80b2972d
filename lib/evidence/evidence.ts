/**
 * The evidence of a row that something is wrong: how far its statistics go, in units of how far they go by themselves
 * within the time in which one false incident is put up with. At 1 an incident opens, whatever the metric and however
 * long it took.
 */
import type { Expectation } from '../expectation/expectation.ts';
import { LEAST_BLOCKS } from '../expectation/recent-level.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import type { ScoreTail } from '../maths/score-tail.ts';
import { surpriseOf } from '../maths/score-tail.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';
import { type ScanInput, type ScanPlan, SHORT, type Statistic, scan } from './statistics.ts';

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
}

/** Per row; 1 or above opens an incident. */
export interface RowEvidence {
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
  /** As `metrics`, of the metrics off what training foretells alone, wherever they have been of late. */
  readonly anchored: Float64Array;
}

/** Rows `from` up to `to` (exclusive). */
export function sliceEvidence(evidence: RowEvidence, from: number, to: number): RowEvidence {
  const { metrics, joint, telling, series, stretch, anchored } = evidence;
  return {
    metrics: metrics.subarray(from, to),
    joint: joint.subarray(from, to),
    telling: telling.subarray(from, to),
    series: series.subarray(from, to),
    stretch: stretch.subarray(from, to),
    anchored: anchored.subarray(from, to),
  };
}

export function pickEvidence(evidence: RowEvidence, rows: Uint32Array): RowEvidence {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  return {
    metrics: pick(evidence.metrics),
    joint: pick(evidence.joint),
    telling: Int32Array.from(rows, (row) => evidence.telling[row]!),
    series: Int32Array.from(rows, (row) => evidence.series[row]!),
    stretch: Uint16Array.from(rows, (row) => evidence.stretch[row]!),
    anchored: pick(evidence.anchored),
  };
}

/**
 * A row in which nothing was measured says nothing: that an entity is silent is no value of a metric.
 * @param availability per row, share of the metrics that hold a value
 */
export function silenceGaps(
  { metrics, joint, telling, series, stretch, anchored }: RowEvidence,
  availability: Float64Array,
): RowEvidence {
  const heard = (value: number, row: number): number => (availability[row]! > 0 ? value : 0);
  return {
    metrics: metrics.map(heard),
    joint: joint.map(heard),
    telling: telling.map((value, row) => (availability[row]! > 0 ? value : -1)),
    series: series.map((value, row) => (availability[row]! > 0 ? value : -1)),
    stretch: stretch.map(heard),
    anchored: anchored.map(heard),
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
 * anomaly for not being where the others are. So is one that comes back after all that its levels look back on.
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
  const { plan, expectation, tail, reach, pooledReach } = fitted;
  const input = { x, expectation, plan, leastChanges, from, surprises: tameSurprises(tail, scores) };
  const rows = x.times.length;
  const metrics = new Float64Array(rows);
  const joint = new Float64Array(rows);
  const anchored = new Float64Array(rows);
  const telling = new Int32Array(rows).fill(-1);
  const told = new Int32Array(rows).fill(-1);
  const stretch = new Uint16Array(rows);
  const sums = openSums(plan);
  scan(input, (statistic) => {
    const { component, column, length, values, rows: own } = statistic;
    const limit = Math.max(reach[component]!, statistic.least);
    for (let i = 0; i < own.length; i++) {
      const row = own[i]!;
      const ratio = values[i]! / limit;
      if (column < 0) {
        if (ratio > joint[row]!) joint[row] = ratio;
      } else if (ratio > metrics[row]!) {
        metrics[row] = ratio;
        telling[row] = component;
        told[row] = 2 * column + Number(statistic.side === 'below');
        stretch[row] = length || SHORT.n;
      }
      const alone = statistic.anchored === undefined ? 0 : statistic.anchored[i]! / limit;
      if (alone > anchored[row]!) anchored[row] = alone;
    }
    if (pooledReach.length > 0) sums.add(statistic, limit, takeSums);
  });
  const evidence = { metrics, joint, telling, series: told, stretch, anchored };
  silenceYoung(evidence, { x, fitted, lookback });
  return evidence;

  function takeSums(own: Uint32Array, totals: readonly Float64Array[]): void {
    for (const [at, limit] of pooledReach.entries())
      for (let i = 0; i < own.length; i++) {
        const ratio = totals[at]![i]! / limit;
        if (ratio <= metrics[own[i]!]!) continue;
        metrics[own[i]!] = ratio;
        telling[own[i]!] = -1;
        told[own[i]!] = -1;
        stretch[own[i]!] = plan.lengths[at]! || SHORT.n;
      }
  }
}

/** Ms for which an entity that training did not know is young. */
export function graceOf({ recent, step }: ScanPlan): number {
  return LEAST_BLOCKS * recent.block * step;
}

function silenceYoung(
  { metrics, joint, telling, series, stretch, anchored }: RowEvidence,
  { x, fitted, lookback }: Pick<Parameters<typeof gatherEvidence>[0], 'x' | 'fitted' | 'lookback'>,
): void {
  const { expectation, plan } = fitted;
  // Where training knew no entity for long, all that there is to judge is young.
  if (expectation.entities.size === 0) return;
  const grace = graceOf(plan);
  // What the model says after it is about the first rows until it looks back on none of them.
  const jointGrace = grace + (lookback + Math.max(...plan.jointLengths)) * plan.step;
  // A longer history would show what was before such a silence: with one or without, the entity begins after it.
  const silence = plan.recent.rows * plan.step;
  for (const [entity, rows] of groupRows(x).entries()) {
    if (expectation.entities.has(x.entities[entity]!)) continue;
    let begun = Number.NEGATIVE_INFINITY;
    let before = Number.NEGATIVE_INFINITY;
    for (const row of rows) {
      const time = x.times[row]!;
      if (time - before > silence) begun = time;
      before = time;
      if (time >= begun + jointGrace) continue;
      joint[row] = 0;
      if (time >= begun + grace) continue;
      metrics[row] = 0;
      telling[row] = -1;
      series[row] = -1;
      stretch[row] = 0;
      anchored[row] = 0;
    }
  }
}

/** Sums, over the metrics of a row, of how far each goes to its farther side: one a length. */
export function sumOverMetrics(input: ScanInput, reach: Float64Array): readonly Float64Array[] {
  const all = input.plan.lengths.map(() => new Float64Array(input.x.times.length));
  const sums = openSums(input.plan);
  scan(input, (statistic) =>
    sums.add(statistic, Math.max(reach[statistic.component]!, statistic.least), (own, totals) => {
      for (const [at, total] of totals.entries())
        for (let i = 0; i < own.length; i++) all[at]![own[i]!] = total[i]!;
    }),
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
      { rows: own, column, side, length, values }: Statistic,
      limit: number,
      take: (own: Uint32Array, totals: readonly Float64Array[]) => void,
    ): void {
      if (column < 0) {
        if (!isTaken) take(own, totals);
        isTaken = true;
        return;
      }
      if (isTaken) {
        above = lengths.map(() => new Float64Array(own.length));
        totals = lengths.map(() => new Float64Array(own.length));
        isTaken = false;
      }
      const at = lengths.indexOf(length);
      for (let i = 0; i < own.length; i++) {
        const ratio = Math.min(MOST_OF_SUM, values[i]! / limit);
        if (side === 'above') above[at]![i] = ratio;
        else totals[at]![i]! += Math.max(ratio, above[at]![i]!);
      }
    },
  };
}

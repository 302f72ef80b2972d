/**
 * From rows that no part of the judging model had seen to the return level of each statistic: the past is cut into
 * blocks of time, and each is judged by what the others taught.
 */
import type { FalseAlarmBudget } from '../config/false-alarm-budget.ts';
import { type Expectation, fitExpectation } from '../expectation/expectation.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { fitScoreTail } from '../maths/score-tail.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';
import { graceOf } from './entity-age.ts';
import { type FittedEvidence, jointYouthOf, sumOverMetrics, tameSurprises, youthOf } from './evidence.ts';
import { fitStarts } from './fit-starts.ts';
import { findBlockMaxima, findReturnLevel } from './return-level.ts';
import { overrunOf } from './starts.ts';
import {
  countComponents,
  describeComponent,
  planScan,
  type ScanInput,
  type ScanPlan,
  type Side,
  scan,
} from './statistics.ts';
import { CLIP } from './stretch-means.ts';
import { measureTimeSinceStart } from './time-since-start.ts';

/** A matrix with what is learned from, and what is judged by that. */
export interface EvidenceFold {
  readonly x: FeatureMatrix;
  /** Per row, 1 = normal and learned from. */
  readonly learned: Uint8Array;
  /** Per row, 1 = normal, judged, and not learned from. */
  readonly judged: Uint8Array;
  /** One a row, of a model that was fitted on the learned rows; NaN where it gave none. */
  readonly scores: Float64Array;
  /** On the scale of this matrix. */
  readonly leastChanges: ScanInput['leastChanges'];
}

/** `none`: what is no measurement, such as the time of day. */
export type Watched = Side | 'both' | 'none';

export interface EvidenceSettings {
  /** Ms. */
  readonly step: number;
  /** Ms after which a level that moved counts as the new one. */
  readonly settleAfter: number;
  /** Over all entities. */
  readonly budget: FalseAlarmBudget;
  readonly leastChanges: ScanInput['leastChanges'];
  /** One a column. */
  readonly directions: readonly Watched[];
  /** Rows before a row that its score is made of; left out: none. */
  readonly lookback?: number;
}

/** Rows of a block at least, and stretches of the statistic that it holds: maxima of neighbours are then two events. */
const BLOCK = { rows: 60, stretches: 2 } as const;
/**
 * Least return levels, in spreads and, of the model's surprise, in decades: what no block went beyond is not therefore
 * worth waking anybody for. A mean over a stretch strays less than a row; rows next to each other are alike, so that
 * thirty of them count as one.
 */
const LEAST = { short: 4, mean: 4, alike: 30, joint: 1.5, pooled: 1 } as const;
/**
 * A mean of rows that count as CLIP at most goes no farther than that, and a tail knows nothing of an end: most levels of
 * metrics that burst lay beyond, where no fault comes. So where no block of training went beyond the first share of CLIP, the
 * level leaves the second share of what is left.
 */
const BOUNDED = { seen: 0.66, left: 0.5 } as const;
/**
 * Levels are so much farther out than what was extrapolated: what was learned ages from its first day on, and a level that
 * wanders shows in the means of metrics first.
 */
const CAUTION = { means: 1.2, others: 1.1 } as const;
/** Stretches and sides of a metric that go their own ways: the others say the same of the same rows. */
const ALIKE_LENGTHS = 2;
/**
 * Parts of the budget: of metrics by themselves, of several together, and of the model. Together they are more than one: much of
 * what the model says, it says of what metrics say, too.
 */
const SHARES = { alone: 0.6, several: 0.2, joint: 1 } as const;
/** A block's chance of a false alarm is never taken to be larger. */
const MOST_PROBABLE = 0.5;
/**
 * Blocks below which nothing can be said of what all metrics do together: they start up together, and two hours show no other
 * state of theirs.
 */
const LEAST_BLOCKS_TOGETHER = 8;

/**
 * @param given.whole what the version's own model was fitted on
 * @param given.folds each with the columns of `whole`; none: least levels alone
 * @throws ModelError where fewer than ten learned rows have a score
 */
export function calibrateEvidence(given: {
  readonly whole: Omit<EvidenceFold, 'judged' | 'leastChanges'>;
  readonly folds: readonly EvidenceFold[];
  readonly settings: EvidenceSettings;
}): FittedEvidence {
  const { whole, folds, settings } = given;
  const plan = planScan(settings.step, settings.settleAfter);
  const expectation = fitExpectation(whole.x, whole.learned);
  const rate = { ...settings, metrics: whole.x.names.length, atOnce: countAtOnce(whole.x) };
  const among = countAmong(rate);
  const { leastChanges, budget } = settings;
  const starts = fitStarts({ ...whole, plan, expectation, leastChanges, budget, among });
  const judged = folds.map((fold) => ({
    fold,
    ages: measureTimeSinceStart(fold.x, graceOf(plan), (entity) => overrunOf(starts, { entity })),
    input: inputOf(fold, plan, expectation),
  }));
  const reach = findReaches(judged, { plan, rate, columns: whole.x.names.length });
  return {
    plan,
    expectation,
    tail: fitTail(whole),
    starts,
    reach,
    pooledReach: whole.x.names.length < 2 ? new Float64Array() : poolReaches(judged, { plan, rate, reach }),
  };
}

interface JudgedFold {
  readonly fold: EvidenceFold;
  /**
   * Ms, one a row, since its entity began, or less where its start goes on for longer than it is young: what scoring says nothing of sets
   * no level either.
   */
  readonly ages: Float64Array;
  readonly input: ScanInput;
}

interface Rate extends EvidenceSettings {
  readonly metrics: number;
  /** Entities side by side, on the average. */
  readonly atOnce: number;
}

/**
 * Levels and spreads are those of the learned rows. Seasons are the whole training's: they are medians over days, of
 * which the judged ones are a few, and a week that lacks its weekend knows of none.
 */
function inputOf(fold: EvidenceFold, plan: ScanPlan, whole: Expectation): ScanInput {
  const { x, learned, scores, leastChanges } = fold;
  return {
    x,
    plan,
    leastChanges,
    expectation: fitExpectation(x, learned, whole),
    surprises: tameSurprises(fitTail(fold), scores),
  };
}

function fitTail({ scores, learned }: Pick<EvidenceFold, 'scores' | 'learned'>) {
  return fitScoreTail(scores.filter((_, row) => learned[row] === 1));
}

function findReaches(
  judged: readonly JudgedFold[],
  given: { readonly plan: ScanPlan; readonly rate: Rate; readonly columns: number },
): Float64Array {
  const { plan, rate, columns } = given;
  const count = countComponents(columns, plan);
  const maxima: number[][] = Array.from({ length: count }, () => []);
  const bursts: number[][] = Array.from({ length: count }, () => []);
  const jointYouth = jointYouthOf(plan, rate.lookback ?? 0);
  for (const { fold, ages, input } of judged)
    scan(input, ({ component, column, length, values, alone, rows }) => {
      const youth = column < 0 ? jointYouth : youthOf(plan, length);
      const judged = (i: number): boolean => fold.judged[rows[i]!] === 1 && ages[rows[i]!]! >= youth;
      const blocks = { judged, block: blockOf(length) };
      maxima[component]!.push(...findBlockMaxima(values, blocks));
      if (alone !== undefined) bursts[component]!.push(...findBlockMaxima(alone, blocks));
    });
  return Float64Array.from(maxima, (found, component) => {
    const { column, side, length } = describeComponent(component, { columns, plan });
    if (!isWatched(rate.directions[column], side)) return Number.POSITIVE_INFINITY;
    if (column < 0 && isTooShort(found)) return Number.POSITIVE_INFINITY;
    // One budget for all: a false alarm of each is as rare as there are of them.
    const among = column < 0 ? ALIKE_LENGTHS / SHARES.joint : countAmong(rate);
    const tail = findReturnLevel(found, probabilityOf(blockOf(length), rate, among));
    if (column < 0) return CAUTION.others * Math.max(LEAST.joint, tail);
    const known = findKnownBurst(bursts[component]!, probabilityOf(blockOf(length), rate, 1));
    if (length === 0) return CAUTION.others * Math.max(LEAST.short, tail, known);
    return CAUTION.means * Math.max(leastOfMean(length), boundLevel(tail, found));
  });
}

/** @param level of a mean, as extrapolated @param maxima of blocks, of that mean */
function boundLevel(level: number, maxima: readonly number[]): number {
  const seen = maxima.reduce((most, value) => Math.max(most, value), 0);
  return seen > BOUNDED.seen * CLIP ? level : Math.min(level, CLIP - BOUNDED.left * (CLIP - seen));
}

/** Without any block nothing was held back, and there are the least levels. */
function isTooShort({ length }: readonly number[]): boolean {
  return length > 0 && length < LEAST_BLOCKS_TOGETHER;
}

/**
 * Where single rows go by themselves as often as the budget puts up with false alarms, once at least. Three rows within
 * four that go no farther are a burst like those, and no news before the mean over a longer stretch says so, too.
 * @param maxima of blocks, of single rows
 * @param probability of a block to hold a false alarm that is put up with
 * @returns 0 where there is no block
 */
function findKnownBurst(maxima: readonly number[], probability: number): number {
  const rank = Math.max(1, Math.round(maxima.length * probability));
  return maxima.toSorted((a, b) => b - a)[rank - 1] ?? 0;
}

function poolReaches(
  judged: readonly JudgedFold[],
  { plan, rate, reach }: { readonly plan: ScanPlan; readonly rate: Rate; readonly reach: Float64Array },
): Float64Array {
  const maxima: number[][] = plan.lengths.map(() => []);
  for (const { fold, ages, input } of judged) {
    const sums = sumOverMetrics(input, reach);
    for (const rows of groupRows(fold.x))
      for (const [at, length] of plan.lengths.entries()) {
        const own = Float64Array.from(rows, (row) => sums[at]![row]!);
        const youth = youthOf(plan, length);
        const isJudged = (i: number): boolean => fold.judged[rows[i]!] === 1 && ages[rows[i]!]! >= youth;
        maxima[at]!.push(...findBlockMaxima(own, { judged: isJudged, block: blockOf(length) }));
      }
  }
  return Float64Array.from(maxima, (found, at) => {
    if (isTooShort(found)) return Number.POSITIVE_INFINITY;
    const among = ALIKE_LENGTHS / SHARES.several;
    const level = findReturnLevel(found, probabilityOf(blockOf(plan.lengths[at]!), rate, among));
    return CAUTION.means * Math.max(LEAST.pooled, level);
  });
}

function isWatched(direction: Watched | undefined, side: Side): boolean {
  return direction === undefined || direction === 'both' || direction === side;
}

function blockOf(length: number): number {
  return Math.max(BLOCK.rows, BLOCK.stretches * length);
}

function probabilityOf(block: number, { step, budget, atOnce }: Rate, among: number): number {
  return Math.min(MOST_PROBABLE, (block * step * budget.count) / (budget.per * atOnce * among));
}

/** Statistics of single metrics that share their part of the budget. */
function countAmong({ metrics }: Pick<Rate, 'metrics'>): number {
  return (ALIKE_LENGTHS * metrics) / SHARES.alone;
}

function leastOfMean(length: number): number {
  return LEAST.mean / Math.sqrt(Math.max(1, length / LEAST.alike));
}

/** Rows for each of the times at which any entity has one. */
function countAtOnce({ times }: FeatureMatrix): number {
  return Math.max(1, times.length / new Set(times).size);
}

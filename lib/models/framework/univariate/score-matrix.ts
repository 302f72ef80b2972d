/** From the residuals of each column to a score and an explanation of the row. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { Contribution } from '../contract.ts';
import { toContributions } from '../contributions.ts';
import type { FittedSeries, SeriesScores, UnivariateKind } from './contract.ts';
import { groupRows, takeSeries, takeTimes } from './group-rows.ts';
import { takeRecord } from './packed-records.ts';
import { emptyScores } from './series-scores.ts';
import { measureSurprise, TAIL_LENGTH } from './tail.ts';

/**
 * Columns of a row that make up its score: the mean of so many largest surprises. A fault seldom shows in one metric
 * alone, and one of many metrics is always far out.
 */
const LARGEST = 3;

/**
 * Bits of surprise, or what the kind weighs residuals by; 0 for a row in which nothing was measured, or nothing that was ever measured in training; NaN for
 * the first `unscoredRows` rows of an entity, and for those before `from` (epoch ms): a kind goes over them, to know where
 * a series stands.
 */
export function scoreMatrix<Params>(
  kind: UnivariateKind<Params>,
  fitted: FittedSeries<Params>,
  x: FeatureMatrix,
  from: number = Number.NEGATIVE_INFINITY,
): Float64Array {
  const scores = new Float64Array(x.times.length).fill(NaN);
  const width = fitted.columns.length;
  const unscored = kind.unscoredRows(fitted.params);
  const lines = indexEntities(fitted);
  for (const [entity, rows] of groupRows(x).entries()) {
    const times = takeTimes(x, rows);
    const surprises = new Float64Array(rows.length * width);
    for (let column = 0; column < width; column++) {
      const found = scoreColumn(
        { kind, fitted, x, line: lines.get(x.entities[entity]!), rows, times },
        column,
      );
      if (found === undefined) continue;
      const { residuals } = found.scores;
      for (let i = unscored; i < rows.length; i++) {
        const residual = residuals[i]!;
        if (times[i]! >= from && !Number.isNaN(residual))
          surprises[i * width + column] = weigh(kind, fitted.tails, found.tail, residual);
      }
    }
    for (let i = unscored; i < rows.length; i++)
      if (times[i]! >= from) scores[rows[i]!] = meanOfLargest(surprises.subarray(i * width, (i + 1) * width));
  }
  return scores;
}

/** Shares of the surprises that make up the score; where there are none, every column has the same. */
export function explainMatrix<Params>(
  kind: UnivariateKind<Params>,
  fitted: FittedSeries<Params>,
  x: FeatureMatrix,
  asked: Uint32Array,
): readonly (readonly Contribution[])[] {
  const { columns } = fitted;
  const lines = indexEntities(fitted);
  const explained = new Map<number, readonly Contribution[]>();
  const wanted = new Set(asked);
  for (const [entity, rows] of groupRows(x).entries()) {
    const places = [...rows.keys()].filter((i) => wanted.has(rows[i]!));
    if (places.length === 0) continue;
    const times = takeTimes(x, rows);
    const found = columns.map((_, column) =>
      scoreColumn({ kind, fitted, x, line: lines.get(x.entities[entity]!), rows, times }, column),
    );
    for (const i of places) explained.set(rows[i]!, explainRow(i, found));
  }
  return Array.from(asked, (row) => explained.get(row) ?? []);

  function explainRow(i: number, found: readonly (ColumnScores | undefined)[]): readonly Contribution[] {
    const surprises = found.map((each) => {
      const residual = each?.scores.residuals[i] ?? NaN;
      return each === undefined || Number.isNaN(residual)
        ? 0
        : weigh(kind, fitted.tails, each.tail, residual);
    });
    const largest = [...surprises.keys()].sort((a, b) => surprises[b]! - surprises[a]!).slice(0, LARGEST);
    const weights = surprises.map((surprise, column) => (largest.includes(column) ? surprise : 0));
    return toContributions(columns, weights, (column) => boundsAt(found[column]?.scores, i));
  }
}

/** What a residual adds to the score of its row. */
function weigh(
  kind: Pick<UnivariateKind<never>, 'weigh'>,
  tails: Float32Array,
  tail: number,
  residual: number,
): number {
  return kind.weigh === 'by-tail' ? measureSurprise(tails, tail, residual) : Math.abs(residual);
}

/** Nothing where nothing is expected: a column that was never measured in training. */
function boundsAt(
  scores: SeriesScores | undefined,
  i: number,
): Partial<Pick<Contribution, 'expected' | 'low' | 'high'>> {
  const expected = scores?.expected[i] ?? NaN;
  if (scores === undefined || Number.isNaN(expected)) return {};
  return { expected, low: scores.low[i]!, high: scores.high[i]! };
}

/** Entity → index of its first series. */
function indexEntities({ entities, columns }: FittedSeries<unknown>): ReadonlyMap<string, number> {
  return new Map(entities.map((name, i) => [name, i * columns.length]));
}

interface ColumnScores {
  readonly scores: SeriesScores;
  /** Where the series' tail starts. */
  readonly tail: number;
}

/** Undefined where the column was never measured in training. */
function scoreColumn<Params>(
  given: {
    readonly kind: UnivariateKind<Params>;
    readonly fitted: FittedSeries<Params>;
    readonly x: FeatureMatrix;
    /** First series of the entity; undefined for one that was not in training. */
    readonly line: number | undefined;
    readonly rows: Uint32Array;
    readonly times: Float64Array;
  },
  column: number,
): ColumnScores | undefined {
  const { kind, fitted, line } = given;
  const standIn = fitted.entities.length * fitted.columns.length + column;
  const own = line === undefined ? standIn : line + column;
  const index = fitted.offsets[own] === fitted.offsets[own + 1] ? standIn : own;
  const record = takeRecord(fitted, index);
  if (record.length === 0) return undefined;
  const series = takeSeries(given, column);
  const scores = emptyScores(series.times.length);
  kind.score(series, record, fitted.params, scores);
  return { scores, tail: index * TAIL_LENGTH };
}

/** Zeros stand for values that are missing: they make up for no surprise of others. */
function meanOfLargest(surprises: Float64Array): number {
  const count = Math.min(LARGEST, surprises.length);
  const largest = new Float64Array(count);
  for (const surprise of surprises) {
    let rest = surprise;
    for (let i = 0; i < count; i++) {
      if (rest <= largest[i]!) continue;
      const smaller = largest[i]!;
      largest[i] = rest;
      rest = smaller;
    }
  }
  return largest.reduce((sum, surprise) => sum + surprise, 0) / count;
}

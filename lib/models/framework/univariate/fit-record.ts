/** One record of a model of single metrics, and what its own residuals were like. */
import type { Series, SeriesFit, UnivariateKind } from './contract.ts';
import { emptyScores } from './series-scores.ts';
import { fitTail } from './tail.ts';

export interface FittedRecord {
  /** Empty where the values tell nothing. */
  readonly record: ArrayLike<number>;
  /** TAIL_LENGTH numbers; undefined for an empty record. */
  readonly tail: Float32Array | undefined;
}

/** The same series give the same record, whoever calls. @param series one, or several for the stand-in of their column */
export type FitRecord = (series: readonly Series[]) => FittedRecord;

export async function openFitRecord<Params>(
  kind: UnivariateKind<Params>,
  params: Params,
): Promise<FitRecord> {
  const opened = await kind.openFit(params);
  return (series) => {
    const record = fitOne(opened, series);
    if (record.length === 0) return { record, tail: undefined };
    return { record, tail: fitTail(residualsOf({ kind, series, record, params })) };
  };
}

function fitOne(opened: SeriesFit, series: readonly Series[]): ArrayLike<number> {
  const [first, ...others] = series;
  if (first === undefined) throw new RangeError('no series to fit');
  return others.length === 0 ? opened.fit(first) : opened.fitPool(series);
}

/** Of the training, the first rows of a series included: there are no others before them. */
function residualsOf<Params>(given: {
  readonly kind: UnivariateKind<Params>;
  readonly series: readonly Series[];
  readonly record: ArrayLike<number>;
  readonly params: Params;
}): Float64Array {
  const lengths = given.series.map(({ times }) => times.length);
  const residuals = new Float64Array(lengths.reduce((sum, length) => sum + length, 0)).fill(NaN);
  // Of a pool of thousands only the residuals are kept.
  const { expected, low, high } = emptyScores(Math.max(...lengths));
  let at = 0;
  for (const series of given.series) {
    const { length } = series.times;
    const clear = (of: Float64Array): Float64Array => of.subarray(0, length).fill(NaN);
    given.kind.score(series, given.record, given.params, {
      residuals: residuals.subarray(at, at + length),
      expected: clear(expected),
      low: clear(low),
      high: clear(high),
    });
    at += length;
  }
  return residuals;
}

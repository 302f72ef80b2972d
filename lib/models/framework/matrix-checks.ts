/** What a model asks of a matrix before it fits, scores or explains. */
import { FeatureError, ModelError } from '../../base/errors.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { sumColumns } from '../../maths/linalg/column-sums.ts';
import type { FitRun } from './contract.ts';

/**
 * @throws ModelError where there are fewer rows than the fit takes, no column, an infinite value, no measured one, labels
 *   for other rows, or a seed out of range
 */
export function checkTraining(
  { names, times, values }: FeatureMatrix,
  { seed, labels }: Pick<FitRun, 'seed' | 'labels'>,
  minRows: number,
): void {
  const rows = times.length;
  const width = names.length;
  if (rows < minRows) throw new ModelError('too-few-rows', `${rows} rows, a fit takes at least ${minRows}`);
  if (width === 0) throw new ModelError('bad-matrix', '0 columns, a fit takes at least 1');
  if (values.length !== rows * width)
    throw new ModelError('bad-matrix', `${values.length} values for ${rows} rows of ${width} columns`);
  if (labels !== undefined && labels.length !== rows)
    throw new ModelError('bad-matrix', `${labels.length} labels for ${rows} rows`);
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
    throw new ModelError('bad-seed', `seed ${seed} is not a whole number from 0 to 4294967295`);
  const { counts, lows, highs } = sumColumns({ values, width });
  if (lows.includes(-Infinity) || highs.includes(Infinity)) {
    const at = values.findIndex((value) => Math.abs(value) === Infinity);
    throw new ModelError(
      'infinite-value',
      `${values[at]} in column ${names[at % width]}, row ${Math.floor(at / width)}; a missing value is NaN`,
    );
  }
  if (counts.every((count) => count === 0))
    throw new ModelError('nothing-measured', `${rows} rows without a single value`);
}

/** @throws FeatureError where the columns are not the fitted ones, in that order */
export function checkColumns({ names, times, values }: FeatureMatrix, columns: readonly string[]): void {
  const at = columns.findIndex((column, c) => column !== names[c]);
  if (at >= 0 || names.length !== columns.length)
    throw new FeatureError(
      'column-mismatch',
      `columns ${names.join(', ')} are not the ones that the model was fitted on, in order: ${columns.join(', ')}`,
    );
  if (values.length !== times.length * names.length)
    throw new FeatureError(
      'bad-matrix',
      `${values.length} values for ${times.length} rows of ${names.length} columns`,
    );
}

/** @throws FeatureError where a row is not in the matrix */
export function checkRows({ times }: FeatureMatrix, rows: Uint32Array): void {
  const beyond = rows.find((row) => row >= times.length);
  if (beyond !== undefined)
    throw new FeatureError('no-such-row', `row ${beyond} to explain, the matrix has ${times.length}`);
}

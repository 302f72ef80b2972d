/** What is asked of a matrix before it is fitted on or scored. */
import { FeatureError, ModelError } from '../../errors.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';

/** @throws ModelError where there are fewer than 2 rows, a value is infinite, a label misses or nothing was measured */
export function checkTraining({ names, times, values }: FeatureMatrix, labels: Uint8Array | undefined): void {
  const rows = times.length;
  const width = names.length;
  if (rows < 2) throw new ModelError('too-few-rows', `${rows} rows, a fit takes at least 2`);
  if (width === 0) throw new ModelError('bad-matrix', 'no column, a fit takes at least 1');
  if (values.length !== rows * width)
    throw new ModelError('bad-matrix', `${values.length} values for ${rows} rows of ${width} columns`);
  if (labels !== undefined && labels.length !== rows)
    throw new ModelError('bad-matrix', `${labels.length} labels for ${rows} rows`);
  let isMeasured = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.abs(value) === Infinity)
      throw new ModelError(
        'infinite-value',
        `${value} in column ${names[i % width]}, row ${Math.floor(i / width)}; a missing value is NaN`,
      );
    if (!Number.isNaN(value) && labels?.[Math.floor(i / width)] !== 1) isMeasured = true;
  }
  if (!isMeasured) throw new ModelError('nothing-measured', `${rows} rows without a single value`);
}

/** @throws FeatureError where the columns are not the ones of the fit, in that order, or a value is infinite */
export function checkScored({ names, times, values }: FeatureMatrix, columns: readonly string[]): void {
  if (names.length !== columns.length || columns.some((column, c) => column !== names[c]))
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

/** @throws FeatureError where a row is not one of the matrix */
export function checkRows({ times }: FeatureMatrix, rows: Uint32Array): void {
  const beyond = rows.find((row) => row >= times.length);
  if (beyond !== undefined)
    throw new FeatureError('no-such-row', `row ${beyond} to explain, the matrix has ${times.length}`);
}

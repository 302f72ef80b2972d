/** Rows to learn from and rows to be judged on. Time decides, nothing is ever shuffled. */
import { EvaluationError } from '../../base/errors.ts';

/** What a split looks at. Sorted by entity, then time. */
export interface SplitRows {
  readonly entityOf: Uint32Array;
  /** Epoch ms, strictly ascending within an entity. */
  readonly times: Float64Array;
}

export interface Split {
  /** Row numbers, ascending. */
  readonly train: Uint32Array;
  readonly test: Uint32Array;
  /** Rows in neither: in the gap, or before a bounded training range. */
  readonly unused: number;
}

/** @throws EvaluationError where there is no row, lengths differ, or times do not ascend within an entity */
export function checkSplitRows({ entityOf, times }: SplitRows): void {
  if (times.length === 0) throw new EvaluationError('no-rows', '0 rows to split, at least 2');
  if (entityOf.length !== times.length)
    throw new EvaluationError('bad-length', `entityOf: ${entityOf.length} values for ${times.length} rows`);
  for (let row = 0; row < times.length; row++) {
    const continues = row > 0 && entityOf[row] === entityOf[row - 1];
    if (!Number.isFinite(times[row]!) || (continues && !(times[row]! > times[row - 1]!)))
      throw new EvaluationError(
        'bad-order',
        `row ${row} has the time ${times[row]}${continues ? `, the row before it ${times[row - 1]}` : ''}; times ascend within an entity`,
      );
  }
}

/** @throws EvaluationError where `value` is not a finite number of ms, 0 or more */
export function checkDuration(name: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0))
    throw new EvaluationError('bad-duration', `${name} is ${value} ms; it is 0 or more`);
}

/** @throws EvaluationError where one side is empty */
export function makeSplit(
  rows: SplitRows,
  sideOf: (row: number) => 'train' | 'test' | undefined,
  describe: string,
): Split {
  const all = Uint32Array.from(rows.times.keys());
  const sides = Array.from(all, sideOf);
  const train = all.filter((row) => sides[row] === 'train');
  const test = all.filter((row) => sides[row] === 'test');
  if (train.length === 0 || test.length === 0)
    throw new EvaluationError(
      'empty-split',
      `${describe} leaves ${train.length} training and ${test.length} test rows of ${all.length}; both need 1`,
    );
  return { train, test, unused: all.length - train.length - test.length };
}

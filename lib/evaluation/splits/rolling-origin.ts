/** Learns up to an instant, is judged on what follows, moves on: backtests as if time had passed. */
import { EvaluationError } from '../../base/errors.ts';
import { checkDuration, checkSplitRows, makeSplit, type Split, type SplitRows } from './split.ts';

export interface Fold extends Split {
  /** Epoch ms: first instant of the test range, and its exclusive end. */
  readonly testStart: number;
  readonly testEnd: number;
}

/**
 * `folds` test ranges of `test` ms each, side by side, the last one ending with the data. Each fold learns from all
 * rows that lie before the gap, or from the last `train` ms of those. All entities are cut at the same
 * instants. Oldest fold first.
 * @param given.step ms between rows: the data ends a step after its newest row
 * @param given.gap ms: rows of `[testStart - gap, testStart)` are left out
 * @param given.train ms; absent: all there is (expanding)
 * @throws EvaluationError that names the value and its limit, or where a fold has no training or no test row
 */
export function splitRollingOrigin(
  rows: SplitRows,
  given: {
    readonly folds: number;
    readonly test: number;
    readonly gap: number;
    readonly step: number;
    readonly train?: number;
  },
): readonly Fold[] {
  const { folds, test, gap, step, train = Infinity } = given;
  if (!(Number.isInteger(folds) && folds >= 1))
    throw new EvaluationError('bad-folds', `${folds} folds; a whole number, 1 or more`);
  checkDuration('gap', gap);
  for (const [name, value] of [
    ['test', test],
    ['step', step],
    ['train', train],
  ] as const)
    if (!(value > 0)) throw new EvaluationError('bad-duration', `${name} is ${value} ms; it is above 0`);
  checkSplitRows(rows);
  const { times } = rows;
  const end = times.reduce((newest, time) => Math.max(newest, time), -Infinity) + step;
  return Array.from({ length: folds }, (_, fold) => {
    const testStart = end - (folds - fold) * test;
    const testEnd = testStart + test;
    const trainEnd = testStart - gap;
    const split = makeSplit(
      rows,
      (row) => {
        const time = times[row]!;
        if (time >= testStart && time < testEnd) return 'test';
        return time < trainEnd && time >= trainEnd - train ? 'train' : undefined;
      },
      `fold ${fold + 1} of ${folds} (test of ${test} ms from ${testStart}, gap ${gap} ms)`,
    );
    return { ...split, testStart, testEnd };
  });
}

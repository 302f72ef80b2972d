/** Keeps the newest rows for the test. */
import { EvaluationError } from '../../base/errors.ts';
import { checkDuration, checkSplitRows, makeSplit, type Split, type SplitRows } from './split.ts';

/**
 * Test: the newest `share` of the rows, rounded up to a whole row. Train: what lies before the gap.
 *
 * `by: 'time'` cuts all entities at one instant, so that no test hour is seen through a neighbour; rows of that
 * instant are all test rows. `by: 'entity'` cuts each entity's own tail, for entities that do not live at the same
 * time; one with too few rows for both sides is an error.
 * @param given.share above 0 and below 1
 * @param given.gap ms: rows of `[first test row - gap, first test row)` are left out. Give the longest lookback of the
 *   features plus the length of an incident.
 * @throws EvaluationError that names the value and its limit, or where one side is left empty
 */
export function holdOutTail(
  rows: SplitRows,
  given: { readonly share: number; readonly gap: number; readonly by: 'time' | 'entity' },
): Split {
  const { share, gap, by } = given;
  if (!(share > 0 && share < 1))
    throw new EvaluationError('bad-share', `a test share of ${share}; it is above 0 and below 1`);
  checkDuration('gap', gap);
  checkSplitRows(rows);
  const { times, entityOf } = rows;
  const cuts = by === 'time' ? undefined : cutsByEntity(rows, share);
  const cut = cutOf(times, share);
  const describe = `a test share of ${share} with a gap of ${gap} ms`;
  const split = makeSplit(
    rows,
    (row) => {
      const firstTest = cuts === undefined ? cut : cuts.get(entityOf[row]!)!;
      if (times[row]! >= firstTest) return 'test';
      return times[row]! < firstTest - gap ? 'train' : undefined;
    },
    describe,
  );
  if (by === 'entity') checkEveryEntityTrains(rows, split, describe);
  return split;
}

/** Time of the first test row. */
function cutOf(times: Float64Array, share: number): number {
  const sorted = times.slice().sort();
  return sorted[sorted.length - Math.ceil(share * sorted.length)]!;
}

function cutsByEntity({ entityOf, times }: SplitRows, share: number): ReadonlyMap<number, number> {
  const timesOf = new Map<number, number[]>();
  for (let row = 0; row < times.length; row++) {
    const known = timesOf.get(entityOf[row]!);
    if (known === undefined) timesOf.set(entityOf[row]!, [times[row]!]);
    else known.push(times[row]!);
  }
  return new Map([...timesOf].map(([entity, own]) => [entity, cutOf(Float64Array.from(own), share)]));
}

function checkEveryEntityTrains({ entityOf }: SplitRows, { train }: Split, describe: string): void {
  const trained = new Set(Array.from(train, (row) => entityOf[row]!));
  const without = entityOf.find((entity) => !trained.has(entity));
  if (without !== undefined)
    throw new EvaluationError(
      'empty-split',
      `${describe} leaves entity ${without} without a training row; it has ${entityOf.filter((entity) => entity === without).length} rows`,
    );
}

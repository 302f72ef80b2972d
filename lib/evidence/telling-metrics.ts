/** Which metrics say that a row is wrong: each one's own evidence there, and the stretch that gives it. */
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { pickRows } from '../features/pick-rows.ts';
import type { FittedEvidence } from './evidence.ts';
import { openSiblings } from './siblings.ts';
import { type ScanInput, type Side, scan } from './statistics.ts';

/**
 * What a column is off: `both` what training predicts and where it has been of late, as rows are judged; or `training` alone, as a slow drift
 * is told of.
 */
export type OffWhat = 'both' | 'training';

/** The statistic of a column that goes farthest at a row. */
export interface ColumnEvidence {
  /** Of the matrix. */
  readonly column: number;
  readonly side: Side;
  /** Of the stretch, as the plan has it; 0: 3 of the newest 4 rows. */
  readonly length: number;
  /** Number of the statistic. */
  readonly component: number;
  /** In units of how far it goes by itself; above 0. */
  readonly ratio: number;
}

/**
 * @param given.x with the rows that those asked for look back on; columns as `fitted` has them
 * @param rows of `x`
 * @returns for each of them the columns that are off, the largest ratio first
 */
export function findTellingColumns(
  given: {
    readonly x: FeatureMatrix;
    readonly fitted: Pick<FittedEvidence, 'plan' | 'expectation' | 'reach' | 'starts'>;
    readonly leastChanges: ScanInput['leastChanges'];
    readonly offWhat: OffWhat;
  },
  rows: Uint32Array,
): readonly (readonly ColumnEvidence[])[] {
  const { plan, expectation, reach, starts } = given.fitted;
  const asked = new Set(Array.from(rows, (row) => given.x.entityOf[row]!));
  const kept = Uint32Array.from(given.x.times.keys()).filter((row) => asked.has(given.x.entityOf[row]!));
  const x = pickRows(given.x, kept);
  const placeOf = new Map(Array.from(kept, (row, place) => [row, place]));
  const wanted = new Map<number, Map<number, ColumnEvidence>>();
  for (const row of rows) wanted.set(placeOf.get(row)!, new Map());
  const input: ScanInput = {
    x,
    expectation,
    // The model has no part in what a metric says by itself.
    plan: { ...plan, jointLengths: [] },
    surprises: new Float64Array(x.times.length).fill(Number.NaN),
    leastChanges: given.leastChanges,
    starts,
    siblings: openSiblings({ x: given.x, expectation, step: plan.step }),
    from: rows.reduce((first, row) => Math.min(first, given.x.times[row]!), Number.POSITIVE_INFINITY),
  };
  scan(input, ({ rows: own, begin, column, side, length, component, values: ofBoth, anchored, least }) => {
    const values = given.offWhat === 'both' ? ofBoth : anchored;
    if (values === undefined) return;
    const limit = Math.max(reach[component]!, least);
    for (let i = begin; i < own.length; i++) {
      const largest = wanted.get(own[i]!);
      const ratio = values[i]! / limit;
      if (largest === undefined || !(ratio > (largest.get(column)?.ratio ?? 0))) continue;
      largest.set(column, { column, side, length, component, ratio });
    }
  });
  return Array.from(rows, (row) =>
    [...wanted.get(placeOf.get(row)!)!.values()].sort((a, b) => b.ratio - a.ratio || a.column - b.column),
  );
}

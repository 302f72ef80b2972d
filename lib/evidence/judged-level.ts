/**
 * Which level a row is judged by. A metric is off only as far as it is off both: what training predicts and where it has been of
 * late (`statistics.ts`). So the nearer of the two is the one that a row is held against, and once a level has moved and
 * settled, people are to see that one.
 */
import { seriesOf } from '../expectation/expectation.ts';
import { LEAST_BLOCKS } from '../expectation/recent-level.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { lowerBound } from '../maths/quantile.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';
import type { FittedEvidence } from './evidence.ts';
import { type Measured, measureDemand, measureLevels } from './residuals.ts';
import { openSiblings } from './siblings.ts';

/** Nothing is measured before it is asked for: most rows are nobody's reason. */
export interface JudgedLevels {
  /**
   * How far the level that a row is held against lies off what training predicts, on the scale of the matrix. 0 where that is what training
   * predicts, also of a level of late that is within what training stayed within, or off it by less than matters.
   */
  movedAt(row: number, column: number): number;
}

/** @param given.x with the rows that levels look back on, before those that are asked for */
export function openJudgedLevels(given: {
  readonly x: FeatureMatrix;
  readonly fitted: Pick<FittedEvidence, 'plan' | 'expectation'>;
  readonly leastChanges: Measured['leastChanges'];
}): JudgedLevels {
  const { x, leastChanges } = given;
  const { plan, expectation } = given.fitted;
  const stretches = new Map<string, Stretch>();
  let opened: { readonly input: Measured; readonly groups: readonly Uint32Array[] } | undefined;
  const open = (): NonNullable<typeof opened> => ({
    input: {
      x,
      expectation,
      plan,
      leastChanges,
      siblings: openSiblings({ x, expectation, step: plan.step }),
    },
    groups: groupRows(x),
  });
  return {
    movedAt(row, column) {
      const entity = x.entityOf[row]!;
      const length = plan.recent.rows * plan.step;
      const number = Math.floor(x.times[row]! / length);
      const key = `${entity} ${number}`;
      opened ??= open();
      let found = stretches.get(key);
      if (found === undefined) {
        const rows = takeRows(opened.groups[entity]!, x.times, {
          from: number * length - countBefore(plan) * plan.step,
          to: (number + 1) * length,
        });
        const first = rows.findIndex((each) => x.times[each]! >= number * length);
        found = { entity, rows, first, moved: [] };
        stretches.set(key, found);
      }
      found.moved[column] ??= measureMoved(opened.input, { ...found, column }).slice(found.first);
      return found.moved[column][lowerBound(found.rows, row) - found.first]!;
    },
  };
}

/** Of one entity, with the rows before it that its levels look back on: a training has months. */
interface Stretch {
  readonly entity: number;
  readonly rows: Uint32Array;
  /** Of `rows`: the first that is not looked back on alone. */
  readonly first: number;
  /** Column → one a row from `first` on; undefined before it is asked for. */
  readonly moved: Float64Array[];
}

/** Rows that a level looks back on; before them a new entity would be taken for one that has just begun. */
function countBefore({ recent }: Measured['plan']): number {
  return recent.rows + (1 + LEAST_BLOCKS) * recent.block;
}

/** Epoch ms, `to` exclusive. @param rows in order of time */
function takeRows(
  rows: Uint32Array,
  times: Float64Array,
  { from, to }: { readonly from: number; readonly to: number },
): Uint32Array {
  return rows.filter((row) => times[row]! >= from && times[row]! < to);
}

/** One a row. */
function measureMoved(
  input: Measured,
  of: {
    readonly entity: number;
    readonly rows: Uint32Array;
    readonly column: number;
    /** Of `rows`. */
    readonly first: number;
  },
): Float64Array {
  const { x, expectation, plan } = input;
  if (Number.isNaN(seriesOf(expectation, x.entities[of.entity]!)[of.column]!.center))
    return new Float64Array(of.rows.length);
  const places = Float64Array.from(of.rows, (row) => Math.round(x.times[row]! / plan.step));
  const demand = measureDemand(input, { ...of, places });
  const { series, least, spread, anchored, levels, agree } = measureLevels(input, { ...of, places, demand });
  return levels.map((level, i) => {
    const at = level * spread;
    // NaN, where too little was measured, is no level; nor is one that its rows do not stay at.
    if (agree[i] === 0 || !(at < series.low || at > series.high) || Math.abs(at) < least) return 0;
    const off = anchored[i]! * spread;
    return Math.abs(off) < Math.abs(off - at) ? 0 : at;
  });
}

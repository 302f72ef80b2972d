/**
 * The season of a pod that has not been there for long enough to show one, by a pod of its workload that has: half of the pods of a
 * Deployment are younger than the days that a curve takes, and what their workload does by the hour they do, too.
 */
import { nameWorkload } from '../base/workload.ts';
import { hasSeason, type SeasonalCurve } from './seasonal-curve.ts';

/** Of an entity, what a unit of each column of the matrix is in the metric's own. */
export type UnitsOf = (entity: string) => ArrayLike<number>;

interface Known {
  readonly entity: string;
  /** One a column. */
  readonly series: readonly { readonly spread: number; readonly season: SeasonalCurve }[];
}

/**
 * @param known entities that have been there for long enough
 * @returns of an entity and a column the season of the middle one of its workload's pods that have one, on the scale of the
 *   entity; undefined where none has. StatefulSets keep their names, and another of theirs may be another machine.
 */
export function createLending(
  known: readonly Known[],
  unitsOf: UnitsOf,
): (entity: string, column: number) => SeasonalCurve | undefined {
  const workloads = Map.groupBy(known, ({ entity }) => nameWorkload(entity, []));
  return (entity, column) => {
    const workload = nameWorkload(entity, []);
    if (workload === entity) return undefined;
    const lenders = (workloads.get(workload) ?? [])
      .filter(({ series }) => hasSeason(series[column]!.season))
      .sort((a, b) => a.series[column]!.spread - b.series[column]!.spread);
    const lender = lenders[lenders.length >> 1];
    if (lender === undefined) return undefined;
    const times = unitsOf(lender.entity)[column]! / unitsOf(entity)[column]!;
    // NaN where either was constant: it has no scale.
    return times > 0 && Number.isFinite(times)
      ? scaleSeason(lender.series[column]!.season, times)
      : undefined;
  };
}

function scaleSeason({ day, week, scatter }: SeasonalCurve, times: number): SeasonalCurve {
  return { day: day.map((off) => times * off), week: week.map((off) => times * off), scatter };
}

/**
 * What the other pods of a workload do at the same time. A pod that training knew for less than some days, or not at all, has no
 * curve over the day of its own: at night it is off the level of the evening that it has lived. The older pods know that hour, and if
 * they are as usual and do the same as the young one, nothing is wrong with it.
 */
import { workloadIn } from '../base/inherit.ts';
import { type Expectation, expectAt, scatterAt, seriesOf } from '../expectation/expectation.ts';
import { unscale } from '../expectation/expected-range.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { scaleValue } from '../features/scaler.ts';
import { insertLast, middleOf } from '../maths/median.ts';
import { lowerBound } from '../maths/quantile.ts';
import { groupRows } from '../models/framework/univariate/group-rows.ts';

/** Spreads: an older pod that is farther off than that is no measure of what is usual. */
const USUAL = 3;

interface Given {
  readonly x: FeatureMatrix;
  readonly expectation: Expectation;
  /** Ms. */
  readonly step: number;
}

export interface Siblings {
  /**
   * What the older pods of an entity's workload had at each of these places: the median of those that were as usual for the hour, on
   * the entity's scale; NaN where there was none.
   * @param places on the grid of steps, ascending
   * @returns undefined where the entity knows its hours itself, or no pod of its workload does
   */
  valuesAt(entity: number, column: number, places: Float64Array): Float64Array | undefined;
}

/** Of one column of a workload, in the metric's own units. A training keeps those of each workload that has a young pod. */
interface Medians {
  /** On the grid of steps, ascending. */
  readonly places: Float64Array;
  readonly values: Float64Array;
}

/** Nothing is measured before it is asked for: most data has no young pods. */
export function openSiblings({ x, expectation, step }: Given): Siblings {
  const { profiles } = x;
  const byWorkload = new Map<string, readonly number[]>();
  const medians = new Map<string, Medians>();
  let groups: readonly Uint32Array[] | undefined;
  const knowsHours = (entity: number, column: number): boolean =>
    (expectation.entities.get(x.entities[entity]!)?.[column]?.season.day.length ?? 0) > 0;
  return {
    valuesAt(entity, column, places) {
      if (profiles === undefined || knowsHours(entity, column)) return undefined;
      const name = x.entities[entity]!;
      const workload = workloadIn(expectation, name);
      // What is no pod of several stands for itself.
      if (workload === name) return undefined;
      const key = JSON.stringify([workload, column]);
      const found = medians.get(key) ?? measure(workload, column);
      medians.set(key, found);
      if (found.places.length === 0) return undefined;
      const profile = profiles[entity]![column]!;
      let at = lowerBound(found.places, places[0] ?? Number.POSITIVE_INFINITY);
      return places.map((place) => {
        while (found.places[at]! < place) at++;
        return scaleValue(found.places[at] === place ? found.values[at]! : Number.NaN, profile);
      });
    },
  };

  /** Goes along the rows of all older pods at once. */
  function measure(workload: string, column: number): Medians {
    const pods = podsOf(workload)
      .filter((entity) => knowsHours(entity, column))
      .map((entity) => ({ ...findUsual(entity, column), at: 0 }));
    const most = pods.reduce((sum, pod) => sum + pod.places.length, 0);
    const places = new Float64Array(most);
    const values = new Float64Array(most);
    const together: number[] = [];
    let count = 0;
    for (;;) {
      let place = Number.POSITIVE_INFINITY;
      for (const pod of pods)
        if (pod.at < pod.places.length && pod.places[pod.at]! < place) place = pod.places[pod.at]!;
      if (place === Number.POSITIVE_INFINITY) break;
      together.length = 0;
      for (const pod of pods)
        for (; pod.places[pod.at] === place; pod.at++)
          insertLast(together, together.push(pod.values[pod.at]!) - 1);
      places[count] = place;
      values[count++] = middleOf(together);
    }
    return { places: places.slice(0, count), values: values.slice(0, count) };
  }

  /** Rows of an older pod in which it is as usual. */
  function findUsual(entity: number, column: number): Medians {
    groups ??= groupRows(x);
    const rows = groups[entity]!;
    const series = seriesOf(expectation, x.entities[entity]!)[column]!;
    const profile = profiles![entity]![column]!;
    const places = new Float64Array(rows.length);
    const values = new Float64Array(rows.length);
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const time = x.times[rows[i]!]!;
      const value = x.values[rows[i]! * x.names.length + column]!;
      const off = Math.abs(value - expectAt(series, time));
      // NaN, where nothing was measured, is not near.
      if (!(off <= USUAL * series.spread * scatterAt(series, time))) continue;
      places[count] = Math.round(time / step);
      values[count++] = unscale(value, profile);
    }
    return { places: places.subarray(0, count), values: values.subarray(0, count) };
  }

  function podsOf(workload: string): readonly number[] {
    if (byWorkload.size === 0)
      for (const [name, pods] of Map.groupBy(x.entities.keys(), (entity) =>
        workloadIn(expectation, x.entities[entity]!),
      ))
        byWorkload.set(name, pods);
    return byWorkload.get(workload) ?? [];
  }
}

/**
 * Rows as stretches without holes: each entity's rows in the order of the grid, with a row of NaN for every cell that
 * is not there. A cell without a row and a row without values then mean the same to whatever looks back.
 */
import { FeatureError } from '../base/errors.ts';
import type { MetricWindow } from '../window/window.ts';
import type { FeaturePlan } from './plan.ts';

/** Rows of one entity that stand next to each other on the grid. */
export interface Stretch {
  /** Rows of the laid-out arrays, `to` exclusive. */
  readonly from: number;
  readonly to: number;
  /** Epoch time of the first row / step, rounded down. */
  readonly firstCell: number;
}

export interface GridRows {
  /** Rows of the laid-out arrays. */
  readonly length: number;
  readonly stretches: readonly Stretch[];
  /** Row of the window → row of the laid-out arrays; undefined where they are the same. */
  readonly places: Uint32Array | undefined;
}

/**
 * A hole of more than `reach` cells begins a new stretch: nothing looks so far back.
 * @param reach rows
 * @throws FeatureError where rows of an entity are no whole number of steps apart
 */
export function layOutRows(window: MetricWindow, reach: number): GridRows {
  const { times, entityOf, step } = window;
  const places = new Uint32Array(times.length);
  const stretches: Stretch[] = [];
  let length = 0;
  let from = 0;
  for (let row = 0; row < times.length; row++) {
    const isFirst = row === 0 || entityOf[row] !== entityOf[row - 1];
    const distance = isFirst ? Infinity : (times[row]! - times[row - 1]!) / step;
    if (!isFirst && !(Number.isInteger(distance) && distance > 0))
      throw new FeatureError(
        'off-grid',
        `${window.detector}: rows ${times[row - 1]} and ${times[row]} of ${JSON.stringify(window.entities[entityOf[row]!])} are not on a grid of ${step} ms`,
      );
    if (distance - 1 <= reach) length += distance - 1;
    else {
      if (row > 0) close(row - 1);
      from = length;
    }
    places[row] = length++;
  }
  if (times.length > 0) close(times.length - 1);
  return { length, stretches, places: length === times.length ? undefined : places };

  function close(lastRow: number): void {
    const last = places[lastRow]!;
    stretches.push({ from, to: last + 1, firstCell: Math.floor(times[lastRow]! / step) - (last - from) });
  }
}

/** The values at their places, NaN in the holes; the same array where there are none. */
export function spreadValues(values: Float64Array, { places, length }: GridRows): Float64Array {
  if (places === undefined) return values;
  const spread = new Float64Array(length).fill(NaN);
  for (let row = 0; row < values.length; row++) spread[places[row]!] = values[row]!;
  return spread;
}

/** Back from `spreadValues`: the values of the given rows of the window, of all where `rows` is undefined. */
export function gatherValues(
  laidOut: Float64Array,
  { places }: Pick<GridRows, 'places'>,
  rows: Uint32Array | undefined,
): Float64Array {
  if (rows === undefined) {
    if (places === undefined) return laidOut;
    return Float64Array.from(places, (place) => laidOut[place]!);
  }
  const gathered = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++)
    gathered[i] = laidOut[places === undefined ? rows[i]! : places[rows[i]!]!]!;
  return gathered;
}

/** Rows that have all the history before them that the plan's columns look back on, ascending. */
export function findWarmRows(window: MetricWindow, { contextRows }: FeaturePlan): Uint32Array {
  const rows = Uint32Array.from({ length: window.times.length }, (_, row) => row);
  if (contextRows === 0) return rows;
  const { stretches, places } = layOutRows(window, contextRows);
  const history = new Uint32Array(stretches.at(-1)?.to ?? 0);
  for (const { from, to } of stretches)
    for (let place = from; place < to; place++) history[place] = place - from;
  return rows.filter((row) => history[places?.[row] ?? row]! >= contextRows);
}

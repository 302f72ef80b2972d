import type { MetricWindow } from '../window/window.ts';
import { layOutRows } from './grid-rows.ts';
import type { FeaturePlan } from './plan.ts';

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

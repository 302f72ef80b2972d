/** Several series that stand for one entity, such as those of an exporter before and after its restart, as one. */
import type { MatrixSeries } from './metric-source.ts';

export interface MergedSeries {
  /** Take turns: no two have a sample at the same time. */
  readonly series: readonly MatrixSeries[];
  /** Where two of them told different numbers of the same time; undefined where they nowhere did. */
  readonly conflict: SeriesConflict | undefined;
}

export interface SeriesConflict {
  /** Samples that were left without a number for it. */
  readonly cells: number;
  /** The first of them, epoch ms. */
  readonly time: number;
  readonly series: readonly [MatrixSeries, MatrixSeries];
  readonly values: readonly [number, number];
}

interface Cell {
  value: number;
  owner: MatrixSeries;
  isConflict: boolean;
}

/**
 * Where several have a sample, a number goes before a NaN and the same number stands. Different numbers cancel each
 * other: NaN, since nothing says which of them is right.
 */
export function mergeSeries(all: readonly MatrixSeries[]): MergedSeries {
  if (takeTurns(all)) return { series: all, conflict: undefined };
  const cells = new Map<number, Cell>();
  let conflict: SeriesConflict | undefined;
  for (const owner of all) {
    for (const [i, time] of owner.times.entries()) {
      const value = owner.values[i]!;
      const cell = cells.get(time);
      if (cell === undefined) cells.set(time, { value, owner, isConflict: false });
      else if (Number.isNaN(cell.value) && !cell.isConflict) Object.assign(cell, { value, owner });
      else if (!cell.isConflict && !Number.isNaN(value) && value !== cell.value) {
        const isFirst = conflict === undefined || time < conflict.time;
        conflict = {
          ...(isFirst
            ? { time, series: [cell.owner, owner], values: [cell.value, value] }
            : (conflict as SeriesConflict)),
          cells: (conflict?.cells ?? 0) + 1,
        };
        Object.assign(cell, { value: Number.NaN, isConflict: true });
      }
    }
  }
  const times = Float64Array.from(cells.keys()).sort();
  const values = times.map((time) => cells.get(time)!.value);
  return { series: [{ labels: all[0]!.labels, times, values }], conflict };
}

function takeTurns(all: readonly MatrixSeries[]): boolean {
  if (all.length < 2) return true;
  const seen = new Set<number>();
  for (const { times } of all)
    for (const time of times) {
      if (seen.has(time)) return false;
      seen.add(time);
    }
  return true;
}

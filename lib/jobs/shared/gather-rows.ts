/** Every metric of every entity over a short range, as windows come by that are read anyway. */
import type { TimeRange } from '../../window/time-range.ts';
import type { MetricWindow } from '../../window/window.ts';

/** A value for each step of the range; NaN where nothing was measured. */
export interface GatheredSeries {
  readonly entity: string;
  readonly metric: string;
  readonly values: Float64Array;
}

export interface RowGatherer {
  /** Epoch ms of the first value, and ms between them. */
  readonly range: TimeRange;
  readonly step: number;
  readonly add: (window: MetricWindow) => void;
  readonly list: () => readonly GatheredSeries[];
  /** Series that there was no room for. */
  readonly leftOut: () => number;
}

/** Values: 16 MB. 300 pods of 16 metrics, of five hours by the minute, are fewer. */
const MOST_VALUES = 2_000_000;

/** @param given.step ms */
export function gatherRows({
  range,
  step,
}: {
  readonly range: TimeRange;
  readonly step: number;
}): RowGatherer {
  const rows = Math.max(1, Math.ceil((range.end - range.start) / step));
  const most = Math.floor(MOST_VALUES / rows);
  const found = new Map<string, GatheredSeries>();
  const refused = new Set<string>();
  return {
    range,
    step,
    list: () => [...found.values()],
    leftOut: () => refused.size,
    add(window) {
      if (window.range.end <= range.start || window.range.start >= range.end) return;
      for (const [m, metric] of window.metrics.entries()) {
        const column = window.columns[m]!;
        // Rows of an entity lie together.
        let [entity, values]: [number, Float64Array | undefined] = [-1, undefined];
        for (let row = 0; row < window.times.length; row++) {
          const at = Math.floor((window.times[row]! - range.start) / step);
          if (at < 0 || at >= rows) continue;
          if (window.entityOf[row] !== entity) {
            entity = window.entityOf[row]!;
            values = valuesOf(window.entities[entity]!, metric);
          }
          if (values !== undefined) values[at] = column[row]!;
        }
      }
    },
  };

  function valuesOf(entity: string, metric: string): Float64Array | undefined {
    const key = JSON.stringify([entity, metric]);
    const known = found.get(key);
    if (known !== undefined) return known.values;
    if (found.size >= most) {
      refused.add(key);
      return undefined;
    }
    const values = new Float64Array(rows).fill(Number.NaN);
    found.set(key, { entity, metric, values });
    return values;
  }
}

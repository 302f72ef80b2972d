import { mergeWindows } from '../window/combine.ts';
import type { MetricWindow } from '../window/window.ts';
import { AVAILABILITY_COLUMN } from './plan.ts';
import type { PreparedRows } from './prepare-rows.ts';

/** Prepared windows as one; a metric that only some have is missing in the rows of the others. */
export function combinePreparedRows(prepared: readonly PreparedRows[]): PreparedRows {
  const [only] = prepared;
  if (only !== undefined && prepared.length === 1) return only;
  return splitAvailability(mergeWindows(prepared.map(withAvailability)));
}

/** Prepared rows after `change`, which may leave rows out, reorder none and change no value. */
export function changePreparedRows(
  prepared: PreparedRows,
  change: (window: MetricWindow) => MetricWindow,
): PreparedRows {
  return splitAvailability(change(withAvailability(prepared)));
}

/** As a column, so that it moves with its rows. */
function withAvailability({ window, availability }: PreparedRows): MetricWindow {
  return {
    ...window,
    metrics: [...window.metrics, AVAILABILITY_COLUMN],
    columns: [...window.columns, availability],
  };
}

function splitAvailability(merged: MetricWindow): PreparedRows {
  const at = merged.metrics.indexOf(AVAILABILITY_COLUMN);
  return {
    window: {
      ...merged,
      metrics: merged.metrics.filter((_, i) => i !== at),
      columns: merged.columns.filter((_, i) => i !== at),
    },
    availability: merged.columns[at]!,
  };
}

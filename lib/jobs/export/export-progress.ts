/** The exporter's cursor, moved by conditional writes. Each move is harmless to repeat. */

import { RetryLaterError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import type { DetectorState, ExportProgress } from '../../store/detector-state.ts';
import { updateState } from '../../store/detector-states.ts';
import { rangeOfWindowKey, windowKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { TimeRange } from '../../window/time-range.ts';
import { backfillStart, type ExportGrid, wholeDaysUntil } from './export-plan.ts';

/** A state in which an export has begun. */
export interface ExportState {
  readonly exportedUntil: number;
  readonly exporting: ExportProgress;
  /** Undefined while it is not settled, or there are none. */
  readonly shards: number | undefined;
}

/** Newest gaps that the state remembers; telemetry has told of all of them. */
const MAX_GAPS = 50;

/** The first run fixes where backfill starts and up to where it is written as whole days. */
export async function beginExport(
  store: ObjectStore,
  detector: Detector,
  grid: ExportGrid,
  now: number,
): Promise<ExportState> {
  const state = await updateState(store, detector.name, (current) => {
    if (current.exportedUntil !== undefined && current.exporting !== undefined) return undefined;
    const fresh = current.exportedUntil === undefined;
    return {
      ...current,
      exportedUntil: current.exportedUntil ?? backfillStart(detector, now),
      exporting: { daysUntil: fresh ? wholeDaysUntil(detector, grid, now) : 0, gaps: [] },
    };
  });
  return exportStateOf(state);
}

/** The window `range` is in the bucket. */
export async function recordWindow(
  store: ObjectStore,
  detector: string,
  range: TimeRange,
): Promise<ExportState> {
  const state = await updateState(store, detector, (current) => {
    const { exportedUntil, exporting } = exportStateOf(current);
    if (exportedUntil >= range.end) return undefined;
    return {
      ...current,
      exportedUntil: range.end,
      exporting: { ...exporting, dataSince: exporting.dataSince ?? range.start },
    };
  });
  return exportStateOf(state);
}

/** The source has nothing for `range` and has data after it. Before the first data that is no gap. */
export async function recordEmptyStretch(
  store: ObjectStore,
  detector: string,
  range: TimeRange,
): Promise<ExportState> {
  const state = await updateState(store, detector, (current) => {
    const { exportedUntil, exporting } = exportStateOf(current);
    if (exportedUntil >= range.end) return undefined;
    const gaps = exporting.dataSince === undefined ? exporting.gaps : withGap(exporting.gaps, range);
    return { ...current, exportedUntil: range.end, exporting: { ...exporting, gaps } };
  });
  return exportStateOf(state);
}

/**
 * The window that a run put at the cursor without living to move it. However it was cut, it stays: rows must not
 * stand in two windows.
 */
export async function findOrphan(
  store: ObjectStore,
  unit: string,
  cursor: number,
): Promise<{ readonly key: string; readonly range: TimeRange } | undefined> {
  const key = windowKey(unit, { start: cursor, end: cursor });
  for await (const object of store.list(key.slice(0, key.lastIndexOf('_') + 1))) {
    const range = rangeOfWindowKey(object.key);
    if (range?.start === cursor && range.end > cursor) return { key: object.key, range };
  }
  return undefined;
}

/** A gap that goes on where the last one ended is one gap. */
function withGap(gaps: readonly TimeRange[], range: TimeRange): TimeRange[] {
  const last = gaps.at(-1);
  if (last?.end === range.start) return [...gaps.slice(0, -1), { start: last.start, end: range.end }];
  return [...gaps, range].slice(-MAX_GAPS);
}

function exportStateOf({ detector, exportedUntil, exporting, shards }: DetectorState): ExportState {
  // Only a state that someone rewound by hand between two writes of this run lacks them.
  if (exportedUntil === undefined || exporting === undefined)
    throw new RetryLaterError(
      'state-rewound',
      `the state of ${detector} lost its export cursor during an export`,
    );
  return { exportedUntil, exporting, shards };
}

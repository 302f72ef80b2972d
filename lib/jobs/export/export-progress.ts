/** The exporter's cursor, moved by conditional writes. Each move is harmless to repeat. */

import { RetryLaterError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import type { DetectorState, ExportProgress, WindowsCut } from '../../store/detector-state.ts';
import { moveState, type StoredState } from '../../store/detector-states.ts';
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
  /** As it was read or moved last. */
  readonly stored: StoredState;
}

/** Newest gaps that the state remembers; telemetry has told of all of them. */
const MAX_GAPS = 50;

/**
 * The first run fixes where backfill starts and up to where it is written as whole days.
 * @param given.known the state as it was read
 */
export async function beginExport(
  store: ObjectStore,
  detector: Detector,
  given: { readonly grid: ExportGrid; readonly now: number; readonly known: StoredState },
): Promise<ExportState> {
  const { grid, now, known } = given;
  const change = (current: DetectorState): DetectorState | undefined => {
    if (current.exportedUntil !== undefined && current.exporting !== undefined) return undefined;
    const fresh = current.exportedUntil === undefined;
    return {
      ...current,
      exportedUntil: current.exportedUntil ?? backfillStart(detector, now),
      exporting: { daysUntil: fresh ? wholeDaysUntil(detector, grid, now) : 0, gaps: [] },
    };
  };
  return exportStateOf(await moveState(store, detector.name, { change, known }));
}

/** Who moves the cursor. */
interface Mover {
  /** As it was read or moved last. */
  readonly state: ExportState;
  readonly grid: ExportGrid;
}

/** The window `range` is in the bucket. */
export function recordWindow(
  store: ObjectStore,
  detector: string,
  range: TimeRange,
  { state, grid }: Mover,
): Promise<ExportState> {
  return moveExport(store, detector, state, ({ exportedUntil, exporting }) => {
    if (exportedUntil >= range.end) return undefined;
    const { dataSince = range.start, cut = grid } = exporting;
    return { exportedUntil: range.end, exporting: { ...exporting, dataSince, cut } };
  });
}

/** The source has nothing for `range` and has data after it. Before the first data that is no gap. */
export function recordEmptyStretch(
  store: ObjectStore,
  detector: string,
  range: TimeRange,
  { state, grid }: Mover,
): Promise<ExportState> {
  return moveExport(store, detector, state, ({ exportedUntil, exporting }) => {
    if (exportedUntil >= range.end) return undefined;
    const { cut = grid } = exporting;
    const gaps = exporting.dataSince === undefined ? exporting.gaps : withGap(exporting.gaps, range);
    return { exportedUntil: range.end, exporting: { ...exporting, gaps, cut } };
  });
}

/**
 * From here on windows are cut in another way than the state says: it says so before the first of them is written. What was left of
 * the other way was looked for. Where it says nothing, the cursor's next move does.
 */
export async function recordCut(
  store: ObjectStore,
  detector: string,
  { state, grid }: Mover,
): Promise<ExportState> {
  const isOther = ({ cut }: ExportProgress): boolean => cut !== undefined && !isSameCut(cut, grid);
  if (!isOther(state.exporting)) return state;
  return moveExport(store, detector, state, ({ exporting }) =>
    isOther(exporting) ? { exporting: { ...exporting, cut: grid } } : undefined,
  );
}

/** Whether what an unfinished run may have left at the cursor is what this grid would cut there. */
export function isCutBy({ exportedUntil, exporting }: CurrentExport, grid: ExportGrid): boolean {
  // Whether days are written as a whole follows from the source's answers.
  return isSameCut(exporting.cut, grid) && exportedUntil >= exporting.daysUntil;
}

function isSameCut(cut: WindowsCut | undefined, { step, detectionWindow }: ExportGrid): boolean {
  return cut?.step === step && cut.detectionWindow === detectionWindow;
}

type CurrentExport = Pick<ExportState, 'exportedUntil' | 'exporting'>;

async function moveExport(
  store: ObjectStore,
  detector: string,
  before: ExportState,
  next: (current: CurrentExport) => Partial<CurrentExport> | undefined,
): Promise<ExportState> {
  const change = (current: DetectorState): DetectorState | undefined => {
    const moved = next(progressOf(current));
    return moved && { ...current, ...moved };
  };
  return exportStateOf(await moveState(store, detector, { change, known: before.stored }));
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

function exportStateOf(stored: StoredState): ExportState {
  return { ...progressOf(stored.state), shards: stored.state.shards, stored };
}

function progressOf({ detector, exportedUntil, exporting }: DetectorState): CurrentExport {
  // Only a state that someone rewound by hand between two writes of this run lacks them.
  if (exportedUntil === undefined || exporting === undefined)
    throw new RetryLaterError(
      'state-rewound',
      `the state of ${detector} lost its export cursor during an export`,
    );
  return { exportedUntil, exporting };
}

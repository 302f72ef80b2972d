/**
 * When it is noted which bytes of windows were scored. The state names the windows that were decided on last, so that those need
 * no note yet: it is written for many of them at once.
 */
import type { ObjectStore } from '../../store/object-store.ts';
import { type LateWindow, recordScored } from '../../store/scored-windows.ts';
import type { SelectedWindows } from '../shared/pending-windows.ts';
import { REMEMBERED_WINDOWS } from './commit-decision.ts';

export interface ScoreNotes {
  /**
   * Before other bytes of a window are scored: a run that dies at them leaves a state that names those as decided on, and the
   * note alone says that the scores are of the ones before.
   */
  beforeCorrections(): Promise<void>;
  /** @param scored.lateRows rows that came too late to be decided on @param scored.at epoch ms */
  add(scored: {
    readonly key: string;
    readonly etag: string;
    readonly lateRows: number;
    readonly at: number;
  }): void;
  /** Writes what the state does not tell, or soon would no longer. */
  leave(): Promise<void>;
}

/** Windows at once: of those that the state remembers, as many may come before the next note. */
export const NOTED_AT_ONCE: number = REMEMBERED_WINDOWS / 2;

/** @param selected what a run has before it */
export function openScoreNotes(store: ObjectStore, unit: string, selected: SelectedWindows): ScoreNotes {
  const { pending, unnoted } = selected;
  let { noted } = selected;
  const etags = new Map(unnoted);
  const late: LateWindow[] = [];
  const isPlain = pending.every(({ isNew, isCorrected }) => isNew && !isCorrected);
  return {
    async beforeCorrections() {
      if (etags.size === 0 || !pending.some(({ isCorrected }) => isCorrected)) return;
      noted = await recordScored(store, unit, etags, [], noted);
      etags.clear();
    },
    add({ key, etag, lateRows, at }) {
      etags.set(key, etag);
      if (lateRows > 0) late.push({ key, rows: lateRows, at: new Date(at).toISOString() });
    },
    async leave() {
      const isDue = !isPlain || late.length > 0 || etags.size >= NOTED_AT_ONCE;
      if (etags.size > 0 && isDue) await recordScored(store, unit, etags, late, noted);
    },
  };
}

/**
 * Where files with names of their own stand in time, for the jobs: read once for a run, added to by every file that is
 * read, and written back. A detector whose windows are all exported asks the bucket for nothing.
 */
import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { FileRange, StoredFileRanges } from '../../store/file-ranges.ts';
import { readFileRanges, recordFileRanges } from '../../store/file-ranges.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import { WIDEST_HOLE } from '../../window/time-bounds.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { StoreContext } from './context.ts';
import type { LookedAt } from './looked-at.ts';
import type { ReadWindowObject } from './read-window-object.ts';
import { namedRange } from './window-objects.ts';

export interface FileRanges {
  /**
   * By key, of those files whose range is told by their name or was learned before; the others have to be read to know.
   * @param step ms that a row stands for; undefined: told from the data, as it was when the range was learned
   */
  known(step: number | undefined): Promise<ReadonlyMap<string, TimeRange>>;
  /** What was read of a file. A window under an exporter's name tells its own. */
  learn(key: string, read: Pick<ReadWindowObject, 'window' | 'etag' | 'arrival'>): void;
  /** Writes what was learned, if anything was, for the runs to come. */
  leave(): Promise<void>;
}

/** @param windows of the detector, as the bucket listed them for this run */
export function openFileRanges(
  {
    detector,
    windows,
  }: {
    readonly detector: Detector;
    readonly windows: Pick<LookedAt, 'objects' | 'known' | 'scope' | 'fileRanges'>;
  },
  { store, telemetry }: StoreContext,
): FileRanges {
  const listed = new Map(windows.objects.map((info) => [info.key, info]));
  // What counts as a hole in a file is then told by the manifest, which may change: what is learned holds for one setting alone.
  const isUsual = detector.training.lookback <= WIDEST_HOLE;
  let learned = new Map<string, FileRange>();
  let stored: Promise<StoredFileRanges> | undefined;
  const read = (): Promise<StoredFileRanges> => {
    stored ??= windows.fileRanges
      ? Promise.resolve(windows.fileRanges)
      : readFileRanges(store, unitOf(detector));
    return stored;
  };
  return {
    async known(step) {
      const ranges = new Map<string, TimeRange>();
      const unnamed = windows.known.filter((info) => namedRange(info) === undefined);
      for (const info of windows.known) {
        const range = namedRange(info);
        if (range !== undefined) ranges.set(info.key, range);
      }
      if (unnamed.length === 0 || !isUsual) return ranges;
      const { files } = await read();
      for (const info of unnamed) {
        const found = learned.get(info.key) ?? files.get(info.key);
        if (found !== undefined && isOf(found, info) && (step === undefined || found.step === step))
          ranges.set(info.key, found.range);
      }
      return ranges;
    },
    learn(key, { window, etag, arrival }) {
      // As it is listed, which some stores do to the millisecond, and a GET nowhere does.
      const now = listed.get(key);
      const info = { key, etag, lastModified: now?.etag === etag ? now.lastModified : arrival };
      if (!isUsual || namedRange(info) !== undefined) return;
      learned.set(key, { ...info, step: window.step, range: window.range });
    },
    async leave() {
      if (learned.size === 0) return;
      try {
        const known = await read();
        const fresh = [...learned.values()].filter((each) => !isSame(known.files.get(each.key), each));
        learned = new Map();
        if (fresh.length === 0) return;
        // Of what was not looked at nobody knows whether it is gone.
        const isGone = (key: string): boolean =>
          windows.scope === undefined && known.files.has(key) && !listed.has(key);
        stored = Promise.resolve(
          await recordFileRanges(store, unitOf(detector), { learned: fresh, isGone, known }),
        );
      } catch (error) {
        // The work is done: what is not remembered is read again.
        telemetry.warn('ranges of files could not be left for the next run', {
          detector: detector.name,
          error: String(error),
        });
      }
    },
  };
}

function isOf(found: FileRange, { etag, lastModified }: ObjectInfo): boolean {
  return found.etag === etag && found.lastModified === lastModified;
}

function isSame(found: FileRange | undefined, { etag, lastModified, step, range }: FileRange): boolean {
  return (
    found?.etag === etag &&
    found.lastModified === lastModified &&
    found.step === step &&
    found.range.start === range.start &&
    found.range.end === range.end
  );
}

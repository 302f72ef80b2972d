/** Finds which detectors are due for an export, and in which order, by one listing of manifests and one index of times. */
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import type { Detector } from '../../config/detector.ts';
import { readState } from '../../store/detector-states.ts';
import {
  type DueEntry,
  moveDueIndex,
  readDueIndex,
  type StoredDueIndex,
} from '../../store/export-due-index.ts';
import type { ExportContext } from '../shared/context.ts';
import { loadDetector } from '../shared/load-detectors.ts';
import { listManifests, type ManifestObject } from '../shared/manifest-objects.ts';
import { SOFTWARE_VERSION } from '../shared/software-version.ts';
import { exportDueAt } from './export-plan.ts';

/** What is due, as it was found. Its state is not kept: of a thousand they would take the memory of the exports. */
export interface DueDetector {
  readonly detector: Detector;
  readonly manifestHash: string;
  /** Epoch ms; 0: since ever. */
  readonly due: number;
}

export interface DueDetectors {
  /** Whose turn is first comes first. */
  readonly due: readonly DueDetector[];
  /** An export of it has ended, or failed: it has had its turn. @param exportedUntil undefined: it failed */
  note(each: DueDetector, exportedUntil: number | undefined): void;
  /** Leaves what is known by now for the next run. */
  leave(): Promise<void>;
}

/** Manifests and states that are read at once. */
const READS_AT_ONCE = 16;
/** Of the time, the share in which detectors are looked at: the rest is for those that are due. */
const LOOKING_SHARE = 0.5;
/**
 * Ms. After so long an entry is looked at whatever it says: a cursor that somebody has set back is seen within the hour, and
 * a detector that is exported once a day costs two requests an hour.
 */
export const LONGEST_TRUST = 3_600_000;
/**
 * Ms by which a detector that had its turn and is still due (a backfill, or one that fails) is put behind others. The
 * others do not wait for it, and it waits for no longer than this.
 */
const STANDS_BACK = 300_000;

/** @param attempt runs what may fail for one detector alone, and tells of it */
export async function findDueDetectors(
  context: ExportContext,
  attempt: (detector: string, work: () => Promise<void>) => Promise<void>,
): Promise<DueDetectors> {
  const { store, now, deadline, telemetry } = context;
  const manifests = await listManifests(context);
  let known = await readDueIndex(store);
  const before = known.software === SOFTWARE_VERSION ? known.entries : new Map<string, DueEntry>();
  const found = new Map<string, DueEntry | undefined>();
  const declared = new Set(manifests.map(({ name }) => name));
  for (const name of before.keys()) if (!declared.has(name)) found.set(name, undefined);
  const time = now();
  const entryOf = ({ name, etag }: ManifestObject): DueEntry | undefined => {
    const entry = before.get(name);
    // What no run of this release writes is of a clock or a hand that was wrong.
    const isKnown = entry?.etag === etag && (entry.due === Infinity || entry.due <= time + LONGEST_TRUST);
    return isKnown ? { ...entry, turn: Math.min(entry.turn, time) } : undefined;
  };
  const due: DueDetector[] = [];
  const stopAt = LOOKING_SHARE * deadline.remaining();
  // Detectors that are known to be due come first. They must not wait for an index that has to be made anew.
  const asked = [...manifests]
    .filter((manifest) => (entryOf(manifest)?.due ?? 0) <= time)
    .sort((a, b) => waitsSince(entryOf(a)) - waitsSince(entryOf(b)));
  await forEachConcurrently(asked, READS_AT_ONCE, async ({ name, key }) => {
    if (deadline.remaining() < stopAt) return;
    await attempt(name, () => look(name, key));
  });
  // What was found of many that nobody knew is not lost with a run that ends early.
  if (asked.some((manifest) => entryOf(manifest) === undefined)) await leave();
  const turnOf = ({ detector }: DueDetector): number => waitsSince(found.get(detector.name));
  // Of those that have waited as long, who is nearly up to date is done sooner.
  due.sort((a, b) => turnOf(a) - turnOf(b) || b.due - a.due || (a.detector.name < b.detector.name ? -1 : 1));
  return { due, note, leave };

  async function look(name: string, key: string): Promise<void> {
    const { detector, manifestHash, manifestEtag, storedState } = await loadDetector(context, name, key);
    // Deleted since it was listed.
    if (manifestEtag === undefined) return;
    const { state } = storedState ?? (await readState(store, name));
    const dueAt = exportDueAt(detector, state);
    const turn = Math.min(before.get(name)?.turn ?? time, time);
    found.set(name, { etag: manifestEtag, due: trusted(dueAt, detector), turn });
    if (dueAt <= time) due.push({ detector, manifestHash, due: dueAt });
  }

  function trusted(dueAt: number, { metrics }: Detector): number {
    // Whether there are queries is told by the manifest, which the entry names.
    return metrics.length === 0 ? Infinity : Math.min(dueAt, time + LONGEST_TRUST);
  }

  function note({ detector, due }: DueDetector, exportedUntil: number | undefined): void {
    const entry = found.get(detector.name);
    if (entry === undefined) return;
    const next =
      exportedUntil === undefined ? due : trusted(exportDueAt(detector, { exportedUntil }), detector);
    found.set(detector.name, { ...entry, due: next, turn: now() });
  }

  async function leave(): Promise<void> {
    const changed = [...found].filter(([name, entry]) => !isSame(entry, known, name));
    if (changed.length === 0) return;
    try {
      known = await moveDueIndex(store, { found: new Map(changed), software: SOFTWARE_VERSION, known });
    } catch (error) {
      // What is not remembered is looked at again in a minute.
      telemetry.warn('when exports are due could not be left for the next run', { error: String(error) });
    }
  }
}

/** Epoch ms. What became due later waits for those that did before; what had its turn since stands back. */
function waitsSince(entry: DueEntry | undefined): number {
  if (entry === undefined) return Infinity;
  return entry.turn > entry.due ? entry.turn + STANDS_BACK : entry.due;
}

function isSame(entry: DueEntry | undefined, { entries, software }: StoredDueIndex, name: string): boolean {
  const stored = software === SOFTWARE_VERSION ? entries.get(name) : undefined;
  return stored?.etag === entry?.etag && stored?.due === entry?.due && stored?.turn === entry?.turn;
}

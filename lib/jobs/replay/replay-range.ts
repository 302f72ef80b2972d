/**
 * Has the windows of a range scored again, by the version that is in use now. People are not told twice: rows that were
 * decided on are not decided on again. Nothing is sent or judged here. The scores are deleted, and scoring makes new ones,
 * as for any window without scores.
 */
import { TidewatchError } from '../../base/errors.ts';
import { unitOf } from '../../config/work-unit.ts';
import { readState } from '../../store/detector-states.ts';
import { scoresKey, scoresPrefix } from '../../store/keys.ts';
import { resolveVersion } from '../../store/model-repository.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { StoreContext } from '../shared/context.ts';
import { type FileRanges, openFileRanges } from '../shared/file-ranges.ts';
import { loadFittedDetector } from '../shared/fitted-detector.ts';
import type { LoadedDetector } from '../shared/load-detectors.ts';
import { listWindowObjects, lookAtAll } from '../shared/looked-at.ts';
import { readWindowObject } from '../shared/read-window-object.ts';

/** A range cannot be scored again without risking that somebody is told twice, or that it stays without scores. */
class ReplayError extends TidewatchError {}

export interface ReplayedRange {
  /** Windows of the range whose scores were taken away, ascending by key. */
  readonly windows: readonly string[];
  /** Those of the range that had none: they are scored in any case. */
  readonly unscored: readonly string[];
  /** By which they will be scored. */
  readonly version: string;
}

/**
 * @param given.range half-open, epoch ms; a window that reaches into it is scored again as a whole
 * @throws ReplayError without a version to score by, or where the state does not know what was decided on;
 *   ArtifactError where the version cannot be loaded. Nothing is taken away then
 */
export async function replayRange(
  given: LoadedDetector & { readonly range: TimeRange; readonly dryRun: boolean },
  context: StoreContext,
): Promise<ReplayedRange> {
  const { detector, range, dryRun } = given;
  const { store } = context;
  const version = await resolveVersion(store, detector);
  if (version === undefined)
    throw new ReplayError('no-version', `${detector.name} has no model yet: there is nothing to score by`);
  const { manifest } = await loadFittedDetector(store, unitOf(detector), version);
  const scored = new Set<string>();
  for await (const { key } of store.list(scoresPrefix(unitOf(detector)))) scored.add(key);
  const [windows, unscored]: [string[], string[]] = [[], []];
  const objects = await listWindowObjects(store, unitOf(detector));
  const ranges = openFileRanges({ detector, windows: lookAtAll(objects) }, context);
  const known = await ranges.known(manifest.step);
  for (const info of objects) {
    // A dropped file that nobody has read yet has to be, to know where it stands in time.
    const held =
      known.get(info.key) ?? (await readRange(info, { ...given, step: manifest.step, ranges }, context));
    if (held === undefined || held.start >= range.end || held.end <= range.start) continue;
    (scored.has(scoresKey(info.key)) ? windows : unscored).push(info.key);
  }
  if (!dryRun) await ranges.leave();
  if (windows.length > 0) await checkMemory(unitOf(detector), range, context);
  if (!dryRun) for (const key of windows) await store.delete(scoresKey(key));
  return { windows, unscored, version };
}

/** Undefined for what went to quarantine, or is gone. */
async function readRange(
  { key }: ObjectInfo,
  { detector, step, ranges }: LoadedDetector & { readonly step: number; readonly ranges: FileRanges },
  context: StoreContext,
): Promise<TimeRange | undefined> {
  const read = await readWindowObject(context, { detector, key, step });
  if (read !== undefined) ranges.learn(key, read);
  return read?.window.range;
}

/**
 * A state that was made anew from the bucket knows no entity: rows that were decided on before would count as new, and
 * people would hear of them again.
 */
async function checkMemory(detector: string, range: TimeRange, { store }: StoreContext): Promise<void> {
  const { state } = await readState(store, detector);
  if (Object.keys(state.entities).length > 0) return;
  throw new ReplayError(
    'nothing-remembered',
    `${detector}: its state knows of no row that was decided on, so that people could be told again of ${new Date(range.start).toISOString()} to ${new Date(range.end).toISOString()}; score newer windows first`,
  );
}

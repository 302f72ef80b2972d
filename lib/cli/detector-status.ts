/** What a detector is up to, put together from the bucket without writing to it. */
import { defaultDetector } from '../config/defaults.ts';
import { parseManifest } from '../config/manifest.ts';
import { ArtifactError, ManifestError, NotFoundError, ObjectTooLargeError } from '../errors.ts';
import type { StoreContext } from '../jobs/context.ts';
import { type LeftOutNote, listLeftOut, readLeftOutOfExport } from '../jobs/left-out-notes.ts';
import { MAX_MANIFEST_BYTES } from '../jobs/load-detectors.ts';
import { listQuarantine, type Quarantined } from '../jobs/quarantine.ts';
import { namedRange } from '../jobs/window-objects.ts';
import type { DetectorState } from '../store/detector-state.ts';
import { readState } from '../store/detector-states.ts';
import { manifestKey, windowsPrefix } from '../store/keys.ts';
import type { ModelLineage } from '../store/model-manifest.ts';
import { readCurrent, readManifest } from '../store/model-repository.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { readProgress } from '../store/training-progress.ts';
import { FUTURE_TOLERANCE } from '../window/time-bounds.ts';

/** Ms for which is told of what an export left out. */
const EXPORT_NOTED_FOR = 7 * 86_400_000;

export interface DetectorStatus {
  readonly detector: string;
  readonly phase: DetectorState['phase'];
  /** Seen while learning, and needed; null where the manifest cannot be read. */
  readonly rows: number;
  readonly warmup: number | null;
  /** The version in use. */
  readonly model: string | null;
  /** What that version was fine-tuned from. */
  readonly fineTunedFrom: ModelLineage | null;
  /** The version in the making, where its training takes several runs; `run` counts from 1. */
  readonly training: { readonly version: string; readonly run: number } | null;
  /** End of the newest data that is known of, ISO 8601 UTC, and how long ago that is. */
  readonly newestData: string | null;
  readonly lagMs: number | null;
  readonly openIncidents: number;
  /** Alerts that are decided and not yet published. */
  readonly outbox: number;
  readonly quarantined: readonly Quarantined[];
  /** Parts of files (rows, columns) and of exports (series, samples) that were not used while the rest was. */
  readonly leftOut: readonly LeftOutNote[];
  /** Why the detector's manifest cannot be used. */
  readonly problem?: string | undefined;
}

export async function readDetectorStatus(
  { store, now }: StoreContext,
  detector: string,
): Promise<DetectorStatus> {
  const { state } = await readState(store, detector);
  const { settings, problem } = await readSettings(store, detector);
  const newest = await findNewestData(store, detector, { state, latest: now() + FUTURE_TOLERANCE });
  const version = settings?.modelVersion;
  const current = await readCurrent(store, detector);
  const model = (version === 'current' || version === undefined ? current?.version : version) ?? null;
  const progress = (await readProgress(store, detector))?.progress;
  const prefixes = [windowsPrefix(detector), manifestKey(detector)];
  const quarantined = await keepUnmended(
    store,
    await listAll(prefixes, (each) => listQuarantine(store, each)),
  );
  const ofFiles = await keepUnmended(store, await listLeftOut(store, windowsPrefix(detector)));
  const ofExport = await readLeftOutOfExport({ store, now }, detector, EXPORT_NOTED_FOR);
  const leftOut = ofExport === undefined ? ofFiles : [ofExport, ...ofFiles];
  return {
    detector,
    phase: state.phase,
    rows: Object.values(state.learning).reduce((sum, { rows }) => sum + rows, 0),
    warmup: settings?.training.warmup ?? null,
    model,
    fineTunedFrom: model === null ? null : await readLineage(store, detector, model),
    training: progress?.phase === 'open' ? { version: progress.version, run: progress.pauses + 1 } : null,
    newestData: newest === undefined ? null : new Date(newest).toISOString(),
    lagMs: newest === undefined ? null : now() - newest,
    openIncidents: Object.values(state.entities).filter(({ open }) => open !== undefined).length,
    outbox: state.outbox.length,
    quarantined,
    leftOut,
    problem,
  };
}

/** A version that cannot be read is told of by whoever loads it. */
async function readLineage(
  store: ObjectStore,
  detector: string,
  version: string,
): Promise<ModelLineage | null> {
  try {
    return (await readManifest(store, detector, version)).lineage ?? null;
  } catch (error) {
    if (error instanceof ArtifactError) return null;
    throw error;
  }
}

async function listAll<T>(
  prefixes: readonly string[],
  list: (prefix: string) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (const prefix of prefixes) found.push(...(await list(prefix)));
  return found;
}

/** What was replaced or deleted since needs nobody's attention any more. */
async function keepUnmended<T extends { readonly key: string; readonly etag: string }>(
  store: ObjectStore,
  entries: readonly T[],
): Promise<readonly T[]> {
  const unmended: T[] = [];
  for (const entry of entries) {
    const found = await store.head(entry.key).catch((error: unknown) => {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    });
    if (found?.etag === entry.etag) unmended.push(entry);
  }
  return unmended;
}

async function readSettings(
  store: ObjectStore,
  detector: string,
): Promise<{ settings?: ReturnType<typeof defaultDetector>; problem?: string }> {
  const key = manifestKey(detector);
  try {
    const { body } = await store.get(key, { maxBytes: MAX_MANIFEST_BYTES });
    return { settings: parseManifest(new TextDecoder().decode(body), { source: key }) };
  } catch (error) {
    if (error instanceof NotFoundError) return { settings: defaultDetector(detector) };
    if (error instanceof ManifestError || error instanceof ObjectTooLargeError)
      return { problem: error.message };
    throw error;
  }
}

/** Epoch ms. A dropped file's name says nothing of its range, but what was decided on does. */
async function findNewestData(
  store: ObjectStore,
  detector: string,
  { state, latest }: { readonly state: DetectorState; readonly latest: number },
): Promise<number | undefined> {
  let newest = -Infinity;
  const see = (time: number | undefined): void => {
    // Later ones are not data but what is left of a wrong clock.
    if (time !== undefined && time <= latest) newest = Math.max(newest, time);
  };
  see(state.exportedUntil);
  for (const { decidedUntil } of Object.values(state.entities)) see(decidedUntil);
  for await (const info of store.list(windowsPrefix(detector))) see(namedRange(info)?.end);
  return Number.isFinite(newest) ? newest : undefined;
}

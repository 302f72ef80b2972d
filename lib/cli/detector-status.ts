/** What a detector is up to, put together from the bucket without writing to it. */
import { defaultDetector } from '../config/defaults.ts';
import type { Detector } from '../config/detector.ts';
import { parseManifest } from '../config/manifest.ts';
import { isWarm, type Seen, sayProgress } from '../config/warmup.ts';
import { ArtifactError, ManifestError, NotFoundError } from '../errors.ts';
import type { StoreContext } from '../jobs/context.ts';
import { sumLearned } from '../jobs/learned-history.ts';
import { listQuarantine, type Quarantined } from '../jobs/quarantine.ts';
import type { DetectorState } from '../store/detector-state.ts';
import { readState } from '../store/detector-states.ts';
import { manifestKey, rangeOfWindowKey, windowsPrefix } from '../store/keys.ts';
import type { ModelLineage } from '../store/model-manifest.ts';
import { readCurrent, readManifest } from '../store/model-repository.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { readProgress } from '../store/training-progress.ts';

export interface DetectorStatus {
  readonly detector: string;
  readonly phase: DetectorState['phase'];
  /** Seen while learning: rows, and ms from the oldest to the end of the newest. */
  readonly rows: number;
  readonly spanMs: number;
  /** What is needed before the first model; null where the manifest cannot be read, and where time alone counts. */
  readonly warmup: number | null;
  readonly warmupMs: number | null;
  /** How far that is, for people; null where the manifest cannot be read. */
  readonly progress: string | null;
  /** Learned enough: the next training makes the first model, once an export has caught up. */
  readonly isWarm: boolean;
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
  /** Why the detector's manifest cannot be used. */
  readonly problem?: string | undefined;
}

export async function readDetectorStatus(
  { store, now }: StoreContext,
  detector: string,
): Promise<DetectorStatus> {
  const { state } = await readState(store, detector);
  const { settings, problem } = await readSettings(store, detector);
  const newest = await findNewestData(store, detector, state);
  const version = settings?.modelVersion;
  const current = await readCurrent(store, detector);
  const model = (version === 'current' || version === undefined ? current?.version : version) ?? null;
  const seen = sumLearned(state);
  const progress = (await readProgress(store, detector))?.progress;
  const quarantined = await listUnmended(store, [windowsPrefix(detector), manifestKey(detector)]);
  return {
    detector,
    phase: state.phase,
    rows: seen.rows,
    spanMs: seen.span,
    ...warmupFields(settings, seen),
    model,
    fineTunedFrom: model === null ? null : await readLineage(store, detector, model),
    training: progress?.phase === 'open' ? { version: progress.version, run: progress.pauses + 1 } : null,
    newestData: newest === undefined ? null : new Date(newest).toISOString(),
    lagMs: newest === undefined ? null : now() - newest,
    openIncidents: Object.values(state.entities).filter(({ open }) => open !== undefined).length,
    outbox: state.outbox.length,
    quarantined,
    problem,
  };
}

function warmupFields(
  settings: Detector | undefined,
  seen: Seen,
): Pick<DetectorStatus, 'warmup' | 'warmupMs' | 'progress' | 'isWarm'> {
  if (settings === undefined) return { warmup: null, warmupMs: null, progress: null, isWarm: false };
  const { warmup } = settings.training;
  return {
    warmup: (typeof warmup === 'number' ? warmup : warmup.rows) ?? null,
    warmupMs: typeof warmup === 'number' ? null : warmup.time,
    progress: sayProgress(settings, seen),
    isWarm: isWarm(settings, seen),
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

/** What was replaced or deleted since it failed needs nobody's attention any more. */
async function listUnmended(
  store: ObjectStore,
  prefixes: readonly string[],
): Promise<readonly Quarantined[]> {
  const unmended: Quarantined[] = [];
  for (const prefix of prefixes) {
    for (const entry of await listQuarantine(store, prefix)) {
      const found = await store.head(entry.key).catch((error: unknown) => {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      });
      if (found?.etag === entry.etag) unmended.push(entry);
    }
  }
  return unmended;
}

async function readSettings(
  store: ObjectStore,
  detector: string,
): Promise<{ settings?: Detector; problem?: string }> {
  const key = manifestKey(detector);
  try {
    const { body } = await store.get(key);
    return { settings: parseManifest(new TextDecoder().decode(body), { source: key }) };
  } catch (error) {
    if (error instanceof NotFoundError) return { settings: defaultDetector(detector) };
    if (error instanceof ManifestError) return { problem: error.message };
    throw error;
  }
}

/** Epoch ms. A dropped file's name says nothing of its range, but what was decided on does. */
async function findNewestData(
  store: ObjectStore,
  detector: string,
  state: DetectorState,
): Promise<number | undefined> {
  let newest = state.exportedUntil ?? -Infinity;
  for (const { decidedUntil } of Object.values(state.entities)) newest = Math.max(newest, decidedUntil);
  for await (const { key } of store.list(windowsPrefix(detector)))
    newest = Math.max(newest, rangeOfWindowKey(key)?.end ?? -Infinity);
  return Number.isFinite(newest) ? newest : undefined;
}

/** What a detector is up to, put together from the bucket without writing to it. */

import { ArtifactError, ManifestError } from '../base/errors.ts';
import { defaultDetector } from '../config/defaults.ts';
import type { Detector } from '../config/detector.ts';
import { manifestHash } from '../config/manifest.ts';
import { takeShard } from '../config/take-shard.ts';
import { isWarm, type Seen, sayProgress } from '../config/warmup.ts';
import { listUnits, parseUnit } from '../config/work-unit.ts';
import type { StoreContext } from '../jobs/shared/context.ts';
import { readFindings } from '../jobs/shared/detector-findings.ts';
import { type Concern, type Findings, findConcerns, findUnscored } from '../jobs/shared/detector-health.ts';
import { sumLearned } from '../jobs/shared/learned-history.ts';
import { type LeftOutNote, readLeftOutColumns, readLeftOutOfExport } from '../jobs/shared/left-out-notes.ts';
import { readDetector } from '../jobs/shared/load-detectors.ts';
import { listQuarantine, type Quarantined } from '../jobs/shared/quarantine.ts';
import type { TrainingNeeds } from '../jobs/shared/training-needs.ts';
import { isJobUnderWay } from '../jobs/shared/training-place.ts';
import { countShards } from '../jobs/shared/units.ts';
import { namedRange } from '../jobs/shared/window-objects.ts';
import type { DetectorState } from '../store/detector-state.ts';
import {
  DETECTORS_PREFIX,
  detectorOfManifestKey,
  stateKey,
  unitOfWindowKey,
  windowsPrefix,
} from '../store/keys.ts';
import type { LeftOutOfTraining, ModelLineage, ModelManifest } from '../store/model-manifest.ts';
import { readCurrent, readManifest } from '../store/model-repository.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type LateWindow, readLate } from '../store/scored-windows.ts';
import type { TrainingPlace } from '../store/training-place.ts';
import { readProgress } from '../store/training-progress.ts';
import { FUTURE_TOLERANCE } from '../window/time-bounds.ts';
import { keepUnmended, listUnmendedParts } from './quarantined.ts';
import { sayShardsKept } from './units.ts';

/** Ms for which is told of what an export left out, and of what came too late. */
const NOTED_FOR = 7 * 86_400_000;

export interface DetectorStatus {
  readonly detector: string;
  /** Which of its shards, as `3-of-8`; absent: it is one unit. */
  readonly shard?: string;
  /** What the manifest asks of shards, and is not so. */
  readonly shardsKept?: string;
  readonly phase: DetectorState['phase'];
  /** The Prometheus of the deployment's list that its manifest names; null: none. */
  readonly source: string | null;
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
  /** What that version was not fitted on though it was there; null: nothing. */
  readonly leftOutOfTraining: LeftOutOfTraining | null;
  /** The version in the making, where its training takes several runs; `run` counts from 1. */
  readonly training: { readonly version: string; readonly run: number } | null;
  /** What its training takes that is beyond the function, and the job that does it; null where it fits, or was not tried yet. */
  readonly trainingPlace: TrainingPlaceStatus | null;
  /** End of the newest data that is known of, ISO 8601 UTC, and how long ago that is. */
  readonly newestData: string | null;
  readonly lagMs: number | null;
  /** Windows that wait for scores, and since when the oldest of them does, ISO 8601 UTC. */
  readonly unscored: { readonly windows: number; readonly since: string | null };
  /** Windows of the last week with rows that came too late to be alerted on. */
  readonly late: readonly LateWindow[];
  /** Incidents that have an open anomaly of it; null where the state of notifications cannot be read. */
  readonly openIncidents: number | null;
  /** Entities, and kinds of silence, that are anomalous. */
  readonly openAnomalies: number;
  /** Alerts that are decided and not yet published. */
  readonly outbox: number;
  readonly quarantined: readonly Quarantined[];
  /** Parts of files (rows, columns) and of exports (series, samples) that were not used while the rest was. */
  readonly leftOut: readonly LeftOutNote[];
  /** Why the detector's manifest cannot be used. */
  readonly problem?: string | undefined;
  /** What keeps it from doing what it is there for. */
  readonly concerns: readonly Concern[];
  /** No concern, and a manifest that can be used. */
  readonly isHealthy: boolean;
}

export interface TrainingPlaceStatus {
  /** About; the memory at the most. */
  readonly needs: TrainingNeeds;
  /** As AWS Batch knows it; null: none was asked for. */
  readonly job: string | null;
  readonly isUnderWay: boolean;
}

/** @param unit a detector, or a shard of one: the first also tells what is of all of them */
export async function readDetectorStatus(
  { store, now }: StoreContext,
  unit: string,
): Promise<DetectorStatus> {
  const { detector, shard } = parseUnit(unit) ?? { detector: unit };
  const isFirst = (shard?.index ?? 1) === 1;
  const { settings, problem } = await readSettings(store, detector);
  // Of one whose manifest cannot be used, windows are still told of.
  const used = settings ?? defaultDetector(detector);
  const findings = await readFindings(
    { store, now },
    { detector: takeShard(used, shard), manifestHash: manifestHash(used) },
  );
  const { state } = findings;
  const unscored = findUnscored(findings);
  const concerns = findConcerns(findings, now());
  const newest = findNewestData(findings, now() + FUTURE_TOLERANCE);
  const version = settings?.modelVersion;
  const current = await readCurrent(store, unit);
  const model = (version === 'current' || version === undefined ? current?.version : version) ?? null;
  const facts = model === null ? undefined : await readFacts(store, unit, model);
  const seen = sumLearned(state);
  const progress = (await readProgress(store, unit))?.progress;
  const late = (await readLate(store, unit)).filter(({ at }) => now() - Date.parse(at) <= NOTED_FOR);
  const units = listUnits(detector, shard?.of ?? 1);
  // What is in no shard is told of with the first.
  const isOwn = ({ key }: { readonly key: string }): boolean => {
    const of = unitOfWindowKey(key);
    return of === unit || (isFirst && of !== undefined && !units.includes(of));
  };
  const prefix = windowsPrefix(isFirst ? detector : unit);
  const ofWindows = (await listQuarantine(store, prefix)).filter(isOwn);
  const ofManifest = (isFirst ? await listQuarantine(store, `${DETECTORS_PREFIX}${detector}.`) : []).filter(
    ({ key }) => detectorOfManifestKey(key) === detector,
  );
  const ofState = [
    ...(await listQuarantine(store, stateKey(unit))),
    ...(isFirst && unit !== detector ? await listQuarantine(store, stateKey(detector)) : []),
  ];
  const quarantined = [
    ...(await keepUnmended(store, [...ofWindows, ...ofManifest])),
    // It was replaced, and what it held is gone: until somebody deletes the reason.
    ...ofState,
  ];
  const ofFiles = (await listUnmendedParts(store, prefix)).filter(isOwn);
  const ofExport = isFirst ? await readLeftOutOfExport({ store, now }, detector, NOTED_FOR) : undefined;
  const ofColumns = isFirst ? await readLeftOutColumns(store, detector) : undefined;
  const leftOut = [ofExport, ofColumns, ...ofFiles].filter((note) => note !== undefined);
  const shardsKept = isFirst ? sayShardsKept(used, countShards(used, state)) : undefined;
  return {
    detector,
    ...(shard !== undefined && { shard: `${shard.index}-of-${shard.of}` }),
    ...(shardsKept !== undefined && { shardsKept }),
    phase: state.phase,
    source: settings?.source ?? null,
    rows: seen.rows,
    spanMs: seen.span,
    ...warmupFields(settings, seen),
    model,
    fineTunedFrom: facts?.lineage ?? null,
    leftOutOfTraining: facts?.leftOut ?? null,
    training: progress?.phase === 'open' ? { version: progress.version, run: progress.pauses + 1 } : null,
    trainingPlace: findings.place === undefined ? null : tellPlace(findings.place, now()),
    newestData: newest === undefined ? null : new Date(newest).toISOString(),
    lagMs: newest === undefined ? null : now() - newest,
    unscored: {
      windows: unscored.windows,
      since: unscored.since === undefined ? null : new Date(unscored.since).toISOString(),
    },
    late,
    openIncidents: findings.openIncidents ?? null,
    openAnomalies:
      Object.values(state.entities).filter(({ open }) => open !== undefined).length +
      (state.silence?.open.length ?? 0),
    outbox: state.outbox.length + findings.messages.length,
    quarantined,
    leftOut,
    problem,
    concerns,
    isHealthy: concerns.length === 0 && problem === undefined,
  };
}

function tellPlace(place: TrainingPlace, now: number): TrainingPlaceStatus | null {
  const { values, memoryMb, seconds, job, refused } = place;
  // It fits by now.
  if (job === undefined && refused === undefined) return null;
  return {
    needs: { values, memoryMb, seconds },
    job: job?.name ?? null,
    isUnderWay: isJobUnderWay(place, now),
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
async function readFacts(
  store: ObjectStore,
  detector: string,
  version: string,
): Promise<ModelManifest | undefined> {
  try {
    return await readManifest(store, detector, version);
  } catch (error) {
    if (error instanceof ArtifactError) return undefined;
    throw error;
  }
}

async function readSettings(
  store: ObjectStore,
  detector: string,
): Promise<{ settings?: Detector; problem?: string }> {
  try {
    return { settings: await readDetector(store, detector) };
  } catch (error) {
    if (error instanceof ManifestError) return { problem: error.message };
    throw error;
  }
}

/** Epoch ms. A dropped file's name says nothing of its range, but what was decided on does. */
function findNewestData({ state, objects }: Findings, latest: number): number | undefined {
  let newest = -Infinity;
  const see = (time: number | undefined): void => {
    // Later ones are not data but what is left of a wrong clock.
    if (time !== undefined && time <= latest) newest = Math.max(newest, time);
  };
  see(state.exportedUntil);
  for (const { decidedUntil } of Object.values(state.entities)) see(decidedUntil);
  for (const info of objects) see(namedRange(info)?.end);
  return Number.isFinite(newest) ? newest : undefined;
}

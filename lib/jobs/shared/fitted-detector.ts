/** A stored version, ready to score. */

import { ArtifactError } from '../../base/errors.ts';
import type { UsualPresence } from '../../decision/silence/contract.ts';
import { loadPresence } from '../../decision/silence/presence-state.ts';
import type { FittedEvidence } from '../../evidence/evidence.ts';
import { loadEvidence } from '../../evidence/state.ts';
import { loadFeatures } from '../../features/feature-state.ts';
import type { FeaturePlan } from '../../features/plan.ts';
import type { FittedScaler } from '../../features/scaler.ts';
import type { FittedModel } from '../../models/framework/contract.ts';
import { getModel } from '../../models/registry.ts';
import type { ModelManifest } from '../../store/model-manifest.ts';
import { decodeModelState, type LoadedVersion, loadVersion } from '../../store/model-repository.ts';
import type { ObjectStore } from '../../store/object-store.ts';

export interface FittedDetector {
  readonly manifest: ModelManifest;
  readonly plan: FeaturePlan;
  readonly scaler: FittedScaler;
  readonly model: FittedModel;
  /** What evidence is gathered by; undefined in versions that decide by score. */
  readonly evidence: FittedEvidence | undefined;
  /** Who is missed when silent; undefined in versions from before that was learned. */
  readonly usual: UsualPresence | undefined;
}

/** Of a version's files: expectation and return levels. */
export const EVIDENCE_FILE = 'evidence.json';
/** …and who reported what. */
export const PRESENCE_FILE = 'presence.json';
/** Versions never change, so a warm function keeps the few that it used last. */
const CACHED_VERSIONS = 8;
/** The others are reports: for people, and larger than most models. */
const SCORING_FILES = /\.(json|bin)$/;
const caches = new WeakMap<ObjectStore, Map<string, FittedDetector>>();

/** @throws ArtifactError where a part is missing, altered or of an unknown format */
export async function loadFittedDetector(
  store: ObjectStore,
  detector: string,
  version: string,
): Promise<FittedDetector> {
  const cache = caches.get(store) ?? new Map<string, FittedDetector>();
  caches.set(store, cache);
  const id = `${detector}/${version}`;
  const fitted = cache.get(id) ?? (await readFittedDetector(store, detector, version));
  cache.delete(id);
  cache.set(id, fitted);
  for (const oldest of cache.keys()) if (cache.size > CACHED_VERSIONS) cache.delete(oldest);
  return fitted;
}

async function readFittedDetector(
  store: ObjectStore,
  detector: string,
  version: string,
): Promise<FittedDetector> {
  return decodeFittedDetector(
    await loadVersion(store, detector, version, (name) => SCORING_FILES.test(name)),
  );
}

/** @throws ArtifactError where a part is missing or of an unknown format */
export async function decodeFittedDetector({ manifest, files }: LoadedVersion): Promise<FittedDetector> {
  const { detector, version } = manifest;
  const { plan, planHash, scaler } = loadFeatures(
    parseJson(files['features.json'], `${detector} ${version}: features.json`),
  );
  if (planHash !== manifest.featurePlanHash)
    throw new ArtifactError(
      'plan-mismatch',
      `${detector} ${version}: features.json has plan ${planHash}, the manifest says ${manifest.featurePlanHash}`,
    );
  const kind = await getModel(manifest.kind);
  const model = await kind.load(decodeModelState(files));
  const what = `${detector} ${version}: ${PRESENCE_FILE}`;
  const presence = files[PRESENCE_FILE];
  return {
    manifest,
    plan,
    scaler,
    model,
    evidence: readEvidence(manifest, files, scaler.columns),
    usual: presence && loadPresence(parseJson(presence, what), what),
  };
}

/** @throws ArtifactError where the policy needs it and it is missing, or of other columns */
function readEvidence(
  { detector, version, policy }: ModelManifest,
  files: Readonly<Record<string, Uint8Array>>,
  columns: readonly string[],
): FittedEvidence | undefined {
  if (policy.by !== 'evidence') return undefined;
  const what = `${detector} ${version}: ${EVIDENCE_FILE}`;
  const evidence = loadEvidence(parseJson(files[EVIDENCE_FILE], what));
  const { columns: own } = evidence.expectation;
  if (own.join('\n') !== columns.join('\n'))
    throw new ArtifactError(
      'plan-mismatch',
      `${what} has the columns ${own.join(', ')}, the scaler ${columns.join(', ')}`,
    );
  return evidence;
}

/** The bytes are the ones that the manifest has the checksum of; `undefined`: the manifest does not list the file. */
function parseJson(bytes: Uint8Array | undefined, what: string): unknown {
  if (bytes === undefined) throw new ArtifactError('missing-file', `${what} is not part of the version`);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new ArtifactError('not-json', `${what} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

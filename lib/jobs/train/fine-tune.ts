/** Fine-tuning: a fit that goes on from a version that stands, in place of random weights. */

import { ArtifactError, FeatureError, ModelError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import type { FittedScaler } from '../../features/scaler.ts';
import type { ModelState } from '../../models/framework/contract.ts';
import type { ModelLineage } from '../../store/model-manifest.ts';
import { readCurrent } from '../../store/model-repository.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { loadFittedDetector } from '../shared/fitted-detector.ts';

/** Columns that a message lists of each kind. */
const MOST_COLUMNS = 10;

/**
 * The version that the manifest's `fine_tune` means as of now; undefined where it has none.
 * @throws ArtifactError where the other detector has no version yet
 */
export async function resolveLineage(
  detector: Detector,
  store: ObjectStore,
): Promise<ModelLineage | undefined> {
  const { fineTune } = detector.model;
  if (fineTune === undefined) return undefined;
  if (fineTune.version !== 'current') return { detector: fineTune.detector, version: fineTune.version };
  const current = await readCurrent(store, fineTune.detector);
  if (current === undefined)
    throw new ArtifactError(
      'no-version',
      `${detector.name}: model.fine_tune starts from ${fineTune.detector}, which has no current version; train it first`,
    );
  return { detector: fineTune.detector, version: current.version };
}

/**
 * The state to start from.
 * @param scaler what the new version's columns are scaled by
 * @throws ArtifactError where the version is absent or not whole; ModelError where it is of another kind; FeatureError
 *   where its columns or its scaler are others
 */
export async function loadStart(
  { detector, lineage, scaler }: { detector: Detector; lineage: ModelLineage; scaler: FittedScaler },
  store: ObjectStore,
): Promise<ModelState> {
  const source = await loadFittedDetector(store, lineage.detector, lineage.version);
  const name = `${detector.name}: ${sayStart(lineage)}`;
  const { kind } = source.manifest;
  if (kind !== detector.model.kind)
    throw new ModelError(
      'other-kind',
      `${name}, which is of kind ${kind}${source.manifest.requestedKind === undefined ? '' : ` for ${source.manifest.requestedKind}`}; this detector's model is of kind ${detector.model.kind}`,
    );
  const differences = compareColumns(source.scaler.columns, scaler.columns);
  if (differences !== undefined)
    throw new FeatureError('other-columns', `${name}, whose features are others: ${differences}`);
  if (source.scaler.kind !== scaler.kind)
    throw new FeatureError(
      'other-scaler',
      `${name}, which is scaled by ${source.scaler.kind}; this detector's scaler is ${scaler.kind}`,
    );
  return source.model.save();
}

/** Of messages about a version that is gone on from. */
export function sayStart({ detector, version }: ModelLineage): string {
  return `model.fine_tune starts from ${detector} ${version}`;
}

/** In words; undefined where they are the same in the same order. */
function compareColumns(theirs: readonly string[], ours: readonly string[]): string | undefined {
  const missing = theirs.filter((column) => !ours.includes(column));
  const extra = ours.filter((column) => !theirs.includes(column));
  const told = [
    ...(missing.length > 0 ? [`this detector lacks ${list(missing)}`] : []),
    ...(extra.length > 0 ? [`that version lacks ${list(extra)}`] : []),
  ];
  if (told.length > 0) return told.join('; ');
  const moved = ours.findIndex((column, i) => column !== theirs[i]);
  if (moved === -1) return undefined;
  return `column ${moved} is ${ours[moved]} here and ${theirs[moved]} there`;
}

function list(columns: readonly string[]): string {
  const shown = columns.slice(0, MOST_COLUMNS).join(', ');
  return columns.length > MOST_COLUMNS ? `${shown} and ${columns.length - MOST_COLUMNS} more` : shown;
}

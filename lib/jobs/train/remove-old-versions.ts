/**
 * Versions of a model are not kept for ever. One goes once it has not been in use for longer than anything that names it is
 * kept; what is in use, was before that, is pinned, or is what another model starts from, stays however old it is.
 */
import { PreconditionFailedError, TidewatchError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import { readCurrent } from '../../store/model-repository.ts';
import {
  deleteVersion,
  listVersions,
  type RetiredVersions,
  readRetired,
  writeRetired,
} from '../../store/retired-versions.ts';
import type { TrainContext } from '../shared/context.ts';
import { listDeclaredDetectors, readDetector } from '../shared/load-detectors.ts';

/** As long as scores, which are kept longest of what names a version (infra/aws/bucket.yml). */
export const KEEP_RETIRED: number = 430 * 86_400_000;
/** Ms of the run that have to be left to read a manifest or to delete a version. */
const LEAST_TIME = 10_000;

/**
 * After a training. It has its version whatever becomes of this: what cannot be read or deleted is told of, stays, and is
 * looked at again after the next one.
 */
export async function removeOldVersions(detector: Detector, context: TrainContext): Promise<void> {
  const unit = unitOf(detector);
  try {
    await remove(detector, unit, context);
  } catch (error) {
    // Another training looks at the same ones.
    if (error instanceof PreconditionFailedError) return;
    context.telemetry.warn('old versions of the model stay', {
      detector: unit,
      code: error instanceof TidewatchError ? error.code : 'failed',
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

async function remove(detector: Detector, unit: string, context: TrainContext): Promise<void> {
  const { store, telemetry, deadline } = context;
  const [there, current] = await Promise.all([listVersions(store, unit), readCurrent(store, unit)]);
  const used = new Set([current?.version, current?.previous, detector.modelVersion]);
  const unused = there.filter((version) => !used.has(version));
  const stored = await readRetired(store, unit);
  const now = context.now();
  // A time that has not come yet was of a clock that ran ahead.
  const since = new Map(
    unused.map((version) => [version, Math.min(stored.versions.get(version) ?? now, now)]),
  );
  const due = unused.filter((version) => since.get(version)! <= now - KEEP_RETIRED);
  const named = due.length === 0 ? new Set<string>() : await findNamedVersions(unit, context);
  for (const version of due) {
    if (named === undefined) break;
    if (named.has(version)) {
      since.set(version, now);
      continue;
    }
    if (deadline.remaining() < LEAST_TIME) break;
    await deleteVersion(store, unit, version);
    since.delete(version);
    telemetry.info('old version of the model deleted', { detector: unit, version });
  }
  if (!areSame(since, stored.versions)) await writeRetired(store, unit, { ...stored, versions: since });
}

/**
 * That a manifest, of this detector or of another one, pins or starts from; undefined where there is no time to read them all.
 * @throws where one of them cannot be read
 */
async function findNamedVersions(
  unit: string,
  context: TrainContext,
): Promise<ReadonlySet<string> | undefined> {
  const named = new Set<string>();
  for (const name of await listDeclaredDetectors(context)) {
    if (context.deadline.remaining() < LEAST_TIME) return undefined;
    const { model, modelVersion } = await readDetector(context.store, name);
    named.add(modelVersion);
    if (model.fineTune?.detector === unit) named.add(model.fineTune.version);
  }
  return named;
}

function areSame(a: RetiredVersions, b: RetiredVersions): boolean {
  return a.size === b.size && [...a].every(([version, since]) => b.get(version) === since);
}

/** A window of what a source gave, in the bucket: written once or not at all, one object for each shard. */
import { correlateTo, correlationOf } from '../../base/correlation.ts';
import { PreconditionFailedError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { listUnits } from '../../config/work-unit.ts';
import { ownersOfEntities, type PodOwners, revisionsOfEntities } from '../../source/pod-owners.ts';
import { cutWindow, firstValueTime, type WindowCut } from '../../source/series-to-window.ts';
import { windowKey } from '../../store/keys.ts';
import { MAX_FOOTER_BYTES } from '../../window/limits.ts';
import { formatMetadata } from '../../window/metadata.ts';
import type { MetricWindow } from '../../window/window.ts';
import { writeWindow } from '../../window/write-window.ts';
import type { ExportContext } from '../shared/context.ts';
import { dealOut } from './deal-out.ts';

const PARQUET_TYPE = 'application/vnd.apache.parquet';
/** Bytes of what a window tells of itself, the owners of its pods among it: a footer that is larger is read by nobody. */
const MOST_METADATA = MAX_FOOTER_BYTES / 2;

export interface PutWindow {
  readonly key: string;
  /** False where an object stands there: a run that crashed, or one at the same time, was first. */
  readonly isNew: boolean;
}

export interface WindowToPut extends Omit<WindowCut, 'detector'> {
  readonly detector: Pick<Detector, 'name' | 'entityLabels'>;
  readonly shards: number;
  readonly manifestHash: string;
  readonly podOwners: PodOwners | undefined;
}

/** A shard of which nobody has a value in the range gets none. */
export async function putWindow(
  context: Pick<ExportContext, 'store' | 'telemetry'>,
  { detector, shards, matrices, ...given }: WindowToPut,
): Promise<readonly PutWindow[]> {
  const { name } = detector;
  if (shards === 1) return [await putOne(context, name, { detector, matrices, ...given })];
  const put: PutWindow[] = [];
  const units = listUnits(name, shards);
  for (const [i, own] of dealOut(matrices, { labels: detector.entityLabels, shards }).entries()) {
    const first = firstValueTime(own, given.range.start);
    if (first === undefined || first >= given.range.end) continue;
    put.push(await putOne(context, units[i]!, { detector, matrices: own, ...given }));
  }
  return put;
}

async function putOne(
  context: Pick<ExportContext, 'store' | 'telemetry'>,
  unit: string,
  given: Omit<WindowToPut, 'shards'>,
): Promise<PutWindow> {
  const { store, telemetry } = context;
  const {
    manifestHash,
    detector: { name: detector },
    podOwners: _,
    ...cut
  } = given;
  const key = windowKey(unit, cut.range);
  correlateTo(correlationOf(key));
  const window = withOwners(cutWindow({ ...cut, detector }), given, context);
  try {
    const body = writeWindow(window, { manifestHash });
    await store.put(key, body, { ifAbsent: true, contentType: PARQUET_TYPE });
  } catch (error) {
    if (error instanceof PreconditionFailedError) return { key, isNew: false };
    throw error;
  }
  telemetry.count('WindowsExported', 1, { detector });
  telemetry.info('window exported', { detector, key, rows: window.times.length });
  return { key, isNew: true };
}

/** Without them where they are too many, or too long, to be kept with the window: pods go by their names then. */
function withOwners(
  window: MetricWindow,
  { detector: { entityLabels }, podOwners, manifestHash }: Omit<WindowToPut, 'shards'>,
  { telemetry }: Pick<ExportContext, 'telemetry'>,
): MetricWindow {
  if (podOwners === undefined) return window;
  const revisions = revisionsOfEntities(window, entityLabels, podOwners);
  const owned = {
    ...window,
    podOwners: ownersOfEntities(window.entities, entityLabels, podOwners),
    ...(revisions.length > 0 && { revisions }),
  };
  const bytes = Buffer.byteLength(formatMetadata(owned, manifestHash).value);
  if (bytes <= MOST_METADATA) return owned;
  telemetry.warn('owners of pods are too many to be kept with the window: they go by their names', {
    detector: window.detector,
    pods: owned.podOwners.size,
    bytes,
    most: MOST_METADATA,
  });
  return window;
}

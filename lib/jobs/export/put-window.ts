/** A window of what a source gave, in the bucket: written once or not at all, one object for each shard. */
import { correlateTo, correlationOf } from '../../base/correlation.ts';
import { PreconditionFailedError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { listUnits } from '../../config/work-unit.ts';
import { ownersOfEntities, type PodOwners } from '../../source/pod-owners.ts';
import { cutWindow, firstValueTime, type WindowCut } from '../../source/series-to-window.ts';
import { windowKey } from '../../store/keys.ts';
import { writeWindow } from '../../window/write-window.ts';
import type { ExportContext } from '../shared/context.ts';
import { dealOut } from './deal-out.ts';

const PARQUET_TYPE = 'application/vnd.apache.parquet';

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
  { store, telemetry }: Pick<ExportContext, 'store' | 'telemetry'>,
  unit: string,
  {
    manifestHash,
    detector: { name: detector, entityLabels },
    podOwners,
    ...cut
  }: Omit<WindowToPut, 'shards'>,
): Promise<PutWindow> {
  const key = windowKey(unit, cut.range);
  correlateTo(correlationOf(key));
  const named = cutWindow({ ...cut, detector });
  const window =
    podOwners === undefined
      ? named
      : { ...named, podOwners: ownersOfEntities(named.entities, entityLabels, podOwners) };
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

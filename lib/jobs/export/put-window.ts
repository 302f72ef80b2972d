/** A window of what a source gave, in the bucket: written once or not at all. */
import { correlateTo, correlationOf } from '../../base/correlation.ts';
import { PreconditionFailedError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { ownersOfEntities, type PodOwners } from '../../source/pod-owners.ts';
import { cutWindow, type WindowCut } from '../../source/series-to-window.ts';
import { windowKey } from '../../store/keys.ts';
import { writeWindow } from '../../window/write-window.ts';
import type { ExportContext } from '../shared/context.ts';

const PARQUET_TYPE = 'application/vnd.apache.parquet';

/** @returns `isNew` false where an object stands there: a run that crashed, or one at the same time, was first */
export async function putWindow(
  { store, telemetry }: Pick<ExportContext, 'store' | 'telemetry'>,
  {
    manifestHash,
    detector: { name: detector, entityLabels },
    podOwners,
    ...cut
  }: Omit<WindowCut, 'detector'> & {
    readonly detector: Pick<Detector, 'name' | 'entityLabels'>;
    readonly manifestHash: string;
    readonly podOwners: PodOwners | undefined;
  },
): Promise<{ readonly key: string; readonly isNew: boolean }> {
  const key = windowKey(detector, cut.range);
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

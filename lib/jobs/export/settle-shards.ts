/**
 * Settles how many shards a detector is split into: by its first data, before its first window is written, and for good. If
 * the number changed, an entity would be cut off from its history, its model and its open anomaly.
 */
import type { Detector } from '../../config/detector.ts';
import { parseUnit } from '../../config/work-unit.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { updateState } from '../../store/detector-states.ts';
import { reasonKey, unitOfWindowKey, windowsPrefix } from '../../store/keys.ts';
import type { ExportContext } from '../shared/context.ts';
import { listQuarantined } from '../shared/quarantine.ts';
import { countNeeded } from '../shared/units.ts';
import { isWindowName } from '../shared/window-objects.ts';
import type { Batch } from './export-batch.ts';
import type { ExportGrid } from './export-plan.ts';

/**
 * Nothing is written where it is one unit.
 * @param given.sample the first batch that has data, and its grid; without it, only what the manifest says counts: days of a
 *   backfill, of which each may have other series, would not agree
 * @returns how many shards it is in
 */
export async function settleShards(
  given: {
    readonly detector: Detector;
    readonly state: Pick<DetectorState, 'shards' | 'exporting'>;
    readonly sample?: { readonly grid: ExportGrid; readonly batch: Batch };
  },
  context: ExportContext,
): Promise<number> {
  const { detector, state, sample } = given;
  if (state.shards !== undefined) return state.shards;
  if (state.exporting?.dataSince !== undefined) return 1;
  const wanted = detector.shards ?? (sample === undefined ? 1 : countBy(detector, sample));
  // It may have been dealt out before, by another number or by more entities, and its state be lost.
  const found = await findDealt(context, detector.name);
  if (found === 1 && wanted > 1)
    context.telemetry.warn('the detector stays one unit: it has windows that are in no shard', {
      detector: detector.name,
      wanted,
    });
  const shards = found ?? wanted;
  if (shards === 1) return 1;
  // Another run may have been first.
  const settled = await updateState(context.store, detector.name, (latest) =>
    latest.shards === undefined ? { ...latest, shards } : undefined,
  );
  context.telemetry.info('the detector is worked on in shards', { detector: detector.name, shards });
  return settled.shards ?? 1;
}

/** By what a training of the whole lookback would hold. */
function countBy(
  { training }: Detector,
  { grid, batch }: { readonly grid: ExportGrid; readonly batch: Batch },
): number {
  return countNeeded({
    entities: new Set(batch.matrices.flatMap(({ byEntity }) => [...byEntity.keys()])).size,
    metrics: batch.matrices.map(({ name }) => name),
    lookback: training.lookback,
    step: grid.step,
  });
}

/**
 * As the bucket holds it, whatever became of the state: 1 where something lies outside of shards; undefined: nothing is there. What
 * was set aside still lies where it was dropped, and tells nothing.
 */
async function findDealt({ store }: ExportContext, detector: string): Promise<number | undefined> {
  const prefix = windowsPrefix(detector);
  const setAside = await listQuarantined(store, prefix);
  for await (const { key } of store.list(prefix))
    if (isWindowName(key) && !setAside.has(reasonKey(key)))
      return parseUnit(unitOfWindowKey(key) ?? '')?.shard?.of ?? 1;
  return undefined;
}

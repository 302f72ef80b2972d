/**
 * Turns away work for a unit that the detector does not have. A detector in shards is scored by its shards alone. A file
 * outside of their partitions belongs to none of them: if its entities were scored as well, they would have two levels, two
 * seasons and two alerts.
 */
import { type TidewatchError, WindowError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { listUnits, nameShard, unitOf } from '../../config/work-unit.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import type { ScoreContext } from '../shared/context.ts';
import type { LoadedDetector } from '../shared/load-detectors.ts';
import { listWindowObjects } from '../shared/looked-at.ts';
import { quarantine } from '../shared/quarantine.ts';
import { countShards } from '../shared/units.ts';

/**
 * Sets the files that came aside, with the reason. Where all of a detector in shards is asked for, its shards are.
 * @param arrived keys of windows that came; undefined: everything is asked for
 * @returns false where it is a unit of the detector: nothing was done then
 */
export async function turnAway(
  { detector, storedState }: LoadedDetector,
  arrived: readonly string[] | undefined,
  context: ScoreContext,
): Promise<boolean> {
  const { shard, name } = detector;
  // Nobody knows before its state can be read, nor, of one whose state is lost, before its next export has looked.
  if (storedState === undefined || isUnsettled(detector, storedState.state)) return false;
  const shards = countShards(detector, storedState.state);
  if ((shard?.of ?? 1) === shards) return false;
  const keys = arrived ?? (shard === undefined ? [] : await listStrays(context, unitOf(detector)));
  for (const key of keys)
    await quarantine(context, { detector: name, key, error: describeStray(key, name, shards) });
  if (arrived === undefined && shard === undefined)
    for (const unit of listUnits(name, shards)) await context.queue.requestScoring(unit);
  return true;
}

/** Neither an export nor the manifest has said it yet. */
function isUnsettled({ metrics, shards }: Detector, state: DetectorState): boolean {
  return metrics.length > 0 && shards === undefined && (state.shards ?? state.exportedUntil) === undefined;
}

async function listStrays({ store }: ScoreContext, unit: string): Promise<readonly string[]> {
  return (await listWindowObjects(store, unit)).map(({ key }) => key);
}

function describeStray(key: string, detector: string, shards: number): TidewatchError {
  const where =
    shards === 1
      ? `windows/detector=${detector}/`
      : `windows/detector=${detector}/${nameShard({ index: 1, of: shards })}/ to ${nameShard({ index: shards, of: shards })}/`;
  return new WindowError(
    'not-in-a-shard',
    `${key}: the detector is ${shards === 1 ? 'not in shards' : `in ${shards} shards`}: its files belong under ${where}, all rows of a workload under one of them`,
  );
}

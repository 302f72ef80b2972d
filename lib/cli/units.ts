/** Units of work of the detectors that a command works on: each shard of those that are in shards. */
import { ArtifactError, ManifestError } from '../base/errors.ts';
import type { Detector } from '../config/detector.ts';
import { listUnits, parseUnit } from '../config/work-unit.ts';
import { readDetector } from '../jobs/shared/load-detectors.ts';
import { countShards } from '../jobs/shared/units.ts';
import { readState } from '../store/detector-states.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { UsageError } from './usage-error.ts';

/** Reads only. @param names of detectors, or of shards, which stay as they are */
export async function listUnitsOf(store: ObjectStore, names: readonly string[]): Promise<readonly string[]> {
  const units: string[] = [];
  for (const name of names) {
    const isShard = parseUnit(name)?.shard !== undefined;
    units.push(...(isShard ? [name] : listUnits(name, await countShardsOf(store, name))));
  }
  return units;
}

/** 1 too where nothing can be read that would tell: whoever works on the detector says so. */
export async function countShardsOf(store: ObjectStore, name: string): Promise<number> {
  try {
    const { state } = await readState(store, name);
    const isSettled = state.shards !== undefined || state.exportedUntil !== undefined;
    return countShards(isSettled ? {} : await readDetector(store, name), state);
  } catch (error) {
    if (error instanceof ArtifactError || error instanceof ManifestError) return 1;
    throw error;
  }
}

/** @throws UsageError for a shard, where a command is of whole detectors */
export function refuseShards(names: readonly string[], what: string): void {
  const shard = names.find((name) => parseUnit(name)?.shard !== undefined);
  if (shard !== undefined)
    throw new UsageError(
      `${shard} is a shard: ${what} is of all of ${parseUnit(shard)!.detector}; name that`,
    );
}

/** What the manifest asks for, and is not so; undefined where it is. */
export function sayShardsKept(
  { name, shards: asked }: Pick<Detector, 'name' | 'shards'>,
  shards: number,
): string | undefined {
  if (asked === undefined || asked === shards) return undefined;
  return `spec.shards is ${asked}, and ${name} stays ${shards === 1 ? 'one unit' : `in ${shards} shards`}: its first export settled it. A detector of another name begins anew`;
}

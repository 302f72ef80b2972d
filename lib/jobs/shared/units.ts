/** Into which units of work a detector is dealt out, as its state and its manifest tell. */
import type { Detector } from '../../config/detector.ts';
import { listUnits, type Shard } from '../../config/work-unit.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import type { LoadedDetector } from './load-detectors.ts';

/**
 * 1: it is one unit. The first export settles the number, and nothing changes it after that; where nothing is exported, the
 * manifest says it to whoever deals out the files.
 */
export function countShards(
  { shards = 1 }: Pick<Detector, 'shards'>,
  state: Pick<DetectorState, 'shards' | 'exportedUntil'>,
): number {
  return state.shards ?? (state.exportedUntil === undefined ? shards : 1);
}

/** Names of the units of a detector that was loaded as a whole. */
export function unitsOfDetector({ detector, storedState }: LoadedDetector): readonly string[] {
  return listUnits(detector.name, storedState === undefined ? 1 : countShards(detector, storedState.state));
}

/** The detector as a job of one of its shards has it: false alarms are put up with by detector, and each has its share of them. */
export function takeShard(detector: Detector, shard: Shard | undefined): Detector {
  if (shard === undefined) return detector;
  const { threshold } = detector;
  const { count, per } = threshold.falseAlarms;
  return { ...detector, shard, threshold: { ...threshold, falseAlarms: { count: count / shard.of, per } } };
}

import type { Detector } from './detector.ts';
import type { Shard } from './work-unit.ts';

/** The detector as a job of one of its shards has it. */
export function takeShard(detector: Detector, shard: Shard | undefined): Detector {
  return shard === undefined ? detector : { ...detector, shard };
}

import type { Detector } from './detector.ts';
import type { Shard } from './work-unit.ts';

/**
 * The detector as a job of one of its shards has it. False alarms are put up with by detector: each shard has its share of
 * them, and their sum stays.
 */
export function takeShard(detector: Detector, shard: Shard | undefined): Detector {
  if (shard === undefined) return detector;
  const { threshold } = detector;
  const { count, per } = threshold.falseAlarms;
  return { ...detector, shard, threshold: { ...threshold, falseAlarms: { count: count / shard.of, per } } };
}

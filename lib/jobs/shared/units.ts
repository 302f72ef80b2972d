/** Into which units of work a detector is dealt out, as its state and its manifest tell. */
import type { Detector } from '../../config/detector.ts';
import { listUnits, MOST_SHARDS, SHARD_COLUMN } from '../../config/work-unit.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import type { LoadedDetector } from './load-detectors.ts';
import { TRAINING_MEMORY } from './training-needs.ts';

/**
 * MB of the train function as it is deployed: a detector whose training takes more is split into shards. A test compares
 * the two numbers.
 */
export const TRAINED_IN_MB = 3008;
/** Of that, what a shard is made for: workloads are not of one size, and a fleet grows. */
const FILLED = 0.6;

/**
 * 1: it is one unit. The first export settles the number, and nothing changes it after that. If nothing is exported, the
 * manifest tells it to the person who distributes the files.
 */
export function countShards(
  { shards = 1 }: Pick<Detector, 'shards'>,
  state: Pick<DetectorState, 'shards' | 'exportedUntil'>,
): number {
  return state.shards ?? (state.exportedUntil === undefined ? shards : 1);
}

/**
 * As many shards as it takes to train each of them in the function.
 * @param given.step ms
 */
export function countNeeded(given: {
  readonly entities: number;
  readonly metrics: readonly string[];
  readonly lookback: number;
  readonly step: number;
}): number {
  const { entities, metrics, lookback, step } = given;
  const values = entities * metrics.length * (lookback / step);
  const fitting = ((TRAINED_IN_MB - TRAINING_MEMORY.base) * 2 ** 20) / TRAINING_MEMORY.value;
  const isNamedSo = metrics.some((name) => name.toLowerCase() === SHARD_COLUMN);
  if (values <= fitting || isNamedSo) return 1;
  return Math.min(MOST_SHARDS, Math.ceil(values / (FILLED * fitting)));
}

/** Names of the units of a detector that was loaded as a whole. */
export function unitsOfDetector({ detector, storedState }: LoadedDetector): readonly string[] {
  return listUnits(detector.name, storedState === undefined ? 1 : countShards(detector, storedState.state));
}

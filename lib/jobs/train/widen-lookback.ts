import type { Detector } from '../../config/detector.ts';
import { rowsWanted } from '../../config/warmup.ts';

/** So that one entity comes to `warmup` rows even where half of its rows are missing. */
const SPARE = 2;

/**
 * The detector with a lookback that holds enough rows: two weeks of hourly rows are 336, which would be learned on for
 * ever without coming to a warmup of 1,440.
 * @param step grid distance in ms; undefined before the first data
 */
export function widenLookback(detector: Detector, step: number | undefined): Detector {
  const { training } = detector;
  const needed = SPARE * rowsWanted(detector) * (detector.step ?? step ?? 0);
  return needed <= training.lookback
    ? detector
    : { ...detector, training: { ...training, lookback: needed } };
}

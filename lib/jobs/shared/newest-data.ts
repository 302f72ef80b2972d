import type { DetectorState } from '../../store/detector-state.ts';

/** End of the newest data that a state knows of, epoch ms, up to `latest`; -Infinity where nothing is known of. */
export function newestData(
  { exportedUntil, entities }: Pick<DetectorState, 'exportedUntil' | 'entities'>,
  latest: number,
): number {
  let newest = -Infinity;
  if (exportedUntil !== undefined && exportedUntil <= latest) newest = exportedUntil;
  for (const { decidedUntil } of Object.values(entities))
    if (decidedUntil <= latest) newest = Math.max(newest, decidedUntil);
  return newest;
}

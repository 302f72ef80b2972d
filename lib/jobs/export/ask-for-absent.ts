/**
 * A shard of which nobody was heard while others were gets no window, and so no event: its workloads are missed by asking for a
 * scoring, which looks at how far the export has come.
 */
import { readState } from '../../store/detector-states.ts';
import type { ExportDueContext } from '../shared/context.ts';

/** Ms from the last row of a shard, and more than any limit: nobody is asked for ever for workloads that were removed. */
const ASKED_FOR = 31 * 86_400_000;

/** @param units of which the newest window has nobody */
export async function askForAbsent(
  units: readonly string[],
  { store, queue, telemetry }: ExportDueContext,
): Promise<void> {
  for (const unit of units)
    try {
      const { exportedUntil, silence } = (await readState(store, unit)).state;
      if (silence === undefined || exportedUntil === undefined) continue;
      const heard = Math.max(...Object.values(silence.units).map((tracked) => tracked.heard));
      if (exportedUntil - heard <= ASKED_FOR) await queue.requestScoring(unit);
    } catch (error) {
      telemetry.warn('a silence was not looked for; the next export tries again', {
        detector: unit,
        error: String(error),
      });
    }
}

/** Counters and uptimes that began again shortly before or during an anomaly. */
import type { AlertRestart } from '../../alert/alert.ts';
import type { Transition } from '../../decision/contract.ts';
import { findRestarts } from '../../features/restarts.ts';
import type { PlannedRows } from '../../features/source-columns.ts';

/** What people see of an incident began a little after its cause. */
const ROWS_BEFORE = 10;

/** @param step ms */
export function describeRestarts(
  { entity, start, lastAnomalous }: Transition,
  planned: PlannedRows,
  step: number,
): readonly AlertRestart[] {
  const within = { entity, from: start - ROWS_BEFORE * step, to: lastAnomalous };
  return findRestarts(planned, within).map(({ metric, time, from, to }) => ({
    metric,
    at: new Date(time).toISOString(),
    from,
    to,
  }));
}

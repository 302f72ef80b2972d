/** Why a row scored as it did, in the metrics' own units. */
import type { Reason } from '../alert/alert.ts';
import { profilesOf } from '../features/robust-scaler.ts';
import type { FittedDetector } from './fitted-detector.ts';
import type { ScoredWindowRows } from './score-rows.ts';

/** Of the score: what has less rounds to 0 % and explains nothing. */
const LEAST_SHARE = 0.005;

/** Largest share first; metrics that had next to no part in the score are left out. */
export async function explainRow({
  fitted,
  rows,
  row,
}: {
  fitted: Pick<FittedDetector, 'plan' | 'scaler' | 'model'>;
  rows: ScoredWindowRows;
  row: number;
}): Promise<readonly Reason[]> {
  const { window, availability } = rows.prepared;
  const [contributions = []] = await fitted.model.explain(rows.x, Uint32Array.of(row));
  const profiles = profilesOf(fitted.scaler, window.entities[window.entityOf[row]!]!);
  return contributions
    .filter(({ share }) => share >= LEAST_SHARE)
    .map(({ feature, share }) => {
      const index = fitted.plan.columns.findIndex(({ name }) => name === feature);
      const column = fitted.plan.columns[index]!;
      const value =
        column.kind === 'availability'
          ? availability[row]!
          : window.columns[window.metrics.indexOf(column.metric)]![row]!;
      const { low, high, center } = profiles[index]!;
      return {
        metric: feature,
        share,
        value: Number.isFinite(value) ? value : null,
        usualLow: low,
        usualHigh: high,
        usual: center,
      };
    });
}

/** The autoencoder beside isolation forest: when each first alerts, at the same share of false alarms. */
import type { FitRun } from '../../lib/models/framework/contract.ts';
import { getModel } from '../../lib/models/registry.ts';
import type { ScenarioName } from '../../lib/simulate/scenarios.ts';
import { findDelay, findThreshold, persistentScores, shareOfAlerts } from './first-alert.ts';
import { simulateDays } from './simulated-days.ts';

export const CONTENDERS = ['lstm-autoencoder', 'isolation-forest'] as const;
export const ALERT_SCENARIOS = ['slow-exfiltration', 'cascading-failure'] as const;
/** Shares of normal rows in an alert. */
export const SHARES = [0.01, 0.002] as const;
/** Half an hour and half the units of the defaults, and fewer sequences: what 20 seeds have time for. */
export const AUTOENCODER = { sequenceLength: 30, hidden: 32, maxSequences: 1500, epochs: 30 };

export interface AlertFigure {
  readonly seed: number;
  readonly kind: (typeof CONTENDERS)[number];
  readonly scenario: (typeof ALERT_SCENARIOS)[number];
  /** Of the normal rows that the threshold was set on. */
  readonly share: number;
  /** Of a normal day that it was not set on. */
  readonly falseAlarms: number;
  /** Minutes from the start of the scenario; undefined: no alert. */
  readonly delay: number | undefined;
}

const NO_DEADLINE: FitRun['deadline'] = { remaining: () => Infinity };

export async function measureAlerts(seed: number): Promise<readonly AlertFigure[]> {
  const scenarios: readonly ScenarioName[] = ['none', ...ALERT_SCENARIOS];
  const days = simulateDays(seed, { scenarios, contextRows: AUTOENCODER.sequenceLength });
  const figures: AlertFigure[] = [];
  for (const kind of CONTENDERS) {
    const model = await getModel(kind);
    const params = model.parseParams(kind === 'lstm-autoencoder' ? AUTOENCODER : {});
    const fitted = await model.fit(days.training, params, { seed, deadline: NO_DEADLINE });
    const score = async (scenario: ScenarioName): Promise<Float64Array> =>
      persistentScores(days.later(scenario), await fitted.score(days.later(scenario)));
    const normal = await score('none');
    for (const scenario of ALERT_SCENARIOS) {
      const scores = await score(scenario);
      for (const share of SHARES) {
        const range = { from: days.thresholdsFrom, to: days.lastDayFrom };
        const threshold = findThreshold(days.later('none'), normal, { ...range, share });
        figures.push({
          seed,
          kind,
          scenario,
          share,
          falseAlarms: shareOfAlerts(days.later('none'), normal, { from: days.lastDayFrom, threshold }),
          delay: findDelay(days.later(scenario), scores, { incidents: days.incidents(scenario), threshold }),
        });
      }
    }
  }
  return figures;
}

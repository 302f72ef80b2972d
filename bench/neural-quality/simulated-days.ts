/**
 * Days of three simulated services as a model sees them: a normal week to fit on, two normal days that thresholds are
 * set on, and a day that ends normally or in a scenario. The same seed gives the same days but for what happens in the
 * last one.
 */
import { DEFAULT_FEATURES } from '../../lib/config/feature-settings.ts';
import { buildMatrix } from '../../lib/features/build-matrix.ts';
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import { planFeatures } from '../../lib/features/plan.ts';
import { withoutMetrics } from '../../lib/features/prepare-rows.ts';
import { type FittedScaler, fitScaler } from '../../lib/features/scaler.ts';
import type { PlannedRows } from '../../lib/features/source-columns.ts';
import type { Incident } from '../../lib/simulate/incident.ts';
import type { ScenarioName } from '../../lib/simulate/scenarios.ts';
import { simulate } from '../../lib/simulate/simulate.ts';
import { sliceWindow } from '../../lib/window/combine.ts';
import type { MetricWindow } from '../../lib/window/window.ts';

const STEP = 60_000;
const DAY = 86_400_000;
/** A Monday. */
const START = Date.UTC(2026, 0, 5);
const TRAINING_DAYS = 7;
const THRESHOLD_DAYS = 2;
const DAYS = TRAINING_DAYS + THRESHOLD_DAYS + 1;
const SERVICES = 3;

export interface SimulatedDays {
  readonly training: FeatureMatrix;
  /** Per scenario: the rows after the training, and before them as much of it as a model may look back on. */
  readonly later: ByScenario<FeatureMatrix>;
  /** Epoch ms. */
  readonly thresholdsFrom: number;
  readonly lastDayFrom: number;
  readonly incidents: ByScenario<readonly Incident[]>;
}

/** Those that were asked for. */
type ByScenario<T> = (scenario: ScenarioName) => T;

/**
 * @param given.contextRows rows before the first one that is to have a score
 * @param given.metrics the first so many of those that the simulation has; all by default
 */
export function simulateDays(
  seed: number,
  given: {
    readonly scenarios: readonly ScenarioName[];
    readonly contextRows: number;
    readonly metrics?: number;
  },
): SimulatedDays {
  const { scenarios, contextRows, metrics } = given;
  const thresholdsFrom = START + TRAINING_DAYS * DAY;
  const runs = scenarios.map((scenario) => {
    const options = { scenario, seed, days: DAYS, services: SERVICES, step: STEP, start: START };
    const { window, incidents } = simulate(options);
    const others = window.metrics.slice(metrics ?? window.metrics.length);
    return { scenario, incidents, window: withoutMetrics(window, others) };
  });
  const before = planRows(sliceWindow(runs[0]!.window, { start: START, end: thresholdsFrom }));
  const scaler = fitScaler(before);
  const after = { start: thresholdsFrom - contextRows * STEP, end: START + DAYS * DAY };
  const later = new Map(
    runs.map(({ scenario, window }) => [scenario, toMatrix(sliceWindow(window, after), scaler)]),
  );
  const incidents = new Map(runs.map((run) => [run.scenario, run.incidents]));
  return {
    training: buildMatrix({ ...before, scaler }),
    later: (scenario) => later.get(scenario)!,
    thresholdsFrom,
    lastDayFrom: thresholdsFrom + THRESHOLD_DAYS * DAY,
    incidents: (scenario) => incidents.get(scenario)!,
  };
}

/** Nothing is missing in simulated days. */
function planRows(window: MetricWindow): PlannedRows {
  const plan = planFeatures(window.metrics, { settings: DEFAULT_FEATURES, step: window.step });
  return { window: { ...window, labels: undefined }, plan, availability: window.times.map(() => 1) };
}

function toMatrix(window: MetricWindow, scaler: FittedScaler): FeatureMatrix {
  return buildMatrix({ ...planRows(window), scaler });
}

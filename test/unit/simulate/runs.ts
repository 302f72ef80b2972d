/** Simulations, and what tests ask of their columns. */
import assert from 'node:assert/strict';
import type { Incident } from '../../../lib/simulate/incident.ts';
import type { SimulatedMetricName } from '../../../lib/simulate/metrics.ts';
import type { ScenarioName } from '../../../lib/simulate/scenarios.ts';
import { type SimulateOptions, type Simulation, simulate } from '../../../lib/simulate/simulate.ts';

export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;
/** A Thursday. */
export const START: number = Date.UTC(2026, 0, 1);

export function run(scenario: ScenarioName, options: Partial<SimulateOptions> = {}): Simulation {
  return simulate({ scenario, seed: 1, days: 7, services: 3, step: MINUTE, start: START, ...options });
}

/** Values of one service, in order of time. */
export function valuesOf({ window }: Simulation, entity: string, metric: SimulatedMetricName): number[] {
  const place = window.entities.indexOf(entity);
  return [...window.columns[window.metrics.indexOf(metric)]!].filter(
    (_, row) => window.entityOf[row] === place,
  );
}

export function during(
  { window }: Simulation,
  values: readonly number[],
  from: number,
  to: number,
): number[] {
  return values.slice((from - window.range.start) / window.step, (to - window.range.start) / window.step);
}

/** Values of a service where nothing happens to it. */
export function normalOf(simulation: Simulation, entity: string, metric: SimulatedMetricName): number[] {
  const { window } = simulation;
  const place = window.entities.indexOf(entity);
  const column = window.columns[window.metrics.indexOf(metric)]!;
  return [...column].filter((_, row) => window.entityOf[row] === place && window.labels![row] === 0);
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.round((values.length - 1) * share)]!;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (x: readonly number[], mx: number, y: readonly number[], my: number): number =>
    x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return product(a, meanA, b, meanB) / Math.sqrt(product(a, meanA, a, meanA) * product(b, meanB, b, meanB));
}

/** Within the 0.5 to 99.5 % range of the service's normal rows, but for so large a share. */
export function assertWithinUsual(
  simulation: Simulation,
  { entity, start, end }: Incident,
  metrics: readonly SimulatedMetricName[],
  share: number,
): void {
  for (const metric of metrics) {
    const usual = normalOf(simulation, entity, metric);
    const [low, high] = [quantile(usual, 0.005), quantile(usual, 0.995)];
    const values = during(simulation, valuesOf(simulation, entity, metric), start, end);
    const outside = values.filter((value) => value < low || value > high);
    assert.ok(outside.length <= share * values.length, `${metric}: ${outside} outside ${low} to ${high}`);
  }
}

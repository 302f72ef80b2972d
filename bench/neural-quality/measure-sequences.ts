/**
 * Precision, recall and F1 on the 16 metrics of the Kubernetes preset: 1,000 sequences to train on, 1,000 others to
 * tell apart. A sequence counts as anomalous where its last row lies within an incident.
 */

import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import {
  countConfusion,
  f1,
  precision,
  predictAt,
  recall,
} from '../../lib/maths/metrics/confusion-matrix.ts';
import { takeEvenly } from '../../lib/maths/take-evenly.ts';
import { getModel } from '../../lib/models/registry.ts';
import type { Incident } from '../../lib/simulate/incident.ts';
import type { ScenarioName } from '../../lib/simulate/scenarios.ts';
import { simulateDays } from './simulated-days.ts';

/** Those that show in the preset's metrics; the others are about requests, caches and databases. */
const FAULTS = ['cpu-spike', 'memory-leak', 'slow-exfiltration', 'cascading-failure'] as const;
const METRICS = 16;
export const SEQUENCES = 1000;
/** Anomalous sequences of one fault, at most. */
const PER_FAULT = 75;
/** Of the training's scores; the first is the published reference's. */
export const PERCENTILES = [95, 97, 99] as const;

export interface SequenceFigure {
  readonly seed: number;
  readonly kind: string;
  readonly percentile: number;
  readonly anomalous: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export async function measureSequences(
  seed: number,
  kind: string,
  given: Readonly<Record<string, unknown>>,
): Promise<readonly SequenceFigure[]> {
  const scenarios: readonly ScenarioName[] = ['none', ...FAULTS];
  const model = await getModel(kind);
  const days = simulateDays(seed, { scenarios, contextRows: 60, metrics: METRICS });
  const fitted = await model.fit(days.training, model.parseParams(given), {
    seed,
    deadline: { remaining: () => Infinity },
  });
  const anomalous: number[] = [];
  for (const fault of FAULTS) {
    const x = days.later(fault);
    const scores = await fitted.score(x);
    anomalous.push(...takeEvenly(rowsWithin(x, days.incidents(fault)), PER_FAULT).map((row) => scores[row]!));
  }
  const x = days.later('none');
  const scores = await fitted.score(x);
  const normal = takeEvenly(
    Array.from(x.times.keys()).filter((row) => x.times[row]! >= days.thresholdsFrom),
    SEQUENCES - anomalous.length,
  ).map((row) => scores[row]!);
  const all = Float64Array.from([...anomalous, ...normal]);
  const labels = Uint8Array.from(all, (_, i) => (i < anomalous.length ? 1 : 0));
  const trained = (await fitted.score(days.training)).filter((score) => !Number.isNaN(score)).sort();
  return PERCENTILES.map((percentile) => {
    const threshold = trained[Math.floor((trained.length * percentile) / 100)]!;
    const confusion = countConfusion({ labels, predicted: predictAt(all, threshold) });
    return {
      seed,
      kind,
      percentile,
      anomalous: anomalous.length,
      precision: precision(confusion),
      recall: recall(confusion),
      f1: f1(confusion),
    };
  });
}

function rowsWithin(x: FeatureMatrix, incidents: readonly Incident[]): readonly number[] {
  return Array.from(x.times.keys()).filter((row) =>
    incidents.some(
      ({ entity, start, end }) =>
        x.entities[x.entityOf[row]!] === entity && x.times[row]! >= start && x.times[row]! < end,
    ),
  );
}

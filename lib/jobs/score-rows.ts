/** One window through the model: scores, and how far each row is from usual. */
import type { Detector } from '../config/detector.ts';
import type { ScoredRows } from '../decision/contract.ts';
import { buildMatrix, deviations } from '../features/build-matrix.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import type { MetricWindow } from '../window/window.ts';
import type { FittedDetector } from './fitted-detector.ts';
import { type PreparedRows, prepareRows } from './prepare-rows.ts';

export interface ScoredWindowRows {
  readonly prepared: PreparedRows;
  readonly x: FeatureMatrix;
  readonly scored: ScoredRows;
}

/** @throws FeatureError where the window lacks a metric that the model was trained on */
export async function scoreRows({
  detector,
  fitted,
  window,
}: {
  detector: Detector;
  fitted: FittedDetector;
  window: MetricWindow;
}): Promise<ScoredWindowRows> {
  const prepared = prepareRows(window, detector, fitted.manifest.step);
  const x = buildMatrix({ ...prepared, plan: fitted.plan, scaler: fitted.scaler });
  const scores = await fitted.model.score(x);
  const { entities, entityOf, times } = x;
  const scored = { entities, entityOf, times, scores, deviations: deviations(x, fitted.scaler).values };
  return { prepared, x, scored };
}

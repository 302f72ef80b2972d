/** One window through the model: scores, and how far each row is from usual. */
import type { Detector } from '../config/detector.ts';
import type { ScoredRows } from '../decision/contract.ts';
import { buildMatrix, deviations } from '../features/build-matrix.ts';
import type { FeatureMatrix } from '../features/feature-matrix.ts';
import { checkColumns, type PlannedRows } from '../features/source-columns.ts';
import { sliceWindow } from '../window/combine.ts';
import type { MetricWindow } from '../window/window.ts';
import type { FittedDetector } from './fitted-detector.ts';
import { changePrepared, mergePrepared } from './merge-prepared.ts';
import { type PreparedRows, prepareRows } from './prepare-rows.ts';

export interface ScoredWindowRows {
  /** The window's rows alone, as `scored` has them. */
  readonly prepared: PreparedRows;
  /** What the rows of `x` were made of: the window's and, before them, those that the model looks back on. */
  readonly planned: PlannedRows;
  readonly x: FeatureMatrix;
  /** The window's rows alone. */
  readonly scored: ScoredRows;
  /** Row of `scored` → row of `x`. */
  readonly matrixRows: Uint32Array;
}

/** Rows of history that a row needs: what its features look back on, and what the model looks back on of those. */
export function countContextRows({ plan, model }: Pick<FittedDetector, 'plan' | 'model'>): number {
  return plan.contextRows + model.contextRows;
}

/**
 * @param given.context windows with earlier rows, oldest first: those are looked back on, and neither scored nor explained
 * @throws FeatureError where the window lacks a metric that the model was trained on
 */
export async function scoreRows({
  detector,
  fitted,
  window,
  context = [],
}: {
  detector: Detector;
  fitted: FittedDetector;
  window: MetricWindow;
  context?: readonly MetricWindow[];
}): Promise<ScoredWindowRows> {
  const { plan, scaler, model } = fitted;
  const { step } = fitted.manifest;
  const newest = prepareRows(window, detector, step);
  checkColumns({ ...newest, plan });
  const { start } = newest.window.range;
  const within = { start: start - countContextRows(fitted) * step, end: start };
  // Cut after short gaps are filled, which takes the values on both sides.
  const history = context.map((earlier) =>
    changePrepared(prepareRows(earlier, detector, step), (all) => sliceWindow(all, within)),
  );
  const merged = mergePrepared([...history, newest]);
  const planned = { ...merged, plan, rows: findRows(merged, newest, start - model.contextRows * step) };
  const x = buildMatrix({ ...planned, scaler });
  const matrixRows = Uint32Array.from(x.times.keys()).filter((row) => x.times[row]! >= start);
  const scores = await model.score(x);
  const far = deviations(x, scaler).values;
  const { entities, entityOf, times } = newest.window;
  const scored = {
    entities,
    entityOf,
    times,
    scores: Float64Array.from(matrixRows, (row) => scores[row]!),
    deviations: Float64Array.from(matrixRows, (row) => far[row]!),
  };
  return { prepared: newest, planned, x, scored, matrixRows };
}

/** Rows of the window's entities from `from` (epoch ms) on. */
function findRows({ window }: PreparedRows, newest: PreparedRows, from: number): Uint32Array {
  const present = new Set(newest.window.entities);
  const wanted = window.entities.map((entity) => present.has(entity));
  return Uint32Array.from(window.times.keys()).filter(
    (row) => window.times[row]! >= from && wanted[window.entityOf[row]!],
  );
}

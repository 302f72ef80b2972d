/** One window through the model: scores, and how far each row is from usual. */
import type { Detector } from '../../config/detector.ts';
import type { ScoredRows } from '../../decision/contract.ts';
import { gatherEvidence, jointYouthOf, pickEvidence, silenceGaps } from '../../evidence/evidence.ts';
import { longestOverrun } from '../../evidence/starts.ts';
import { countScanRows } from '../../evidence/statistics.ts';
import { buildMatrix, deviations } from '../../features/build-matrix.ts';
import { changePreparedRows, combinePreparedRows } from '../../features/combine-prepared-rows.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { pickRows } from '../../features/pick-rows.ts';
import { type PreparedRows, prepareRows } from '../../features/prepare-rows.ts';
import { restartingMetrics } from '../../features/restarts.ts';
import { checkColumns, type PlannedRows } from '../../features/source-columns.ts';
import { sliceWindow } from '../../window/combine.ts';
import type { MetricWindow } from '../../window/window.ts';
import { calmMatrix } from './calm-matrix.ts';
import type { FittedDetector } from './fitted-detector.ts';
import { findLeastChanges, findLeastOffZero } from './least-changes.ts';

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

/** Rows of history that a score needs: what its features look back on, and what the model looks back on of those. */
export function countScoreRows({ plan, model }: Pick<FittedDetector, 'plan' | 'model'>): number {
  return plan.contextRows + model.contextRows;
}

/** Rows of history that a row needs: those of its score and of its evidence. */
export function countContextRows(fitted: Pick<FittedDetector, 'plan' | 'model' | 'evidence'>): number {
  return fitted.plan.contextRows + countMatrixRows(fitted);
}

function countMatrixRows({ model, evidence }: Pick<FittedDetector, 'model' | 'evidence'>): number {
  if (evidence === undefined) return model.contextRows;
  const { plan, starts } = evidence;
  const overrun = longestOverrun(starts);
  // So many that a new entity is as old by them as it is: with fewer, the model would never be heard of it.
  return Math.max(
    (jointYouthOf(plan, model.contextRows) + overrun) / plan.step,
    countScanRows(plan, overrun),
  );
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
  const { plan, scaler } = fitted;
  const { step } = fitted.manifest;
  const restarting = restartingMetrics(plan);
  const newest = prepareRows(window, detector, step, restarting);
  checkColumns({ ...newest, plan });
  const { start } = newest.window.range;
  const within = { start: start - countContextRows(fitted) * step, end: start };
  // Cut after short gaps are filled, which takes the values on both sides.
  const history = context.map((earlier) =>
    changePreparedRows(prepareRows(earlier, detector, step, restarting), (all) => sliceWindow(all, within)),
  );
  const merged = combinePreparedRows([...history, newest]);
  const planned = { ...merged, plan, rows: findRows(merged, newest, start - countMatrixRows(fitted) * step) };
  const x = buildMatrix({
    ...planned,
    scaler,
    leastOffZero: fitted.evidence && findLeastOffZero({ detector, plan }),
  });
  const matrixRows = findRowsFrom(x.times, start);
  // A gap is no anomaly of values: what was not measured has no score.
  const isHeard = (row: number): boolean =>
    fitted.usual === undefined || planned.availability[planned.rows[row]!]! > 0;
  const scores = (await scoreNewest(x, { detector, fitted, start })).map((score, row) =>
    isHeard(row) ? score : Number.NaN,
  );
  const far = deviations(pickRows(x, matrixRows), scaler).values;
  const { entities, entityOf, times } = newest.window;
  const scored = {
    entities,
    entityOf,
    times,
    scores: Float64Array.from(matrixRows, (row) => scores[row]!),
    deviations: far.map((value, at) => (isHeard(matrixRows[at]!) ? value : Number.NaN)),
    ...(fitted.evidence !== undefined && {
      evidence: silenceGaps(
        pickEvidence(
          gatherEvidence({
            x,
            scores,
            fitted: fitted.evidence,
            lookback: fitted.model.contextRows,
            from: start,
            leastChanges: findLeastChanges({ detector, plan, scaler }),
          }),
          matrixRows,
        ),
        newest.availability,
      ),
    }),
  };
  return { prepared: newest, planned, x, scored, matrixRows };
}

/**
 * Scores of the window's rows, and of the rows before it that their evidence looks back on; NaN further back. The evidence
 * of metrics looks back for hours, which the model need not score again.
 */
async function scoreNewest(
  x: FeatureMatrix,
  given: { readonly detector: Detector; readonly fitted: FittedDetector; readonly start: number },
): Promise<Float64Array> {
  const { detector, fitted, start } = given;
  const { model, evidence, manifest } = fitted;
  if (evidence === undefined) return model.score(x, start);
  const wanted = start - Math.max(...evidence.plan.jointLengths) * manifest.step;
  const from = wanted - model.contextRows * manifest.step;
  const rows = findRowsFrom(x.times, from);
  const newest = await model.score(calmMatrix(pickRows(x, rows), { detector, ...fitted }), wanted);
  const scores = new Float64Array(x.times.length).fill(Number.NaN);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    if (x.times[row]! >= wanted) scores[row] = newest[at]!;
  }
  return scores;
}

/** Rows of the window's entities from `from` (epoch ms) on. */
function findRows({ window }: PreparedRows, newest: PreparedRows, from: number): Uint32Array {
  const present = new Set(newest.window.entities);
  const wanted = window.entities.map((entity) => present.has(entity));
  return findRowsFrom(window.times, from).filter((row) => wanted[window.entityOf[row]!]);
}

function findRowsFrom(times: Float64Array, from: number): Uint32Array {
  const rows = new Uint32Array(times.length);
  let count = 0;
  for (let row = 0; row < times.length; row++) if (times[row]! >= from) rows[count++] = row;
  return rows.subarray(0, count);
}

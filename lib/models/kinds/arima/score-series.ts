/**
 * One-step predictions of a series' rows, and how far each value lies from its own.
 *
 * The filter starts anew at fixed times of the clock: half the rows of context make a block, and each block's rows are
 * predicted from the half before the block on. So a row is predicted from the same rows however the windows are cut. It
 * starts from the state at the end of training, taken over the rows in between without an update; where training ended
 * within the run, from that row on; and a row of training itself is predicted as if it came long after it.
 */
import type { Series, SeriesScores } from '../../framework/univariate/contract.ts';
import { createBridge, crossRows, limitBridge } from './bridge.ts';
import { curveAt } from './curve.ts';
import { createGains, observeWith } from './gain-table.ts';
import { createState, deviationAhead, forgetState, observe, skip } from './level-filter.ts';
import type { ArimaParams } from './params.ts';
import type { SeriesModel } from './series-model.ts';

type Robustness = Pick<ArimaParams, 'outlier' | 'outlierRows'>;

/** Fills in what is known of each row; the first `contextRows` get no residual. */
export function scoreSeries(
  { times, values }: Series,
  model: SeriesModel,
  { contextRows, coverage, ...robustness }: Pick<ArimaParams, 'contextRows' | 'coverage'> & Robustness,
  scores: SeriesScores,
): void {
  const width = normalQuantile((1 + coverage) / 2);
  const half = Math.floor(contextRows / 2) * model.step;
  const predictor = createPredictor(model, robustness);
  let start = 0;
  for (let from = 0, to = 0; from < times.length; from = to) {
    const block = Math.floor(times[from]! / half) * half;
    while (to < times.length && times[to]! < block + half) to++;
    while (times[start]! < block - half) start++;
    predictor.start(times[start]!);
    for (let i = start; i < to; i++) {
      predictor.moveTo(times[i]!, values[i]!);
      const { expected, deviation, residual } = predictor.judge(values[i]!);
      if (i < from) continue;
      scores.expected[i] = expected;
      scores.low[i] = expected - width * deviation;
      scores.high[i] = expected + width * deviation;
      if (i >= contextRows) scores.residuals[i] = residual;
    }
  }
}

export interface Prediction {
  readonly expected: number;
  readonly deviation: number;
  /** NaN where nothing was measured. */
  readonly residual: number;
}

export interface Predictor {
  /** At a row that no other came before. */
  start(time: number): void;
  /** Over rows that are not there. Rows come in order of time. */
  moveTo(time: number, value: number): void;
  /** Of the row it was moved to; takes the value in, and goes on. */
  judge(value: number): Prediction;
}

/** Rows and length of state up to which gains are kept: 4 MB. */
const MOST_STEPS = 128;
const LARGEST_STATE = 64;

/** The returned prediction is overwritten by the next one. */
function createPredictor(model: SeriesModel, { outlier, outlierRows }: Robustness): Predictor {
  const { companion, step, end, level, slope, curve, sigma, isPooled, order } = model;
  const slopePerMs = slope / step;
  const state = createState(companion);
  const bridge = createBridge(model.state, companion, order.season);
  const gainsOf = createGains(companion, bridge.farCovariance);
  const prediction = { expected: 0, deviation: 0, residual: 0 };
  let isFresh = true;
  let isUnknown = isPooled;
  let last = NaN;
  let known = 0;
  let inRow = 0;
  /** Rows since a far start, all of them learned from: their gains are in the table. -1: the state has its own. */
  let row = -1;

  return {
    start(time) {
      isFresh = true;
      isUnknown = isPooled;
      last = time;
      inRow = 0;
      row = -1;
    },
    moveTo(time, value) {
      known = level + slopePerMs * (time - end);
      if (curve.length > 0) known += curveAt(curve, time);
      if (isUnknown) {
        // Of an entity that training did not see: from its first value on.
        forgetState(state, companion, Number.isNaN(value) ? 0 : value - known);
        isUnknown = Number.isNaN(value);
      } else if (!isPooled && (isFresh || (last <= end && time > end))) {
        row = bridge.cross(Math.round((time - end) / step) - 1, state) ? 0 : -1;
        if (row === 0 && companion.size > LARGEST_STATE) leaveTable();
      } else if (time - last >= 1.5 * step) {
        leaveTable();
        crossRows(state, companion, limitBridge(Math.round((time - last) / step) - 1, order.season));
      }
      isFresh = false;
      last = time;
    },
    judge(value) {
      const gains = row >= 0 ? gainsOf(row) : undefined;
      const deviation = sigma * (gains === undefined ? deviationAhead(state) : gains.deviation);
      prediction.expected = known + state.a[0]!;
      prediction.deviation = deviation;
      prediction.residual = (value - prediction.expected) / deviation;
      const size = Math.abs(prediction.residual);
      inRow = size > outlier ? inRow + 1 : 0;
      if (Number.isNaN(value) || (size > outlier && inRow <= outlierRows)) {
        leaveTable();
        skip(state, companion);
      } else if (gains === undefined) {
        observe(state, companion, value - known);
      } else {
        observeWith(gains, state, companion, value - known);
        row++;
        if (row === MOST_STEPS || gainsOf(row).isSteady) leaveTable();
      }
      return prediction;
    },
  };

  function leaveTable(): void {
    if (row < 0) return;
    const gains = gainsOf(row);
    state.steady = gains.isSteady;
    state.P.set(gains.P);
    row = -1;
  }
}

/** Of the standard normal distribution. Acklam's rational approximation, relative error below 1.2e-9. */
export function normalQuantile(share: number): number {
  if (share < 0.5) return -normalQuantile(1 - share);
  const tail = 1 - share;
  if (tail < 0.02425) {
    const x = Math.sqrt(-2 * Math.log(tail));
    const above = [
      -7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
      2.938163982698783,
    ];
    const below = [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
    return -polynomial(above, x) / polynomial(below, x);
  }
  const x = share - 0.5;
  const above = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
    2.506628277459239,
  ];
  const below = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
  ];
  return (x * polynomial(above, x * x)) / polynomial(below, x * x);
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, each) => sum * x + each, 0);
}

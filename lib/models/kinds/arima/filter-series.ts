/** A whole series through the filter, values far off left out. */
import { type Companion, stationaryCovariance } from './covariance.ts';
import { createState, deviationAhead, type FilterState, forgetState, observe, skip } from './level-filter.ts';
import { sumAr } from './polynomial.ts';

/** 1 - φ_1 - … of a process with a unit root is 0, but for rounding. */
const LEAST_SUM = 1e-9;

export interface Filtering {
  readonly companion: Companion;
  /** Of the innovations. */
  readonly deviation: number;
  /** Deviations beyond which a value is not learned from, unless this is so of more than `outlierRows` in a row. */
  readonly outlier: number;
  readonly outlierRows: number;
}

export interface Filtered {
  /** Of the row after the last one. */
  readonly state: FilterState;
  /** Over the root of their variance in units of the innovations'; NaN where nothing was measured. */
  readonly innovations: Float64Array;
  /** Rows that were not learned from. */
  readonly outliers: readonly number[];
}

export function filterSeries(
  y: Float64Array,
  { companion, deviation, outlier, outlierRows }: Filtering,
): Filtered {
  const state = createState(companion);
  startState(state, companion, y.find((value) => !Number.isNaN(value)) ?? 0);
  const innovations = new Float64Array(y.length);
  const outliers: number[] = [];
  let inRow = 0;
  for (let t = 0; t < y.length; t++) {
    const innovation = (y[t]! - state.a[0]!) / deviationAhead(state);
    innovations[t] = innovation;
    const isOutlier = Math.abs(innovation) > outlier * deviation;
    inRow = isOutlier ? inRow + 1 : 0;
    const isLeftOut = isOutlier && inRow <= outlierRows;
    if (isLeftOut) outliers.push(t);
    if (isLeftOut || Number.isNaN(y[t]!)) skip(state, companion);
    else observe(state, companion, y[t]!);
  }
  return { state, innovations, outliers };
}

/** As the process is at any time where it is stationary; otherwise nothing is known but the first value. */
function startState(state: FilterState, companion: Companion, value: number): void {
  const stationary = sumAr(companion.phi) > LEAST_SUM ? stationaryCovariance(companion) : undefined;
  if (stationary === undefined) {
    forgetState(state, companion, value);
    return;
  }
  state.P.set(stationary);
  state.steady = false;
}

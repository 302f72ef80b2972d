import type { SeriesScores } from './contract.ts';

/** Nothing known yet: NaN throughout. */
export function emptyScores(length: number): SeriesScores {
  const fill = (): Float64Array => new Float64Array(length).fill(NaN);
  return { residuals: fill(), expected: fill(), low: fill(), high: fill() };
}

/**
 * Robust z-scores: every column by itself, off its median by how many robust standard deviations (Iglewicz and Hoaglin,
 * "How to detect and handle outliers", 1993), and the largest few of a row combined. Nearly free; the baseline.
 */
import { type FittedModel, type Model, NOTHING_TO_SAY } from '../../framework/contract.ts';
import { checkColumns, checkRows } from '../../framework/matrix-checks.ts';
import type { Baselines } from './baselines.ts';
import { explainRows } from './explain.ts';
import { fitBaselines } from './fit.ts';
import { parseParams, type RobustZParams } from './params.ts';
import { compileBaselines, scoreRows } from './score.ts';
import { loadBaselines, saveBaselines } from './state.ts';

const KIND = 'robust-z';

/** Nothing in it is drawn: the seed has no effect. */
export const robustZ: Model<RobustZParams> = {
  kind: KIND,
  parseParams,
  fit: async (x, params, run) => wrap(fitBaselines(x, params, run)),
  load: (state) => wrap(loadBaselines(state)),
};

function wrap(baselines: Baselines): FittedModel {
  const compiled = compileBaselines(baselines);
  return {
    kind: KIND,
    contextRows: 0,
    unscoredRows: 0,
    summary: NOTHING_TO_SAY,
    score: async (x) => {
      checkColumns(x, baselines.columns);
      return scoreRows(compiled, x);
    },
    explain: async (x, rows) => {
      checkColumns(x, baselines.columns);
      checkRows(x, rows);
      return explainRows(compiled, x, rows);
    },
    save: () => saveBaselines(baselines),
  };
}

/** Isolation forest after Liu, Ting and Zhou, "Isolation Forest", ICDM 2008; of single rows or windows of them. */
import { type FittedModel, type Model, NOTHING_TO_SAY } from '../../framework/contract.ts';
import { checkColumns, checkRows } from '../../framework/matrix-checks.ts';
import { explainRows } from './explain.ts';
import { fitForest } from './fit.ts';
import type { Forest } from './forest.ts';
import { type IsolationForestParams, parseParams } from './params.ts';
import { compileForest, scoreRows } from './score.ts';
import { loadForest, saveForest } from './state.ts';

const KIND = 'isolation-forest';

export const isolationForest: Model<IsolationForestParams> = {
  kind: KIND,
  parseParams,
  fit: async (x, params, run) => wrapForest(fitForest(x, params, run)),
  load: (state) => wrapForest(loadForest(state)),
};

function wrapForest(forest: Forest): FittedModel {
  const compiled = compileForest(forest);
  return {
    kind: KIND,
    contextRows: forest.window - 1,
    unscoredRows: forest.window - 1,
    summary: NOTHING_TO_SAY,
    score: async (x, from) => {
      checkColumns(x, forest.columns);
      return scoreRows(compiled, x, from);
    },
    explain: async (x, rows) => {
      checkColumns(x, forest.columns);
      checkRows(x, rows);
      return explainRows(compiled, x, rows);
    },
    save: () => saveForest(forest),
  };
}

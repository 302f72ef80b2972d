/**
 * Every metric's level and changes over several stretches of time, without what the clock predicts, judged together by
 * how they vary and go together in training (Mahalanobis 1936). What it looks at is chosen by what the training is like;
 * docs/decisions/0011-levels-and-changes-together.md has the measurements.
 */
import { type FittedModel, type Model, NOTHING_TO_SAY } from '../../framework/contract.ts';
import { checkColumns, checkRows } from '../../framework/matrix-checks.ts';
import { explainRows } from './explain.ts';
import { fitJointModel } from './fit.ts';
import type { JointModel } from './joint-model.ts';
import { type MahalanobisParams, parseParams } from './params.ts';
import { CONTEXT_ROWS, UNSCORED_ROWS } from './scales.ts';
import { scoreRows } from './score.ts';
import { loadModel, saveModel } from './state.ts';

const KIND = 'mahalanobis';

/** Nothing in it is drawn: the seed has no effect. */
export const mahalanobis: Model<MahalanobisParams> = {
  kind: KIND,
  parseParams,
  fit: async (x, _params, run) => {
    const { model, notes } = fitJointModel(x, run);
    return wrap(model, notes);
  },
  load: (state) => wrap(loadModel(state), []),
};

function wrap(model: JointModel, notes: readonly string[]): FittedModel {
  return {
    kind: KIND,
    contextRows: CONTEXT_ROWS,
    unscoredRows: UNSCORED_ROWS,
    summary: { ...NOTHING_TO_SAY, notes },
    score: async (x, from) => {
      checkColumns(x, model.columns);
      return scoreRows(model, x, from);
    },
    explain: async (x, rows) => {
      checkColumns(x, model.columns);
      checkRows(x, rows);
      return explainRows(model, x, rows);
    },
    save: () => saveModel(model),
  };
}

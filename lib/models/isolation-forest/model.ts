/** Isolation forest after Liu, Ting and Zhou, "Isolation Forest", ICDM 2008. */
import { FeatureError } from '../../errors.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { type FittedModel, type Model, NOTHING_TO_SAY } from '../contract.ts';
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
    contextRows: 0,
    summary: NOTHING_TO_SAY,
    score: async (x) => {
      checkColumns(x, forest);
      return scoreRows(compiled, x);
    },
    explain: async (x, rows) => {
      checkColumns(x, forest);
      const beyond = rows.find((row) => row >= x.times.length);
      if (beyond !== undefined)
        throw new FeatureError('no-such-row', `row ${beyond} to explain, the matrix has ${x.times.length}`);
      return explainRows(compiled, x, rows);
    },
    save: () => saveForest(forest),
  };
}

function checkColumns({ names, times, values }: FeatureMatrix, { columns }: Forest): void {
  const at = columns.findIndex((column, c) => column !== names[c]);
  if (at >= 0 || names.length !== columns.length)
    throw new FeatureError(
      'column-mismatch',
      `columns ${names.join(', ')} are not the ones that the model was fitted on, in order: ${columns.join(', ')}`,
    );
  if (values.length !== times.length * names.length)
    throw new FeatureError(
      'bad-matrix',
      `${values.length} values for ${times.length} rows of ${names.length} columns`,
    );
}

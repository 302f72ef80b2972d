/**
 * The state is that of an ensemble under its own name. Format 1 was a single model, which is `mahalanobis` today; it is
 * still read, and scores as it did.
 */
import {
  type FittedModel,
  type ModelLookup,
  type ModelState,
  NOTHING_TO_SAY,
} from '../../framework/contract.ts';
import { checkFormat } from '../../framework/state-values.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';
import { mahalanobis } from '../../kinds/mahalanobis/model.ts';
import type { Ensemble } from '../ensemble/ensemble.ts';
import { ENSEMBLE_FORMAT_VERSION, loadEnsemble, saveEnsemble } from '../ensemble/state.ts';

export const KIND = 'auto';
const FORMAT_VERSION = 2;

export function saveAuto(ensemble: Ensemble): ModelState {
  return { ...saveEnsemble(ensemble), kind: KIND, formatVersion: FORMAT_VERSION };
}

/** @returns format 1 as the model that it was. @throws ArtifactError */
export async function loadAuto(state: ModelState, lookUp: ModelLookup): Promise<Ensemble | FittedModel> {
  checkFormat(state, { kind: KIND, versions: [1, FORMAT_VERSION] });
  if (state.formatVersion === 1) return loadFirstFormat(state);
  return loadEnsemble({ ...state, kind: 'ensemble', formatVersion: ENSEMBLE_FORMAT_VERSION }, lookUp);
}

/** It went without a score for as many rows as it looked back on. */
function loadFirstFormat(state: ModelState): FittedModel {
  const model = mahalanobis.load({ ...state, kind: mahalanobis.kind, formatVersion: 1 });
  return {
    ...model,
    kind: KIND,
    unscoredRows: model.contextRows,
    summary: NOTHING_TO_SAY,
    score: async (x, from) => {
      const scores = await model.score(x, from);
      for (const group of groupRows(x))
        for (const row of group.subarray(0, model.contextRows)) scores[row] = Number.NaN;
      return scores;
    },
    save: () => state,
  };
}

/**
 * Four networks over sequences of rows. Three of them are classifiers where rows are labelled anomalous, and say the
 * next row where none is; the autoencoder gives back its own sequence, and labels only tell it what to leave out.
 */
import { RetryLaterError } from '../../../base/errors.ts';
import type { FitSummary, FittedModel, Model, ModelState } from '../../framework/contract.ts';
import { NOTHING_TO_SAY } from '../../framework/contract.ts';
import { checkColumns, checkRows, checkTraining } from '../../framework/matrix-checks.ts';
import { fitCentre, reconstruction, wrapCentre } from '../../framework/reconstruction/model.ts';
import { spanOf } from './architecture.ts';
import { explainMatrix } from './explain.ts';
import { fitNetwork } from './fit.ts';
import { type FittedNetwork, lazyNetwork } from './network.ts';
import { type NeuralKind, type NeuralParams, parseNeuralParams } from './params.ts';
import { findTrainable } from './plan-samples.ts';
import { scoreMatrix } from './score.ts';
import { loadNetwork, saveNetwork } from './state.ts';

export const lstmAutoencoder: Model<NeuralParams> = createModel('lstm-autoencoder');
export const lstm: Model<NeuralParams> = createModel('lstm');
export const bilstm: Model<NeuralParams> = createModel('bilstm');
export const attention: Model<NeuralParams> = createModel('attention');

/** With fewer rows there is neither a step of time nor a spread. */
const MIN_ROWS = 2;

function createModel(kind: NeuralKind): Model<NeuralParams> {
  return {
    kind,
    parseParams: (given) => parseNeuralParams(kind, given),
    fit: async (x, params, run) => {
      checkTraining(x, run, MIN_ROWS);
      if (run.deadline.remaining() <= 0)
        throw new RetryLaterError('deadline', `${kind}: fit did not start: 0 ms of its time are left`);
      const found = findTrainable(kind, x, { params, labels: run.labels });
      const { step, starts } = found;
      if (step === undefined || starts.length < params.minSequences)
        return wrapCentre(fitCentre(x, run), {
          notes: [
            `reconstruction takes the place of ${kind}: ${starts.length} sequences of ${params.sequenceLength} rows to train on, a network takes at least ${params.minSequences} (minSequences).`,
          ],
          history: undefined,
        });
      const { fitted, summary } = await fitNetwork(kind, x, { params, run, found: { ...found, step } });
      return wrapNetwork(fitted, summary);
    },
    // What took the network's place is loaded as what it is.
    load: (state: ModelState) =>
      state.kind === 'reconstruction'
        ? reconstruction.load(state)
        : wrapNetwork(loadNetwork(kind, state), NOTHING_TO_SAY),
  };
}

function wrapNetwork(fitted: FittedNetwork, summary: FitSummary): FittedModel {
  const { architecture, columns } = fitted;
  const network = lazyNetwork(fitted);
  return {
    kind: architecture.kind,
    contextRows: spanOf(architecture) - 1,
    unscoredRows: spanOf(architecture) - 1,
    summary,
    score: async (x, from) => {
      checkColumns(x, columns);
      return scoreMatrix(fitted, network(), x, from);
    },
    explain: async (x, rows) => {
      checkColumns(x, columns);
      checkRows(x, rows);
      return explainMatrix(fitted, network(), x, rows);
    },
    save: () => saveNetwork(fitted),
  };
}

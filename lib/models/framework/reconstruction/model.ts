/**
 * How far a row lies from the learned centre, in robust standard deviations, over the columns that were measured: what
 * an autoencoder with nothing in its bottleneck would say. Cheap, deterministic, and fit for a few hundred rows.
 */
import { ModelError, RetryLaterError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { type FitRun, type FitSummary, type FittedModel, type Model, NOTHING_TO_SAY } from '../contract.ts';
import { checkColumns, checkRows, checkTraining } from '../matrix-checks.ts';
import { type Centre, explainDistances, learnCentre, scoreDistances } from './centre.ts';
import { loadCentre, saveCentre } from './state.ts';

const KIND = 'reconstruction';
const MIN_ROWS = 2;

export const reconstruction: Model<Record<string, never>> = {
  kind: KIND,
  parseParams: (given) => {
    const [name] = Object.keys(given);
    if (name === undefined) return {};
    throw new ModelError('unknown-param', `${KIND} has no parameter ${name}; it has none at all`);
  },
  fit: async (x, _, run) => wrapCentre(fitCentre(x, run)),
  load: (state) => wrapCentre(loadCentre(state)),
};

/**
 * The seed plays no part.
 * @throws ModelError where the data cannot carry a fit
 * @throws RetryLaterError once the deadline has passed
 */
export function fitCentre(x: FeatureMatrix, run: FitRun): Centre {
  checkTraining(x, run, MIN_ROWS);
  if (run.deadline.remaining() <= 0)
    throw new RetryLaterError('deadline', 'fit did not start: 0 ms of its time are left');
  const centre = learnCentre(x, run.labels);
  run.onProgress?.(1);
  return centre;
}

export function wrapCentre(centre: Centre, summary: FitSummary = NOTHING_TO_SAY): FittedModel {
  return {
    kind: KIND,
    contextRows: 0,
    unscoredRows: 0,
    summary,
    score: async (x) => {
      checkColumns(x, centre.columns);
      return scoreDistances(centre, x);
    },
    explain: async (x, rows) => {
      checkColumns(x, centre.columns);
      checkRows(x, rows);
      return explainDistances(centre, x, rows);
    },
    save: () => saveCentre(centre),
  };
}

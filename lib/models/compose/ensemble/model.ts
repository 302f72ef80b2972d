/**
 * Several models as one. Each member's scores become surprises by the tail of scores it gave to rows that it had not
 * seen (lib/maths/score-tail.ts), which makes them comparable whatever the members are; then they are combined.
 */
import {
  type FitSummary,
  type FittedModel,
  type ModelLookup,
  NOTHING_TO_SAY,
  type RegisteredModel,
} from '../../framework/contract.ts';
import {
  countContextRows,
  countUnscoredRows,
  type Ensemble,
  explainEnsemble,
  scoreEnsemble,
} from './ensemble.ts';
import { fitEnsemble } from './fit.ts';
import { type EnsembleParams, parseParams } from './params.ts';
import { loadEnsemble, saveEnsemble } from './state.ts';

const KIND = 'ensemble';

/** @param lookUp of the members' kinds */
export const openEnsemble = (lookUp: ModelLookup): RegisteredModel => ({
  kind: KIND,
  parseParams,
  fit: async (x, params, run) => {
    const fitted = await fitEnsemble(x, params as EnsembleParams, run, lookUp);
    return wrapEnsemble(fitted.ensemble, fitted.summary);
  },
  load: async (state) => wrapEnsemble(await loadEnsemble(state, lookUp), NOTHING_TO_SAY),
});

export function wrapEnsemble(fitted: Ensemble, summary: FitSummary): FittedModel {
  return {
    kind: KIND,
    contextRows: countContextRows(fitted),
    unscoredRows: countUnscoredRows(fitted),
    summary,
    score: (x, from) => scoreEnsemble(fitted, x, from),
    explain: (x, rows) => explainEnsemble(fitted, x, rows),
    save: () => saveEnsemble(fitted),
  };
}

/**
 * The model of who configures nothing: a profile of the training picks members, a backtest on the past checks them, and
 * they score together. docs/decisions/0014-who-configures-nothing-gets-members.md has the measurements.
 */
import {
  type FitSummary,
  type FittedModel,
  type ModelLookup,
  NOTHING_TO_SAY,
  type RegisteredModel,
} from '../../framework/contract.ts';
import { checkParamNames } from '../../framework/param-values.ts';
import type { Ensemble } from '../ensemble/ensemble.ts';
import { wrapEnsemble } from '../ensemble/model.ts';
import { fitAuto } from './fit.ts';
import { KIND, loadAuto, saveAuto } from './state.ts';

/** Nothing in it is drawn: the seed has no effect. @param lookUp of the members' kinds */
export const openAuto = (lookUp: ModelLookup): RegisteredModel => ({
  kind: KIND,
  parseParams,
  fit: async (x, _params, run) => {
    const { ensemble, notes } = await fitAuto(x, run, lookUp);
    return wrap(ensemble, { ...NOTHING_TO_SAY, notes });
  },
  load: async (state) => {
    const loaded = await loadAuto(state, lookUp);
    return 'score' in loaded ? loaded : wrap(loaded, NOTHING_TO_SAY);
  },
});

function wrap(ensemble: Ensemble, summary: FitSummary): FittedModel {
  return { ...wrapEnsemble(ensemble, summary), kind: KIND, save: () => saveAuto(ensemble) };
}

/** None: that nothing has to be set is the point. */
type AutoParams = Readonly<Record<string, never>>;

/** @throws ModelError naming a parameter that was given */
function parseParams(given: Readonly<Record<string, unknown>>): AutoParams {
  checkParamNames({ kind: 'auto', given }, []);
  return {};
}

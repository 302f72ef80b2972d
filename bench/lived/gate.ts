/**
 * `npm run bench -- lived-gate`: every scenario of the simulator, on a few seeds, at the defaults. Ends with 1 where one is
 * not told of in time (aims are in scenarios.ts), or where people are told of more else than they were when this was set.
 */
import { DEFAULTS } from '../../lib/config/defaults.ts';
import type { Study } from '../study.ts';
import { judgeScenarios, renderScenarios, SCENARIOS_JUDGED } from './scenarios.ts';

const GATE_SEEDS = 5;
/** False incidents a week: the aim. */
const MOST_FALSE = 1;

export const passGate: Study = async (_, say, { jobs, seeds = GATE_SEEDS }) => {
  const kind = DEFAULTS.modelKind;
  const result = await judgeScenarios({ scenarios: SCENARIOS_JUDGED, seeds, kind, jobs, say });
  return {
    text: renderScenarios(result),
    figures: result,
    isMissed: result.late.length > 0 || result.falsePerWeek > MOST_FALSE,
  };
};

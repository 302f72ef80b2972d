/**
 * Principal components: what the metrics do together, and how far a row is from it. Each component counts by the inverse
 * of its own variance (as in Shyu et al., "A novel anomaly detection scheme based on principal component classifier",
 * 2003), so that a small departure from a tight relation weighs more than a large one along the common load.
 */
import { type FitSummary, type FittedModel, type Model, NOTHING_TO_SAY } from '../../framework/contract.ts';
import { checkColumns, checkRows } from '../../framework/matrix-checks.ts';
import { explainRows } from './explain.ts';
import { fitPca } from './fit.ts';
import { type PcaParams, parseParams } from './params.ts';
import type { Pca } from './pca.ts';
import { compilePca, scoreRows } from './score.ts';
import { loadPca, savePca } from './state.ts';

const KIND = 'pca';

/** Nothing in it is drawn: the seed has no effect. */
export const pca: Model<PcaParams> = {
  kind: KIND,
  parseParams,
  fit: async (x, params, run) => {
    const fitted = fitPca(x, params, run);
    return wrap(fitted, describeFit(fitted));
  },
  load: (state) => wrap(loadPca(state), NOTHING_TO_SAY),
};

function describeFit({ taken, available }: Pca): FitSummary {
  if (taken === available) return NOTHING_TO_SAY;
  const [some, all] = [taken, available].map((count) => count.toLocaleString('en'));
  return {
    ...NOTHING_TO_SAY,
    notes: [`The components were learned from ${some} of ${all} rows, evenly taken.`],
  };
}

function wrap(fitted: Pca, summary: FitSummary): FittedModel {
  const compiled = compilePca(fitted);
  const { columns } = fitted.coordinates.baselines;
  return {
    kind: KIND,
    contextRows: fitted.window - 1,
    unscoredRows: fitted.window - 1,
    summary,
    score: async (x, from) => {
      checkColumns(x, columns);
      return scoreRows(compiled, x, from);
    },
    explain: async (x, rows) => {
      checkColumns(x, columns);
      checkRows(x, rows);
      return explainRows(compiled, x, rows);
    },
    save: () => savePca(fitted),
  };
}

/** Makes a Model of a kind that looks at one series at a time; contract.ts says what it has to bring. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { type FitRun, type FittedModel, type JsonValue, type Model, NOTHING_TO_SAY } from '../contract.ts';
import { checkColumns, checkRows, checkTraining } from '../matrix-checks.ts';
import type { FittedSeries, UnivariateKind } from './contract.ts';
import { fitAllSeries } from './fit-series.ts';
import { explainMatrix, scoreMatrix } from './score-matrix.ts';
import { loadSeries, saveSeries } from './state.ts';
import { countThreads } from './threads.ts';

/** One row would show neither a spread nor a step. */
const LEAST_ROWS = 2;

/** @param threads of a fit, by the number of values */
export function createUnivariateModel<Params extends object>(
  kind: UnivariateKind<Params>,
  threads: (values: number) => number = (values) => countThreads(kind, values),
): Model<Params> {
  return {
    kind: kind.kind,
    parseParams: kind.parseParams,
    async fit(x: FeatureMatrix, params: Params, run: FitRun) {
      checkTraining(x, run, LEAST_ROWS);
      const { fitted, notes } = await fitAllSeries(
        kind,
        x,
        params as Params & JsonValue,
        run,
        threads(x.values.length),
      );
      return wrapSeries(kind, fitted, notes);
    },
    load: (state) => wrapSeries(kind, loadSeries(kind, state), []),
  };
}

function wrapSeries<Params>(
  kind: UnivariateKind<Params>,
  fitted: FittedSeries<Params>,
  notes: readonly string[],
): FittedModel {
  return {
    kind: kind.kind,
    contextRows: kind.contextRows(fitted.params),
    unscoredRows: kind.unscoredRows(fitted.params),
    summary: { ...NOTHING_TO_SAY, notes },
    score: async (x, from) => {
      checkColumns(x, fitted.columns);
      return scoreMatrix(kind, fitted, x, from);
    },
    explain: async (x, rows) => {
      checkColumns(x, fitted.columns);
      checkRows(x, rows);
      return explainMatrix(kind, fitted, x, rows);
    },
    save: () => saveSeries(kind, fitted),
  };
}

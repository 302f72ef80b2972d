/**
 * The table of kinds: each kind of model with what other parts have to know of it before it is loaded. Every list of
 * kinds is derived from it. Where a kind's code lies is said in lib/models/registry.ts, or for one that judges series in
 * lib/models/series-kinds.ts; the type check fails where it is missing there.
 */
interface KindFacts {
  /** All columns of a row at once, or one metric of one entity at a time (lib/models/framework/univariate/). */
  readonly judges: 'rows' | 'series';
  /** By steps from a start, as networks do: such a kind can start from another version. Or all in one go. */
  readonly learns: 'at-once' | 'by-steps';
  /**
   * What the levels of a version stand on: scores by models that were fitted anew without the rows that they score; or,
   * where a fit takes minutes to hours, the model's scores of its own training.
   */
  readonly rehearses: 'anew' | 'on-its-own-scores';
  /** Whether a fit draws random numbers: another seed gives another model, and the same one where nothing is drawn. */
  readonly draws: boolean;
  /**
   * Seconds of a training of a million values on one processor, with rehearsals, evidence and report: for plans. Measured once,
   * rounded up.
   */
  readonly trainsIn: number;
}

const KINDS = {
  arima: { judges: 'series', learns: 'at-once', rehearses: 'on-its-own-scores', draws: false, trainsIn: 8 },
  attention: {
    judges: 'rows',
    learns: 'by-steps',
    rehearses: 'on-its-own-scores',
    draws: true,
    trainsIn: 300,
  },
  auto: { judges: 'rows', learns: 'at-once', rehearses: 'anew', draws: false, trainsIn: 4 },
  bilstm: { judges: 'rows', learns: 'by-steps', rehearses: 'on-its-own-scores', draws: true, trainsIn: 600 },
  ensemble: { judges: 'rows', learns: 'at-once', rehearses: 'anew', draws: true, trainsIn: 12 },
  'isolation-forest': { judges: 'rows', learns: 'at-once', rehearses: 'anew', draws: true, trainsIn: 4 },
  lstm: { judges: 'rows', learns: 'by-steps', rehearses: 'on-its-own-scores', draws: true, trainsIn: 250 },
  'lstm-autoencoder': {
    judges: 'rows',
    learns: 'by-steps',
    rehearses: 'on-its-own-scores',
    draws: true,
    trainsIn: 550,
  },
  mahalanobis: { judges: 'rows', learns: 'at-once', rehearses: 'anew', draws: false, trainsIn: 15 },
  'nearest-value': { judges: 'series', learns: 'at-once', rehearses: 'anew', draws: false, trainsIn: 12 },
  pca: { judges: 'rows', learns: 'at-once', rehearses: 'anew', draws: false, trainsIn: 4 },
  prophet: {
    judges: 'series',
    learns: 'at-once',
    rehearses: 'on-its-own-scores',
    draws: false,
    trainsIn: 60,
  },
  reconstruction: { judges: 'rows', learns: 'at-once', rehearses: 'anew', draws: false, trainsIn: 3 },
  'robust-z': { judges: 'rows', learns: 'at-once', rehearses: 'anew', draws: false, trainsIn: 3 },
  seasonal: { judges: 'series', learns: 'at-once', rehearses: 'anew', draws: false, trainsIn: 14 },
} as const;

export type ModelKind = keyof typeof KINDS;
/** Kinds that judge one metric of one entity at a time. */
export type SeriesKindName = {
  [Kind in ModelKind]: (typeof KINDS)[Kind]['judges'] extends 'series' ? Kind : never;
}[ModelKind];

export const KIND_FACTS: Readonly<Record<ModelKind, KindFacts>> = KINDS;
export const MODEL_KINDS: readonly [ModelKind, ...ModelKind[]] = Object.keys(KINDS) as [ModelKind];
export const SERIES_KINDS: readonly SeriesKindName[] = MODEL_KINDS.filter(isSeriesKind);
/** Networks. */
export const KINDS_BY_STEPS: readonly ModelKind[] = MODEL_KINDS.filter(learnsBySteps);

export function isModelKind(kind: string): kind is ModelKind {
  return Object.hasOwn(KINDS, kind);
}

export function isSeriesKind(kind: ModelKind): kind is SeriesKindName {
  return KINDS[kind].judges === 'series';
}

export function learnsBySteps(kind: ModelKind): boolean {
  return KINDS[kind].learns === 'by-steps';
}

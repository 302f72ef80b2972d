/**
 * What a kind of model has to bring that looks at one metric of one entity at a time. `createUnivariateModel` makes a
 * Model of it: that loops over the series, keeps their states packed, stands in for entities that were not there in
 * training, puts the columns of a row on one scale and combines them, explains, saves and loads, minds the deadline and
 * leaves checkpoints.
 *
 * A series' state is a record: a list of numbers of whatever length, which the kind alone can read. Thousands of them
 * lie end to end in one typed array of the artifact.
 *
 * Series know nothing of each other, and are fitted side by side on as many threads as there are: threads.ts. A thread
 * finds its kind by name, in lib/models/series-kinds.ts.
 */
import type { SeriesKindName } from '../../../config/model-kind.ts';
import type { JsonValue } from '../contract.ts';

/** One column of one entity, in order of time. */
export interface Series {
  /** Epoch ms, ascending. */
  readonly times: Float64Array;
  /** NaN where missing. The same length. */
  readonly values: Float32Array;
}

/**
 * What a kind makes of a series, value by value, each as long as the series and handed in filled with NaN.
 * A residual stays NaN where the value is missing, and within the rows of context.
 */
export interface SeriesScores {
  /** Standardised: (value - expected) / standard deviation, robustly or as the kind has it. Finite. */
  readonly residuals: Float64Array;
  /** In the units of the values, as are the bounds. Set wherever it can be, whether the value is missing or not. */
  readonly expected: Float64Array;
  /** Of the band that holds the usual values; which share of them is the kind's to say. */
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface UnivariateKind<Params> {
  readonly kind: SeriesKindName;
  /** Of the records. Goes up when an old record can no longer be read. */
  readonly recordVersion: number;
  /** What records are kept as. */
  readonly recordType: typeof Float32Array | typeof Float64Array;
  /**
   * What a residual counts for: by how rare its size was on its side of its own series (tail.ts), or as it stands, where
   * a residual is a distance that has no sides and whose tail is the score's to fit (statistics/score-tail.ts).
   */
  readonly weigh: 'by-tail' | 'by-size';
  /** Values (rows × columns) that one thread fits in a second, roughly: from how many on threads are worth their start. */
  readonly valuesPerSecond: number;
  /** Measured values below which a series of its own is not fitted: the stand-in of its column is taken. */
  leastValues(params: Params): number;
  /** Rows of an entity before its first score. Only those and the row itself may bear on the row's score. */
  contextRows(params: Params): number;
  /** Rows of an entity, from its first one on, that have no score: at most `contextRows`. */
  unscoredRows(params: Params): number;
  /** As of a Model. What comes back is plain JSON; from the artifact it is parsed again. */
  parseParams(given: Readonly<Record<string, unknown>>): Params;
  /** Once for each fit: what is needed before the first series, say a WebAssembly module. */
  openFit(params: Params): Promise<SeriesFit>;
  /**
   * @param scores filled in; see there
   * @param record as `fit` returned it, or as the artifact gave it back after `checkRecord`
   */
  score(series: Series, record: ArrayLike<number>, params: Params, scores: SeriesScores): void;
  /**
   * Whole sentences for the report.
   * @param records of every column of every entity, empty ones among them and without the stand-ins; also those of an
   *   earlier run of the same fit
   */
  describeFit(records: readonly ArrayLike<number>[], params: Params): readonly string[];
  /** @returns what is wrong with a record of an artifact; undefined where it can be scored with */
  findFault(record: ArrayLike<number>, params: Params): string | undefined;
}

/** What it throws is a fault of the program: between threads an error loses its class, and no data is to blame for it. */
export interface SeriesFit {
  /**
   * @param series holds at least one measured value
   * @returns numbers, each finite or NaN; none where the values tell nothing, as if the column had never been measured
   */
  fit(series: Series): ArrayLike<number>;
  /**
   * The stand-in of a column for entities that were not in training, or with too few values there.
   * @param series at least two, all of the same column, each with a measured value. `poolSeries` merges them, for a
   *   kind that can be fitted on values of several entities at the same time
   */
  fitPool(series: readonly Series[]): ArrayLike<number>;
}

/** A fitted model. */
export interface FittedSeries<Params> {
  readonly columns: readonly string[];
  readonly entities: readonly string[];
  readonly params: Params & JsonValue;
  /**
   * Record of series i = records[offsets[i]] up to records[offsets[i + 1]], empty where none was fitted. Series of
   * entity e and column c: e × columns + c; the stand-in of column c: entities × columns + c.
   */
  readonly offsets: Uint32Array;
  readonly records: Float32Array | Float64Array;
  /** Per series TAIL_LENGTH numbers, what its own residuals were like in training; NaN where none was fitted. */
  readonly tails: Float32Array;
}

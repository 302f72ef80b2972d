import type { ModelKind } from '../../config/model-kind.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';

export type { ModelKind } from '../../config/model-kind.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** A fitted model as plain data. Nothing in it is executable. */
export interface ModelState {
  readonly kind: ModelKind;
  /** Of this kind's state; checked on load. */
  readonly formatVersion: number;
  readonly json: JsonValue;
  readonly arrays: Readonly<Record<string, TypedArray>>;
  /** Of a network: stored in a form that TensorFlow.js and Keras read. */
  readonly layersModel?: LayersModel | undefined;
}

/** A network in the TensorFlow.js layers format. */
export interface LayersModel {
  /** What `tf.loadLayersModel` builds: class names and settings as Keras has them. */
  readonly topology: JsonValue;
  /** In the order of the layers: Float32Arrays among the state's, by their Keras names, row-major. */
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** How long a run may still take. */
export interface Deadline {
  /** Milliseconds left; Infinity where there is no limit. */
  remaining(): number;
}

export interface FitRun {
  /** Unsigned 32-bit integer. The same matrix, params and seed give the same bytes. */
  readonly seed: number;
  readonly deadline: Deadline;
  /** Per row, 1 = known anomaly. */
  readonly labels?: Uint8Array;
  /** Called with a share of the work done, 0 to 1. */
  readonly onProgress?: (done: number) => void;
  /** Given: a fit that runs out of time leaves its state there and throws RetryLaterError; the next one goes on from it. */
  readonly checkpoint?: Checkpoint;
  /** State of a model of the same kind and columns to go on from, in place of random weights: fine-tuning. */
  readonly startFrom?: ModelState;
}

/** Of one unfinished version: what it reads was written by the same model on the same matrix, params and seed. */
export interface Checkpoint {
  /** Undefined before the first write. */
  read(): Promise<ModelState | undefined>;
  /** Replaces what was there. */
  write(state: ModelState): Promise<void>;
}

/** What a fit has to say to people, for the report. A model that was loaded has nothing to say. */
export interface FitSummary {
  /** Whole sentences: a member that was left out, why a model was chosen, a fit that stopped early. */
  readonly notes: readonly string[];
  /** Of models that are trained in epochs. */
  readonly history: TrainingHistory | undefined;
}

export const NOTHING_TO_SAY: FitSummary = { notes: [], history: undefined };

export interface TrainingHistory {
  /** What the loss is, for the axis: "mean squared error". */
  readonly measure: string;
  /** In order; the first is epoch 1. */
  readonly epochs: readonly TrainingEpoch[];
}

export interface TrainingEpoch {
  readonly loss: number;
  readonly validationLoss?: number | undefined;
  /** Of a classifier. */
  readonly metrics?: ClassifierMetrics | undefined;
  readonly validationMetrics?: ClassifierMetrics | undefined;
}

/** Each 0 to 1. Undefined where it is not defined: no row of one class, no row called anomalous. */
export interface ClassifierMetrics {
  readonly accuracy: number;
  /** Area under the ROC curve. */
  readonly auc: number | undefined;
  readonly precision: number | undefined;
}

/** Why a row scored as it did: one entry per feature that added to it, largest share first. */
export interface Contribution {
  readonly feature: string;
  /** 0 to 1; the shares of a row add up to 1. */
  readonly share: number;
  /** What the model expected, in scaled units, where it forms an expectation of its own. */
  readonly expected?: number;
  readonly low?: number;
  readonly high?: number;
  /** Of an ensemble: the kinds of member that say so, the one that says most first. */
  readonly by?: readonly string[];
  /**
   * Of a model that says something of every row of a sequence: how the column's error divides over those rows, oldest
   * first; adds up to 1. The last one is the explained row.
   */
  readonly steps?: readonly number[];
}

export interface FittedModel {
  readonly kind: ModelKind;
  /** Rows of history that a row's score looks back on. */
  readonly contextRows: number;
  /** How many first rows of an entity have no score: at most `contextRows`. Later rows are scored with as much history as there is. */
  readonly unscoredRows: number;
  readonly summary: FitSummary;
  /**
   * One score per row, higher is more anomalous; NaN for the first `unscoredRows` rows of an entity.
   * @param from epoch ms: only rows from then on are scored, to the bit as without it. Earlier rows are context; their places
   *   hold no scores. Left out: all rows
   * @throws FeatureError where the columns are not the ones it was fitted on, in that order
   */
  score(x: FeatureMatrix, from?: number): Promise<Float64Array>;
  /** One list per entry of `rows` (row numbers of `x`). */
  explain(x: FeatureMatrix, rows: Uint32Array): Promise<readonly (readonly Contribution[])[]>;
  save(): ModelState;
}

export interface Model<Params> {
  readonly kind: ModelKind;
  /** Every parameter with its default; unknown or out-of-range ones are a ModelError that names them. */
  parseParams(given: Readonly<Record<string, unknown>>): Params;
  /** @throws ModelError where the data cannot carry a fit */
  fit(x: FeatureMatrix, params: Params, run: FitRun): Promise<FittedModel>;
  /** @throws ArtifactError where the state is of another kind or format version, or inconsistent */
  load(state: ModelState): FittedModel;
}

/** Gives the model of a kind. Rejects with a ModelError where there is none. */
export type ModelLookup = (kind: string) => Promise<RegisteredModel>;

/** A model as the registry gives it: its parameters are checked by itself, and loading may have to import its parts. */
export interface RegisteredModel extends Omit<Model<unknown>, 'load'> {
  /** Rejects as `Model.load` throws. */
  load(state: ModelState): Promise<FittedModel>;
}

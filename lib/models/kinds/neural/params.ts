import { ModelError } from '../../../base/errors.ts';
import type { ModelKind } from '../../framework/contract.ts';
import {
  checkParamNames,
  type GivenParams,
  type NumberLimits,
  readNumber,
  readWholeNumber,
} from '../../framework/param-values.ts';

export type NeuralKind = Extract<ModelKind, 'lstm-autoencoder' | 'lstm' | 'bilstm' | 'attention'>;

/** What trains: our own kernel, or TensorFlow.js, which has to be installed beside Tidewatch. */
export type EngineName = (typeof ENGINES)[number];

const ENGINES = ['tidewatch', 'tensorflow'] as const;

export interface NeuralParams {
  /** Rows that a network looks at. A forecaster sees as many and says what comes next. */
  readonly sequenceLength: number;
  /** Units of each LSTM; of each direction where there are two. */
  readonly hidden: number;
  /** LSTMs one above the other; an autoencoder has as many on each side. */
  readonly layers: number;
  /** Share of the outputs that is dropped between two LSTMs, in training. */
  readonly dropout: number;
  readonly learningRate: number;
  /** Sequences of one step of the optimizer. */
  readonly batchSize: number;
  /** At most; training ends when the validation loss stops falling. */
  readonly epochs: number;
  /** Epochs without a lower validation loss after which training ends. */
  readonly patience: number;
  /** With fewer sequences to train on, `reconstruction` takes the network's place. */
  readonly minSequences: number;
  /** Of more, that many are taken, evenly over entities and time. */
  readonly maxSequences: number;
  /** At most, when going on from another version. */
  readonly fineTuneEpochs: number;
  /** What `learningRate` is multiplied by then. */
  readonly fineTuneRate: number;
  /**
   * Absent: our own kernel, so that a version says of its parameters what it said before there were two. The model is the
   * same within rounding, and scored by our own kernel either way.
   */
  readonly engine?: Exclude<EngineName, 'tidewatch'>;
}

type NumberName = Exclude<keyof NeuralParams, 'engine'>;

const WHOLE: Readonly<Partial<Record<NumberName, NumberLimits>>> = {
  sequenceLength: { default: 60, min: 2, max: 1000 },
  hidden: { default: 64, min: 1, max: 512 },
  layers: { default: 2, min: 1, max: 4 },
  batchSize: { default: 32, min: 1, max: 1024 },
  epochs: { default: 50, min: 1, max: 1000 },
  patience: { default: 8, min: 1, max: 1000 },
  minSequences: { default: 1000, min: 1, max: 1_000_000 },
  maxSequences: { default: 4000, min: 10, max: 1_000_000 },
  fineTuneEpochs: { default: 10, min: 1, max: 1000 },
};
const REAL: Readonly<Partial<Record<NumberName, NumberLimits>>> = {
  dropout: { default: 0.2, min: 0, max: 0.9 },
  learningRate: { default: 1e-3, min: 1e-6, max: 1 },
  fineTuneRate: { default: 0.1, min: 0.001, max: 1 },
};

/** Each number's default and limits, both ends included. */
export const NEURAL_LIMITS: Readonly<Record<NumberName, NumberLimits>> = {
  ...WHOLE,
  ...REAL,
} as Readonly<Record<NumberName, NumberLimits>>;

/** @throws ModelError naming the parameter, the value and the limit */
export function parseNeuralParams(kind: NeuralKind, given: Readonly<Record<string, unknown>>): NeuralParams {
  const params = { kind, given };
  checkParamNames(params, [...Object.keys(NEURAL_LIMITS), 'engine']);
  const read = (name: string, limits: NumberLimits): readonly [string, number] => [
    name,
    name in WHOLE ? readWholeNumber(params, name, limits) : readNumber(params, name, limits),
  ];
  const numbers = Object.fromEntries(
    Object.entries(NEURAL_LIMITS).map(([name, limits]) => read(name, limits)),
  ) as unknown as Omit<NeuralParams, 'engine'>;
  const engine = readEngine(params);
  return { ...numbers, ...(engine !== 'tidewatch' && { engine }) };
}

function readEngine({ kind, given }: GivenParams): EngineName {
  const { engine = ENGINES[0] } = given;
  const found = ENGINES.find((name) => name === engine);
  if (found === undefined)
    throw new ModelError(
      'bad-param',
      `${kind} engine is ${JSON.stringify(engine)}, not ${ENGINES.join(' or ')}`,
    );
  return found;
}

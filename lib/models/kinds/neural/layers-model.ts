/**
 * A network as TensorFlow.js and Keras describe it: one functional model of plain layers, which `tf.loadLayersModel`
 * builds. Weights keep Keras' layout and gate order (input, forget, cell, output), and have the names under which
 * TensorFlow.js itself would save them. Initializers play no part once weights are read; the plainest are named, as
 * TensorFlow.js runs them first.
 */
import type { LayerSpec, NetworkSpec } from '../../../nn/contract.ts';
import type { JsonValue, LayersModel } from '../../framework/contract.ts';

export interface DescribedNetwork extends LayersModel {
  readonly weights: readonly LayerWeight[];
}

export interface LayerWeight {
  /** In Keras. */
  readonly name: string;
  /** In the engine. */
  readonly engineName: string;
  readonly shape: readonly number[];
}

interface KerasLayer {
  readonly className: string;
  readonly name: string;
  readonly config: { readonly [key: string]: JsonValue };
  /** Names of layers. */
  readonly inputs: readonly string[];
}

const INPUT = 'sequence';

export function describeLayers(spec: NetworkSpec): DescribedNetwork {
  const layers: KerasLayer[] = [
    {
      className: 'InputLayer',
      name: INPUT,
      config: { batch_input_shape: [null, spec.steps, spec.features], dtype: 'float32', sparse: false },
      inputs: [],
    },
  ];
  const weights: LayerWeight[] = [];
  let width = spec.features;
  for (const [index, layer] of spec.layers.entries()) {
    const described = describeLayer(layer, { index, width, input: layers.at(-1)?.name ?? INPUT });
    layers.push(...described.layers);
    weights.push(...described.weights);
    width = described.width;
  }
  const topology = {
    class_name: 'Functional',
    config: {
      name: 'tidewatch',
      layers: layers.map(toJson),
      input_layers: [[INPUT, 0, 0]],
      output_layers: [[layers.at(-1)?.name ?? INPUT, 0, 0]],
    },
    keras_version: '2.15.0',
    backend: 'tensorflow',
  };
  return { topology, weights };
}

interface Place {
  readonly index: number;
  /** Of the input. */
  readonly width: number;
  /** Name of the layer before. */
  readonly input: string;
}

interface Described {
  readonly layers: readonly KerasLayer[];
  readonly weights: readonly LayerWeight[];
  /** Of the output. */
  readonly width: number;
}

function describeLayer(layer: LayerSpec, place: Place): Described {
  const { index, width, input } = place;
  switch (layer.type) {
    case 'lstm':
      return describeLstm(layer, place);
    case 'bidirectional-lstm':
      return describeBidirectional(layer, place);
    case 'dropout':
      return plain('Dropout', `dropout_${index}`, { rate: layer.rate }, place);
    case 'repeat':
      return plain('RepeatVector', `repeat_vector_${index}`, { n: layer.steps }, place);
    case 'attention':
      return describeAttention(place);
    case 'dense': {
      const name = `dense_${index}`;
      return {
        layers: [dense(name, input, { units: layer.units, activation: layer.activation })],
        weights: [
          { name: `${name}/kernel`, engineName: `dense_${index}/kernel`, shape: [width, layer.units] },
          { name: `${name}/bias`, engineName: `dense_${index}/bias`, shape: [layer.units] },
        ],
        width: layer.units,
      };
    }
    default:
      return layer satisfies never;
  }
}

type Recurrent = Extract<LayerSpec, { readonly returnSequences: boolean }>;

function describeLstm(layer: Recurrent, { index, width, input }: Place): Described {
  const name = `lstm_${index}`;
  return {
    layers: [{ className: 'LSTM', name, config: lstmConfig(layer), inputs: [input] }],
    weights: lstmWeights(name, `lstm_${index}`, width, layer.units),
    width: layer.units,
  };
}

function describeBidirectional(layer: Recurrent, { index, width, input }: Place): Described {
  const name = `bidirectional_${index}`;
  const inner = `lstm_${index}`;
  const config = {
    merge_mode: 'concat',
    layer: { class_name: 'LSTM', config: { name: inner, ...lstmConfig(layer) } },
  };
  const weights = (['forward', 'backward'] as const).flatMap((direction) =>
    lstmWeights(
      `${name}/${direction}_${inner}`,
      `bidirectional-lstm_${index}/${direction}`,
      width,
      layer.units,
    ),
  );
  return {
    layers: [{ className: 'Bidirectional', name, config, inputs: [input] }],
    weights,
    width: 2 * layer.units,
  };
}

/** Scores each step, turns the scores into weights that add up to 1, and adds up the steps by them. */
function describeAttention({ index, width, input }: Place): Described {
  const [name, scorer, flat, softmax, dot] = ['attention', 'scorer', 'flatten', 'softmax', 'dot'].map(
    (part) => `${part}_${index}`,
  ) as [string, string, string, string, string];
  return {
    layers: [
      dense(name, input, { units: width, activation: 'tanh' }),
      dense(scorer, name, { units: 1, activation: 'linear', use_bias: false }),
      { className: 'Flatten', name: flat, config: {}, inputs: [scorer] },
      { className: 'Softmax', name: softmax, config: { axis: 1 }, inputs: [flat] },
      { className: 'Dot', name: dot, config: { axes: [1, 1], normalize: false }, inputs: [softmax, input] },
    ],
    weights: [
      { name: `${name}/kernel`, engineName: `attention_${index}/kernel`, shape: [width, width] },
      { name: `${name}/bias`, engineName: `attention_${index}/bias`, shape: [width] },
      { name: `${scorer}/kernel`, engineName: `attention_${index}/scorer`, shape: [width, 1] },
    ],
    width,
  };
}

function plain(className: string, name: string, config: KerasLayer['config'], place: Place): Described {
  return { layers: [{ className, name, config, inputs: [place.input] }], weights: [], width: place.width };
}

const INITIALIZERS = {
  kernel_initializer: { class_name: 'Zeros', config: {} },
  bias_initializer: { class_name: 'Zeros', config: {} },
};

function dense(name: string, input: string, config: KerasLayer['config']): KerasLayer {
  return {
    className: 'Dense',
    name,
    config: { use_bias: true, ...INITIALIZERS, ...config },
    inputs: [input],
  };
}

function lstmConfig({ units, returnSequences }: Recurrent): KerasLayer['config'] {
  return {
    units,
    return_sequences: returnSequences,
    activation: 'tanh',
    // Keras 1, and TensorFlow.js where nothing is said, take the hard one.
    recurrent_activation: 'sigmoid',
    use_bias: true,
    unit_forget_bias: false,
    ...INITIALIZERS,
    recurrent_initializer: { class_name: 'Zeros', config: {} },
  };
}

function lstmWeights(name: string, engineName: string, width: number, units: number): readonly LayerWeight[] {
  const shapes = { kernel: [width, 4 * units], recurrent_kernel: [units, 4 * units], bias: [4 * units] };
  return Object.entries(shapes).map(([part, shape]) => ({
    name: `${name}/${part}`,
    engineName: `${engineName}/${part}`,
    shape,
  }));
}

function toJson({ className, name, config, inputs }: KerasLayer): JsonValue {
  return {
    class_name: className,
    name,
    config: { name, trainable: true, ...config },
    inbound_nodes: inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])],
  };
}

/** The kernel against TensorFlow.js: the same layers, weights and batches. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Batch, LayerSpec, NamedArray, Network, NetworkSpec } from '../../../lib/nn/contract.ts';
import { createNetwork } from '../../../lib/nn/create-network.ts';
import { KERNEL_BUILDS } from '../../../scripts/build-kernel.ts';
import { difference, drawBatch, drawWeights } from './helpers.ts';
import { layers, startTensorFlow, tf } from './tensorflow.ts';

before(startTensorFlow);

interface Twin {
  readonly model: layers.LayersModel;
  /** In the order of the network's own. */
  readonly variables: readonly layers.LayerVariable[];
}

const lstm = (units: number, returnSequences = true): LayerSpec => ({ type: 'lstm', units, returnSequences });
const dense = (units: number, activation: 'linear' | 'sigmoid' = 'linear'): LayerSpec => {
  return { type: 'dense', units, activation };
};

const SPECS: Readonly<Record<string, NetworkSpec>> = {
  'an autoencoder': {
    steps: 6,
    features: 3,
    layers: [lstm(5), lstm(4, false), { type: 'repeat', steps: 6 }, lstm(4), lstm(5), dense(3)],
    loss: 'mse',
  },
  'a forecaster': { steps: 11, features: 5, layers: [lstm(8), lstm(6, false), dense(5)], loss: 'mse' },
  'one feature, one step': { steps: 1, features: 1, layers: [lstm(1, false), dense(1)], loss: 'mse' },
  'a bidirectional classifier': {
    steps: 5,
    features: 2,
    layers: [
      { type: 'bidirectional-lstm', units: 3, returnSequences: true },
      { type: 'bidirectional-lstm', units: 5, returnSequences: false },
      dense(1, 'sigmoid'),
    ],
    loss: 'binary-crossentropy',
  },
  'attention in plain Keras layers': {
    steps: 7,
    features: 3,
    layers: [lstm(6), { type: 'attention' }, dense(2, 'sigmoid')],
    loss: 'mse',
  },
};

for (const [what, spec] of Object.entries(SPECS))
  for (const build of KERNEL_BUILDS)
    test(`${what}: outputs within 1e-5 of TensorFlow.js, gradients within 1e-4 (${build})`, () => {
      const network = createNetwork(spec, { threads: 1, build });
      network.writeWeights(drawWeights(network, 2));
      const batch = drawBatch(spec, network, 6, 4);
      const twin = buildTwin(spec, network);
      const outputs = twin.model.predict(inputsOf(spec, batch)) as tf.Tensor;
      assert.ok(difference(network.predict(batch.inputs), outputs.dataSync()) < 1e-5);
      const ours = network.readGradient(batch);
      const theirs = differentiate(spec, network, twin, batch);
      assert.ok(Math.abs(ours.loss / theirs.loss - 1) < 1e-5, `${ours.loss}, not ${theirs.loss}`);
      for (const [i, { name, values }] of ours.gradient.entries())
        assert.ok(difference(values, theirs.gradient[i]!, 1e-3) < 1e-4, name);
    });

test('ten steps of tf.train.adam', () => {
  const spec = SPECS['an autoencoder']!;
  const network = createNetwork(spec, { threads: 1 });
  network.initialize(6);
  const twin = buildTwin(spec, network);
  const adam = tf.train.adam(0.01);
  for (let i = 0; i < 10; i++) {
    const batch = drawBatch(spec, network, 4, i);
    network.trainBatch({ ...batch, learningRate: 0.01 });
    adam.minimize(() => lossOf(spec, network, twin.model, batch));
  }
  for (const [i, { name, values }] of network.readWeights().entries())
    assert.ok(difference(values, twin.variables[i]!.read().dataSync()) < 1e-4, name);
});

function buildTwin(spec: NetworkSpec, network: Network): Twin {
  const input = layers.input({ shape: [spec.steps, spec.features] });
  let last = input;
  const made: layers.layers.Layer[] = [];
  const apply = (layer: layers.layers.Layer, to: layers.SymbolicTensor | layers.SymbolicTensor[]): void => {
    last = layer.apply(to) as layers.SymbolicTensor;
    made.push(layer);
  };
  for (const layer of spec.layers) {
    switch (layer.type) {
      case 'lstm':
        apply(makeLstm(layer.units, layer.returnSequences), last);
        break;
      case 'bidirectional-lstm': {
        const inner = makeLstm(layer.units, layer.returnSequences) as layers.RNN;
        apply(layers.layers.bidirectional({ layer: inner, mergeMode: 'concat' }), last);
        break;
      }
      case 'repeat':
        apply(layers.layers.repeatVector({ n: layer.steps }), last);
        break;
      case 'dense':
        apply(layers.layers.dense({ units: layer.units, activation: layer.activation }), last);
        break;
      case 'attention': {
        const sequence = last;
        apply(layers.layers.dense({ units: sequence.shape.at(-1)!, activation: 'tanh' }), sequence);
        apply(layers.layers.dense({ units: 1, useBias: false }), last);
        apply(layers.layers.flatten(), last);
        apply(layers.layers.activation({ activation: 'softmax' }), last);
        apply(layers.layers.dot({ axes: 1 }), [last, sequence]);
        break;
      }
      case 'dropout':
        throw new Error('the two draw other numbers');
    }
  }
  const model = layers.model({ inputs: input, outputs: last });
  const variables = made.flatMap(({ trainableWeights }) => trainableWeights);
  const weights = network.readWeights();
  assert.deepEqual(
    variables.map(({ shape }) => shape),
    weights.map(({ shape }) => shape),
  );
  for (const [i, variable] of variables.entries()) variable.write(tensorOf(weights[i]!));
  return { model, variables };
}

function makeLstm(units: number, returnSequences: boolean): layers.layers.Layer {
  return layers.layers.lstm({ units, returnSequences, recurrentActivation: 'sigmoid' });
}

function differentiate(
  spec: NetworkSpec,
  network: Network,
  { model, variables }: Twin,
  batch: Required<Batch>,
): { loss: number; gradient: readonly ArrayLike<number>[] } {
  const wanted = variables.map((variable) => variable.read() as tf.Variable);
  const { value, grads } = tf.variableGrads(() => lossOf(spec, network, model, batch), wanted);
  return {
    loss: value.dataSync()[0]!,
    gradient: wanted.map((variable) => grads[variable.name]!.dataSync()),
  };
}

/** The contract's loss, in tensors. */
function lossOf(
  spec: NetworkSpec,
  network: Network,
  model: layers.LayersModel,
  { inputs, targets, mask, sampleWeights }: Required<Batch>,
): tf.Scalar {
  const count = inputs.starts.length;
  const outputs = model.apply(inputsOf(spec, { inputs }), { training: true }) as tf.Tensor;
  const shape = [count, network.outputSteps, network.outputWidth];
  const y = tf.reshape(outputs, shape);
  const target = tf.tensor(targets.rows, shape);
  const each =
    spec.loss === 'mse'
      ? tf.squaredDifference(y, target)
      : tf.neg(tf.add(tf.mul(target, tf.log(y)), tf.mul(tf.sub(1, target), tf.log(tf.sub(1, y)))));
  const measured = tf.tensor(mask, shape);
  const weighted = tf.mul(tf.mul(each, measured), tf.tensor(sampleWeights, [count, 1, 1]));
  return tf.div(tf.sum(weighted), tf.sum(measured)) as tf.Scalar;
}

function inputsOf({ steps, features }: NetworkSpec, { inputs }: Pick<Batch, 'inputs'>): tf.Tensor {
  return tf.tensor(inputs.rows, [inputs.starts.length, steps, features]);
}

function tensorOf({ values, shape }: NamedArray): tf.Tensor {
  return tf.tensor(values, [...shape]);
}

/**
 * TensorFlow.js as the engine: it runs the layers forwards and backwards. Weights and moments lie in plain arrays, laid
 * out as the kernel's; the loss and its slope, what is dropped, and Adam's step are computed as the kernel computes them.
 */
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import { ModelError } from '../../base/errors.ts';
import type { Network, NetworkSpec } from '../contract.ts';
import { createNetworkOn } from '../create-network.ts';
import type { Engine, Job } from '../engine.ts';
import * as L from '../kernel/layout.ts';
import { positionsOf, readArrays } from '../named-arrays.ts';
import type { Placement } from '../place-layers.ts';
import { compareOutputs } from './compare-outputs.ts';
import type { TensorFlow } from './load-tensorflow.ts';
import { runLayers } from './run-layers.ts';

/** As `createNetwork`, over TensorFlow.js. @throws ModelError `network-invalid` */
export function createTensorFlowNetwork(tf: TensorFlow, spec: NetworkSpec): Network {
  return createNetworkOn(spec, (placement) => startTensorFlowEngine(tf, spec, placement));
}

function startTensorFlowEngine(tf: TensorFlow, spec: NetworkSpec, placement: Placement): Engine {
  const weights = new Float32Array(placement.floats);
  const first = new Float32Array(placement.floats);
  const second = new Float32Array(placement.floats);
  const gradient = new Float32Array(placement.floats);
  const facts = { tf, spec, placement };
  let loss = 0;
  let closed = false;
  return {
    viewWeights: () => weights,
    viewFirstMoments: () => first,
    viewSecondMoments: () => second,
    viewGradient: () => gradient,
    // Each job reads them anew.
    touchWeights: () => {},
    run: (job) => {
      if (closed) throw new ModelError('network-closed', 'the network was closed');
      if (job.mode === L.MODE_PREDICT) return predict(facts, weights, job);
      if (job.mode === L.MODE_EVALUATE) loss = compareOutputs(facts, job, predict(facts, weights, job)).loss;
      else if (job.mode === L.MODE_GRADIENT) loss = differentiate(facts, weights, job, gradient);
      else throw new RangeError(`TensorFlow.js does not run jobs of mode ${job.mode}`);
      return new Float32Array(0);
    },
    readLoss: () => loss,
    sumGradients: () => gradient.reduce((sum, each) => sum + each * each, 0),
    adam: (rate, root, scale) => takeAdamStep({ weights, first, second }, gradient, { rate, root, scale }),
    close: () => {
      closed = true;
    },
  };
}

interface Facts {
  readonly tf: TensorFlow;
  readonly spec: NetworkSpec;
  readonly placement: Placement;
}

function predict(facts: Facts, weights: Float32Array, job: Job): Float32Array {
  const { tf, spec, placement } = facts;
  return tf.tidy(() => {
    const tensors = weightTensors(tf, placement, weights);
    const inputs = gatherInputs(tf, spec, job);
    const y = runLayers(facts, { weights: tensors, inputs, logits: false });
    return Float32Array.from(y.dataSync());
  });
}

/** @param gradient all of it is written; padding becomes 0 @returns the loss */
function differentiate(facts: Facts, weights: Float32Array, job: Job, gradient: Float32Array): number {
  const { tf, spec, placement } = facts;
  const { dropoutSeed } = job;
  const logits = spec.loss === 'binary-crossentropy';
  let loss = 0;
  tf.tidy(() => {
    const compare = tf.customGrad((...given) => {
      const y = given[0] as Tensor3D;
      const compared = compareOutputs(facts, job, (logits ? tf.sigmoid(y) : y).dataSync());
      loss = compared.loss;
      return { value: tf.scalar(loss), gradFunc: () => tf.tensor(compared.slopes, y.shape) };
    });
    const lossOf = (...tensors: Tensor[]): Tensor => {
      const inputs = gatherInputs(tf, spec, job);
      return compare(runLayers(facts, { weights: tensors, inputs, dropoutSeed, logits }));
    };
    const slopes = tf.grads(lossOf)(weightTensors(tf, placement, weights));
    gradient.fill(0);
    for (const [i, weight] of placement.weights.entries()) {
      const values = slopes[i]!.dataSync();
      let at = 0;
      for (const position of positionsOf(weight)) gradient[position] = values[at++]!;
    }
  });
  return loss;
}

/** In the order of the placement. */
function weightTensors(tf: TensorFlow, placement: Placement, weights: Float32Array): Tensor[] {
  return readArrays(placement.weights, weights).map(({ values, shape }) => tf.tensor(values, [...shape]));
}

/** Step by step: steps × sequences × features. */
function gatherInputs(tf: TensorFlow, { steps, features }: NetworkSpec, job: Job): Tensor3D {
  const { inputRows, inputStarts, sequences } = job;
  const values = new Float32Array(steps * sequences * features);
  for (let step = 0; step < steps; step++)
    for (let i = 0; i < sequences; i++) {
      const from = (inputStarts[i]! + step) * features;
      values.set(inputRows.subarray(from, from + features), (step * sequences + i) * features);
    }
  return tf.tensor3d(values, [steps, sequences, features]);
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;

/** Kingma and Ba 2015, algorithm 1, ε outside the root; in place. */
function takeAdamStep(
  { weights, first, second }: Readonly<Record<'weights' | 'first' | 'second', Float32Array>>,
  gradient: Float32Array,
  { rate, root, scale }: Readonly<Record<'rate' | 'root' | 'scale', number>>,
): void {
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i]! * scale;
    first[i] = first[i]! * BETA_1 + g * (1 - BETA_1);
    second[i] = second[i]! * BETA_2 + g * g * (1 - BETA_2);
    weights[i]! -= (first[i]! * rate) / (Math.sqrt(second[i]!) * root + EPSILON);
  }
}

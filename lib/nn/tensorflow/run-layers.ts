/** A network's layers in TensorFlow.js' operations, forwards; TensorFlow.js finds the way back by itself. */
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { NetworkSpec } from '../contract.ts';
import type { PlacedLayer, Placement } from '../place-layers.ts';
import { dropFactors } from './drop-factors.ts';
import type { TensorFlow } from './load-tensorflow.ts';

/** What lies between two layers: steps × sequences × columns. */
interface Flow {
  /** One step alone where there is no time axis, and where all steps are the same. */
  readonly values: Tensor3D;
  /** ≥ 1 */
  readonly steps: number;
}

export interface LayersFacts {
  readonly tf: TensorFlow;
  readonly spec: NetworkSpec;
  readonly placement: Placement;
}

export interface LayersRun {
  /** In the order of the placement. */
  readonly weights: readonly Tensor[];
  /** Steps × sequences × features. */
  readonly inputs: Tensor3D;
  /** In training: of what is dropped. */
  readonly dropoutSeed?: number | undefined;
  /** Without the last layer's sigmoid. */
  readonly logits: boolean;
}

/** @returns sequences × steps × columns of the last layer */
export function runLayers(facts: LayersFacts, { weights, inputs, dropoutSeed, logits }: LayersRun): Tensor3D {
  const { tf, spec, placement } = facts;
  let left = weights;
  const take = (count: number): readonly Tensor[] => {
    const taken = left.slice(0, count);
    left = left.slice(count);
    return taken;
  };
  let flow: Flow = { values: inputs, steps: spec.steps };
  for (const layer of placement.layers) flow = runLayer(layer);
  return tf.transpose(flow.values, [1, 0, 2]);

  function runLayer(layer: PlacedLayer): Flow {
    const { spec: of } = layer;
    switch (of.type) {
      case 'lstm':
        return runLstm(tf, flow, lstmWeights(take(3)), { reverse: false, sequences: of.returnSequences });
      case 'bidirectional-lstm': {
        const sequences = of.returnSequences;
        const forward = runLstm(tf, flow, lstmWeights(take(3)), { reverse: false, sequences });
        const backward = runLstm(tf, flow, lstmWeights(take(3)), { reverse: true, sequences });
        return { values: tf.concat([forward.values, backward.values], 2), steps: forward.steps };
      }
      case 'dropout': {
        if (dropoutSeed === undefined) return flow;
        const { shape } = flow.values;
        const factors = dropFactors(layer, of.rate, { seed: dropoutSeed, sequences: shape[1] });
        return { ...flow, values: tf.mul(flow.values, tf.tensor3d(factors, shape)) };
      }
      case 'repeat':
        return { values: flow.values, steps: of.steps };
      case 'attention':
        return attend(tf, flow, take(3));
      case 'dense': {
        const [kernel, bias] = take(2) as [Tensor2D, Tensor];
        const values = project(tf, flow.values, kernel, bias);
        return { ...flow, values: of.activation === 'sigmoid' && !logits ? tf.sigmoid(values) : values };
      }
    }
  }
}

interface LstmWeights {
  /** Gates input, forget, cell, output. */
  readonly kernel: Tensor2D;
  readonly recurrent: Tensor2D;
  readonly bias: Tensor;
}

function lstmWeights([kernel, recurrent, bias]: readonly Tensor[]): LstmWeights {
  return { kernel: kernel as Tensor2D, recurrent: recurrent as Tensor2D, bias: bias! };
}

/** The input's projection of all steps is one product; what is the same at all steps is projected once. */
function runLstm(
  tf: TensorFlow,
  { values, steps }: Flow,
  { kernel, recurrent, bias }: LstmWeights,
  { reverse, sequences }: { readonly reverse: boolean; readonly sequences: boolean },
): Flow {
  const projected = unstack(tf, project(tf, values, kernel, bias));
  const outputs: Tensor2D[] = [];
  let hidden = tf.zeros([values.shape[1], recurrent.shape[0]]) as Tensor2D;
  let cell = hidden;
  for (let i = 0; i < steps; i++) {
    const step = reverse ? steps - 1 - i : i;
    const input = projected[projected.length === 1 ? 0 : step]!;
    const gates = tf.add(input, tf.matMul(hidden, recurrent));
    const [open, keep, candidate, show] = tf.split(gates, 4, 1) as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
    cell = tf.add(tf.mul(tf.sigmoid(keep), cell), tf.mul(tf.sigmoid(open), tf.tanh(candidate)));
    hidden = tf.mul(tf.sigmoid(show), tf.tanh(cell));
    outputs[step] = hidden;
  }
  // The last one that was read.
  const given = sequences ? outputs : [hidden];
  return { values: tf.stack(given) as Tensor3D, steps: given.length };
}

/** Step by step. Of one step alone, TensorFlow.js 4.22 does not find the way back through its own `unstack`. */
function unstack(tf: TensorFlow, values: Tensor3D): readonly Tensor2D[] {
  const [steps, sequences, width] = values.shape;
  return steps === 1 ? [tf.reshape(values, [sequences, width])] : (tf.unstack(values) as Tensor2D[]);
}

/** Σ_t a_t h_t with a = softmax over t of v · tanh(W h_t + b). */
function attend(tf: TensorFlow, { values }: Flow, [kernel, bias, scorer]: readonly Tensor[]): Flow {
  const hidden = tf.tanh(project(tf, values, kernel as Tensor2D, bias));
  // softmax is over the last axis alone.
  const scores = tf.transpose(project(tf, hidden, scorer as Tensor2D), [1, 2, 0]);
  const shares = tf.transpose(tf.softmax(scores), [2, 0, 1]);
  return { values: tf.sum(tf.mul(values, shares), 0, true), steps: 1 };
}

/** Each step and sequence by itself. */
function project(tf: TensorFlow, values: Tensor3D, kernel: Tensor2D, bias?: Tensor): Tensor3D {
  const [steps, sequences, width] = values.shape;
  const product = tf.matMul(tf.reshape(values, [steps * sequences, width]) as Tensor2D, kernel);
  return tf.reshape(bias === undefined ? product : tf.add(product, bias), [
    steps,
    sequences,
    kernel.shape[1],
  ]);
}

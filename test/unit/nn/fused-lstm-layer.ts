/**
 * `tf.layers.lstm` with its forward and backward pass in the kernel: what the product would train through if it left
 * the rest of a step to TensorFlow.js. Here for comparison; docs/decisions/0013 says why it does not.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { NetworkSpec } from '../../../lib/nn/contract.ts';
import type { Engine } from '../../../lib/nn/engine.ts';
import { MODE_PREDICT, MODE_PULL_BACK } from '../../../lib/nn/kernel/layout.ts';
import { startKernelEngine } from '../../../lib/nn/kernel-engine.ts';
import { chooseBuild } from '../../../lib/nn/load-kernel.ts';
import { readArrays, writeArrays } from '../../../lib/nn/named-arrays.ts';
import { type Placement, placeLayers } from '../../../lib/nn/place-layers.ts';

/** Forward and backward of one LSTM. The backward pass runs the forward one again, and keeps nothing between calls. */
interface Kernel {
  run(x: Float32Array, count: number, weights: readonly Float32Array[]): Float32Array;
  /** Gradients by x, kernel, recurrent kernel and bias. */
  pullBack(
    x: Float32Array,
    count: number,
    weights: readonly Float32Array[],
    dy: Float32Array,
  ): readonly Float32Array[];
}

interface Config {
  readonly units: number;
  readonly returnSequences: boolean;
  readonly name?: string;
}

export class FusedLstm extends layers.layers.Layer {
  static readonly className: string = 'FusedLstm';
  readonly #config: Config;
  #kernel: Kernel | undefined;

  constructor(config: Config) {
    super(config);
    this.#config = config;
  }

  override build(shape: layers.Shape): void {
    const { units, returnSequences } = this.#config;
    const [, steps, features] = shape as number[];
    const zeros = layers.initializers.zeros();
    this.addWeight('kernel', [features!, 4 * units], 'float32', layers.initializers.glorotUniform({}));
    this.addWeight('recurrent_kernel', [units, 4 * units], 'float32', zeros);
    this.addWeight('bias', [4 * units], 'float32', zeros);
    this.#kernel = startKernel(steps!, features!, units, returnSequences);
    this.built = true;
  }

  override computeOutputShape(shape: layers.Shape): layers.Shape {
    const { units, returnSequences } = this.#config;
    return returnSequences ? [shape[0]!, shape[1]!, units] : [shape[0]!, units];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const { units, returnSequences } = this.#config;
    const kernel = this.#kernel!;
    const [count, steps] = x.shape as [number, number];
    const run = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
      const save = given.pop() as tf.GradSaveFunc;
      const tensors = given as tf.Tensor[];
      save(tensors);
      const [input, ...weights] = tensors.map((tensor) => tensor.dataSync() as Float32Array);
      const value = tf.tensor(
        kernel.run(input!, count, weights),
        returnSequences ? [count, steps, units] : [count, units],
      );
      const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
        const [again, ...same] = saved.map((tensor) => tensor.dataSync() as Float32Array);
        const gradients = kernel.pullBack(again!, count, same, dy.dataSync() as Float32Array);
        return gradients.map((values, i) => tf.tensor(values, saved[i]!.shape));
      };
      return { value, gradFunc };
    });
    return run(x, ...this.weights.map((weight) => weight.read()));
  }
}

function startKernel(steps: number, features: number, units: number, returnSequences: boolean): Kernel {
  const spec: NetworkSpec = {
    steps,
    features,
    layers: [{ type: 'lstm', units, returnSequences }],
    loss: 'mse',
  };
  const placement: Placement = placeLayers(spec);
  const engine: Engine = startKernelEngine(spec, placement, {
    threads: 1,
    build: chooseBuild(),
    inputGradient: true,
  });
  const put = (weights: readonly Float32Array[]): void => {
    const arrays = placement.weights.map(({ name, shape }, i) => ({ name, shape, values: weights[i]! }));
    writeArrays(placement.weights, arrays, engine.viewWeights());
    engine.touchWeights();
  };
  const dense = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i * steps);
  return {
    run: (x, count, weights) => {
      put(weights);
      const resultFloats = count * units * (returnSequences ? steps : 1);
      const job = { inputRows: x, inputStarts: dense(count), sequences: count, resultFloats };
      return engine.run({ ...job, mode: MODE_PREDICT, program: 'infer' }).slice();
    },
    pullBack: (x, count, weights, dy) => {
      put(weights);
      const job = { inputRows: x, inputStarts: dense(count), sequences: count, resultFloats: x.length };
      const dx = engine.run({ ...job, mode: MODE_PULL_BACK, program: 'train', targetRows: dy }).slice();
      engine.sumGradients();
      const gradients = readArrays(placement.weights, engine.viewGradient());
      return [dx, ...gradients.map(({ values }) => values)];
    },
  };
}

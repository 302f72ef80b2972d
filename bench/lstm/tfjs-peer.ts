/**
 * TensorFlow.js on its wasm backend: with its own LSTM, with ours inside a layer (test/unit/nn), and as the networks' engine,
 * there on its plain CPU backend, too.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { Sequences } from '../../lib/nn/contract.ts';
import { createTensorFlowNetwork } from '../../lib/nn/tensorflow/engine.ts';
import { FusedLstm } from '../../test/unit/nn/fused-lstm-layer.ts';
import { addTensorMethods } from '../../test/unit/nn/tensorflow.ts';
import {
  BATCH,
  DROPOUT,
  FEATURES,
  HIDDEN,
  LEARNING_RATE,
  SEQUENCES,
  SPEC,
  STEPS,
  trainEpoch,
} from './network.ts';

export interface TfjsPeer {
  readonly name: string;
  /** Seconds of one epoch, scaled up from `batches` of its 31.25 batches. */
  timeEpoch(lstm: 'own' | 'fused', batches: number): Promise<number>;
  /** The same of `engine: tensorflow`. */
  timeEngine(backend: 'wasm' | 'cpu', batches: number): Promise<number>;
}

export async function startTfjs(sequences: Sequences): Promise<TfjsPeer> {
  addTensorMethods();
  await tf.setBackend('wasm');
  await tf.ready();
  const { rows } = sequences;
  const network = createTensorFlowNetwork(tf, SPEC);
  network.initialize(1);
  let epoch = 0;
  const models = {
    own: build((units, returnSequences) =>
      layers.layers.lstm({ units, returnSequences, recurrentActivation: 'sigmoid' }),
    ),
    fused: build((units, returnSequences) => new FusedLstm({ units, returnSequences })),
  };
  return {
    name: `TensorFlow.js ${tf.version_core}, wasm`,
    async timeEpoch(lstm, batches) {
      const count = batches * BATCH;
      const x = tf.tensor(rows.subarray(0, count * STEPS * FEATURES), [count, STEPS, FEATURES]);
      const begun = performance.now();
      await models[lstm].fit(x, x, { epochs: 1, batchSize: BATCH, shuffle: false, verbose: 0 });
      const seconds = (performance.now() - begun) / 1000;
      x.dispose();
      return (seconds * SEQUENCES) / count;
    },
    async timeEngine(backend, batches) {
      await tf.setBackend(backend);
      const begun = performance.now();
      trainEpoch(network, sequences, epoch++, batches * BATCH);
      const seconds = (performance.now() - begun) / 1000;
      await tf.setBackend('wasm');
      return (seconds * SEQUENCES) / (batches * BATCH);
    },
  };
}

type MakeLstm = (units: number, returnSequences: boolean) => layers.layers.Layer;

function build(makeLstm: MakeLstm): layers.Sequential {
  const model = layers.sequential();
  model.add(layers.layers.inputLayer({ inputShape: [STEPS, FEATURES] }));
  model.add(makeLstm(HIDDEN, true));
  model.add(layers.layers.dropout({ rate: DROPOUT }));
  model.add(makeLstm(HIDDEN, false));
  model.add(layers.layers.repeatVector({ n: STEPS }));
  model.add(makeLstm(HIDDEN, true));
  model.add(layers.layers.dropout({ rate: DROPOUT }));
  model.add(makeLstm(HIDDEN, true));
  model.add(layers.layers.dense({ units: FEATURES }));
  model.compile({ optimizer: tf.train.adam(LEARNING_RATE), loss: 'meanSquaredError' });
  return model;
}

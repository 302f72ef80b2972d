/** A stored network is a TensorFlow.js layers model: plain `tf.loadLayersModel` reads it and says what the kernel says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { seedRandom } from '../../../../../lib/maths/random.ts';
import {
  type Architecture,
  buildSpec,
  type Task,
} from '../../../../../lib/models/kinds/neural/architecture.ts';
import type { FittedNetwork } from '../../../../../lib/models/kinds/neural/network.ts';
import type { NeuralKind } from '../../../../../lib/models/kinds/neural/params.ts';
import { loadNetwork, saveNetwork } from '../../../../../lib/models/kinds/neural/state.ts';
import { createNetwork } from '../../../../../lib/nn/create-network.ts';
import { decodeModelState, encodeModelState } from '../../../../../lib/store/model-state-files.ts';

const FEATURES = 3;
const STEPS = 7;
const SEQUENCES = 4;

const CASES: readonly (readonly [NeuralKind, Task, number])[] = [
  ['lstm-autoencoder', 'autoencoder', 2],
  ['lstm', 'forecaster', 2],
  ['lstm', 'classifier', 1],
  ['bilstm', 'forecaster', 2],
  ['bilstm', 'classifier', 2],
  ['attention', 'forecaster', 2],
  ['attention', 'classifier', 3],
];

for (const [kind, task, depth] of CASES) {
  test(`${kind}, ${task}, ${depth} deep: tf.loadLayersModel gives the same outputs within 1e-5`, async () => {
    const fitted = drawNetwork({
      kind,
      task,
      features: FEATURES,
      sequenceLength: STEPS,
      hidden: 5,
      layers: depth,
      dropout: 0.2,
    });
    const state = saveNetwork(fitted);
    const files = encodeModelState(state);
    const model = await layers.loadLayersModel(serve(files));
    const random = seedRandom(9);
    const rows = Float32Array.from(
      { length: SEQUENCES * STEPS * FEATURES },
      () => 4 * random.nextFloat() - 2,
    );
    const theirs = model.predict(tf.tensor3d(rows, [SEQUENCES, STEPS, FEATURES])) as tf.Tensor;
    const ours = predict(fitted, rows);
    const values = await theirs.data();
    assert.equal(values.length, ours.length);
    for (const [i, value] of ours.entries())
      assert.ok(Math.abs(value - values[i]!) <= 1e-5, `${i}: ${value} against ${values[i]}`);

    const loaded = loadNetwork(kind, decodeModelState(files));
    assert.deepEqual(predict(loaded, rows), ours);
  });
}

function drawNetwork(architecture: Architecture): FittedNetwork {
  const network = createNetwork(buildSpec(architecture), { threads: 1 });
  network.initialize(5);
  const random = seedRandom(6);
  // Biases start at 0: drawn, so that one in the wrong place is seen.
  const weights = network
    .readWeights()
    .map((weight) =>
      weight.name.endsWith('bias')
        ? { ...weight, values: weight.values.map(() => random.nextFloat() - 0.5) }
        : weight,
    );
  const profile = (value: number): Float32Array => new Float32Array(FEATURES).fill(value);
  return {
    architecture,
    columns: ['a', 'b', 'c'],
    step: 60_000,
    normalizer: { means: profile(0), deviations: profile(1) },
    profile:
      architecture.task === 'classifier'
        ? undefined
        : { scales: profile(1), lows: profile(-1), highs: profile(1) },
    weights,
    build: network.build,
  };
}

function predict({ architecture, weights, build }: FittedNetwork, rows: Float32Array): Float32Array {
  const network = createNetwork(buildSpec(architecture), { threads: 1, build });
  network.writeWeights(weights);
  const starts = Uint32Array.from({ length: SEQUENCES }, (_, i) => i * STEPS);
  return network.predict({ rows, starts });
}

/** The two files as a bucket would serve them. */
function serve(files: Readonly<Record<string, Uint8Array>>): tf.io.IOHandler {
  return tf.io.http('http://bucket.test/version/model.json', {
    fetchFunc: async (path: string) => {
      const name = new URL(path).pathname.split('/').at(-1) ?? '';
      const body = files[name];
      return body === undefined ? new Response(null, { status: 404 }) : new Response(body.slice());
    },
  } as unknown as tf.io.LoadOptions);
}

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FusedLstm } from './fused-lstm-layer.ts';
import { difference, drawFloats } from './helpers.ts';
import { layers, startTensorFlow, tf } from './tensorflow.ts';

before(startTensorFlow);

const [STEPS, FEATURES, UNITS, COUNT] = [6, 3, 5, 12];

type MakeLstm = (units: number, returnSequences: boolean) => layers.layers.Layer;

function build(makeLstm: MakeLstm): layers.Sequential {
  const model = layers.sequential();
  const first = makeLstm(UNITS, true);
  model.add(layers.layers.inputLayer({ inputShape: [STEPS, FEATURES] }));
  model.add(first);
  model.add(makeLstm(UNITS, false));
  model.add(layers.layers.repeatVector({ n: STEPS }));
  model.add(makeLstm(UNITS, true));
  model.add(layers.layers.dense({ units: FEATURES }));
  for (const [i, variable] of model.trainableWeights.entries()) {
    const values = drawFloats(variable.shape.reduce((a, b) => a! * b!, 1)!, i).map((v) => v / 2);
    variable.write(tf.tensor(values, variable.shape as number[]));
  }
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
  return model;
}

test('LayersModel.fit trains through the kernel as it does through tf.layers.lstm', async () => {
  const x = tf.tensor(drawFloats(COUNT * STEPS * FEATURES, 40), [COUNT, STEPS, FEATURES]);
  const fused = build((units, returnSequences) => new FusedLstm({ units, returnSequences }));
  const plain = build((units, returnSequences) =>
    layers.layers.lstm({ units, returnSequences, recurrentActivation: 'sigmoid' }),
  );
  const loss = async (model: layers.Sequential): Promise<readonly number[]> => {
    const { history } = await model.fit(x, x, { epochs: 4, batchSize: 4, shuffle: false, verbose: 0 });
    return history['loss'] as number[];
  };
  const [ours, theirs] = [await loss(fused), await loss(plain)];
  assert.ok(ours.at(-1)! < ours[0]!);
  assert.ok(difference(ours, theirs) < 1e-5, `${ours.join()}, not ${theirs.join()}`);
  for (const [i, variable] of fused.trainableWeights.entries()) {
    const other = plain.trainableWeights[i]!;
    assert.ok(difference(variable.read().dataSync(), other.read().dataSync()) < 1e-4, variable.originalName);
  }
  const outputs = [fused, plain].map((model) => (model.predict(x) as tf.Tensor).dataSync());
  assert.ok(difference(outputs[0]!, outputs[1]!) < 1e-4);
});

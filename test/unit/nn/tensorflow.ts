/**
 * TensorFlow.js on its plain JavaScript backend: the reference. The layers package calls a few operations as methods of
 * its tensors, which only the umbrella package puts there.
 */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';

export { layers, tf };

export async function startTensorFlow(): Promise<void> {
  addTensorMethods();
  await tf.setBackend('cpu');
  await tf.ready();
}

export function addTensorMethods(): void {
  const methods = tf.Tensor.prototype as unknown as Record<string, unknown>;
  for (const [name, operation] of Object.entries(tf))
    if (typeof operation === 'function' && !(name in methods))
      methods[name] = function (this: tf.Tensor, ...rest: unknown[]): unknown {
        return (operation as (...all: unknown[]) => unknown)(this, ...rest);
      };
  methods['flatten'] = function (this: tf.Tensor): tf.Tensor {
    return tf.reshape(this, [this.size]);
  };
}

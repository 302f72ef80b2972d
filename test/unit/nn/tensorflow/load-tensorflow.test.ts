/** Who has not installed TensorFlow.js, or has it on a Node that it does not work on, is told so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadTensorFlow } from '../../../../lib/nn/tensorflow/load-tensorflow.ts';
import { standInForTensorFlow } from '../../../helpers/tensorflow/stand-in-for.ts';

test('not installed: the package and how to install it', async () => {
  standInForTensorFlow('none');
  await assert.rejects(loadTensorFlow(), {
    name: 'ModelError',
    code: 'no-tensorflow',
    message:
      /^engine tensorflow: @tensorflow\/tfjs-node could not be loaded; install it beside tidewatch \(npm install @tensorflow\/tfjs-node\), or leave engine out: [^\n]+$/,
  });
});

test('installed without its native library: what it says itself', async () => {
  standInForTensorFlow({ source: "throw new Error('The Node.js native addon module can not be found')" });
  await assert.rejects(loadTensorFlow(), {
    code: 'no-tensorflow',
    message: /could not be loaded; .* native addon module can not be found$/,
  });
});

test('installed, but its operations fail, as those of tfjs-node 4.22 do from Node 23 on', async () => {
  standInForTensorFlow({
    source: `export default {
      ready: async () => {},
      tidy: (run) => run(),
      tensor1d: () => ({}),
      concat: () => { throw new TypeError('(0 , util_1.isNullOrUndefined) is not a function'); },
    };`,
  });
  await assert.rejects(loadTensorFlow(), {
    code: 'no-tensorflow',
    message: `engine tensorflow: @tensorflow/tfjs-node is installed and does not work on Node ${process.versions.node}: (0 , util_1.isNullOrUndefined) is not a function`,
  });
});

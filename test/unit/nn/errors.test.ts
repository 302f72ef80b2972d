import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerSpec, NetworkSpec } from '../../../lib/nn/contract.ts';
import { createNetwork } from '../../../lib/nn/create-network.ts';
import { drawBatch } from './helpers.ts';

const LSTM: LayerSpec = { type: 'lstm', units: 3, returnSequences: false };
const END: LayerSpec = { type: 'dense', units: 2, activation: 'linear' };
const SPEC: NetworkSpec = { steps: 4, features: 2, layers: [LSTM, END], loss: 'mse' };

const NETWORKS: readonly (readonly [RegExp, Partial<NetworkSpec>])[] = [
  [/steps is 0, not a whole number from 1 to 100000/, { steps: 0 }],
  [/features is 1.5/, { features: 1.5 }],
  [/last layer is missing/, { layers: [] }],
  [/last layer is lstm, not dense/, { layers: [LSTM] }],
  [/binary-crossentropy needs a sigmoid/, { loss: 'binary-crossentropy' }],
  [/layer 0 \(lstm\): units is 5000/, { layers: [{ ...LSTM, units: 5000 }, END] }],
  [/layer 1 \(lstm\) wants a time axis/, { layers: [LSTM, LSTM, END] }],
  [/layer 1 \(attention\) wants a time axis/, { layers: [LSTM, { type: 'attention' }, END] }],
  [
    /layer 0 \(repeat\) wants an input without time axis/,
    { layers: [{ type: 'repeat', steps: 2 }, LSTM, END] },
  ],
  [/layer 2 \(dense\) follows a repeat/, { layers: [LSTM, { type: 'repeat', steps: 2 }, END] }],
  [/rate 1 is outside \[0, 1\)/, { layers: [{ type: 'dropout', rate: 1 }, LSTM, END] }],
];

for (const [message, change] of NETWORKS)
  test(`refused: ${message.source}`, () => {
    assert.throws(() => createNetwork({ ...SPEC, ...change }, { threads: 1 }), {
      code: 'network-invalid',
      message,
    });
  });

test('threads are whole numbers from 1', () => {
  for (const threads of [0, 1.5, NaN])
    assert.throws(() => createNetwork(SPEC, { threads }), { code: 'network-invalid', message: /threads is/ });
});

test('a network beyond the kernel’s memory is refused', () => {
  const huge: NetworkSpec = { ...SPEC, layers: [{ ...LSTM, units: 4096 }, END] };
  assert.throws(() => createNetwork(huge, { threads: 1 }), { code: 'network-too-large', message: /bytes/ });
});

test('batches that do not fit are refused', () => {
  const network = createNetwork(SPEC, { threads: 1 });
  network.initialize(1);
  const good = { ...drawBatch(SPEC, network, 3, 1), learningRate: 1e-3 };
  const { inputs, targets } = good;
  const cases: readonly (readonly [RegExp, object])[] = [
    [/inputs have 7 numbers, not rows of 2/, { inputs: { ...inputs, rows: new Float32Array(7) } }],
    [
      /sequence 1 of 4 rows starts at row 9; there are 12 rows/,
      { inputs: { ...inputs, starts: Uint32Array.of(0, 9, 0) } },
    ],
    [/no sequences/, { inputs: { ...inputs, starts: new Uint32Array(0) } }],
    [/2 targets for 3 sequences/, { targets: { ...targets, starts: Uint32Array.of(0, 1) } }],
    [
      /targets: sequence 0 of 1 rows starts at row 3/,
      { targets: { ...targets, starts: Uint32Array.of(3, 1, 1) } },
    ],
    [/1 weights for 3 sequences/, { sampleWeights: Float32Array.of(1) }],
    [/the weight of sequence 1 is -1/, { sampleWeights: Float32Array.of(1, -1, 1) }],
    [/5 mask elements for 6 target elements/, { mask: new Float32Array(5) }],
    [/nothing in it is measured/, { mask: new Float32Array(6) }],
    [/learningRate is 0/, { learningRate: 0 }],
    [/clipNorm is NaN/, { clipNorm: NaN }],
  ];
  for (const [message, change] of cases)
    assert.throws(() => network.trainBatch({ ...good, ...change }), { code: 'batch-mismatch', message });
  assert.equal(network.readOptimizer().step, 0);
});

test('dropout wants a seed', () => {
  const network = createNetwork(
    { ...SPEC, layers: [LSTM, { type: 'dropout', rate: 0.5 }, END] },
    { threads: 1 },
  );
  network.initialize(1);
  const batch = { ...drawBatch(SPEC, network, 3, 1), learningRate: 1e-3 };
  assert.throws(() => network.trainBatch(batch), { code: 'batch-mismatch', message: /needs a dropoutSeed/ });
});

test('weights that do not fit are refused, and change nothing', () => {
  const network = createNetwork(SPEC, { threads: 1 });
  network.initialize(1);
  const before = network.readWeights();
  const [kernel, ...rest] = before.map((array) => ({ ...array, values: array.values.map(() => 9) }));
  const cases: readonly (readonly [RegExp, readonly (typeof kernel & object)[]])[] = [
    [/lstm_0\/kernel is missing/, rest],
    [/has no weight x/, [kernel!, ...rest, { ...kernel!, name: 'x' }]],
    [/there twice/, [kernel!, kernel!, ...rest]],
    [/lstm_0\/kernel is \[12,2\], not \[2,12\]/, [{ ...kernel!, shape: [12, 2] }, ...rest]],
    [/23 values for \[2,12\]/, [{ ...kernel!, values: new Float32Array(23) }, ...rest]],
    [/lstm_0\/kernel holds NaN at 0/, [{ ...kernel!, values: kernel!.values.map(() => NaN) }, ...rest]],
  ];
  for (const [message, weights] of cases)
    assert.throws(() => network.writeWeights(weights), { code: 'weights-mismatch', message });
  assert.deepEqual(network.readWeights(), before);
  const optimizer = network.readOptimizer();
  assert.throws(() => network.writeOptimizer({ ...optimizer, step: -1 }), { code: 'weights-mismatch' });
  assert.throws(() => network.writeOptimizer({ ...optimizer, second: [] }), { code: 'weights-mismatch' });
});

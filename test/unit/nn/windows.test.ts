/** Sequences inside one table: overlapping, apart, repeated, in any order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerSpec, Network, NetworkSpec } from '../../../lib/nn/contract.ts';
import { createNetwork } from '../../../lib/nn/create-network.ts';
import { KERNEL_BUILDS } from '../../../scripts/build-kernel.ts';
import { drawFloats, drawWeights } from './helpers.ts';

const STEPS = 12;
const FIRST_LAYERS: Readonly<Record<string, LayerSpec>> = {
  lstm: { type: 'lstm', units: 5, returnSequences: false },
  bidirectional: { type: 'bidirectional-lstm', units: 3, returnSequences: false },
  attention: { type: 'attention' },
};
const ROWS = 2000;
const STARTS: Readonly<Record<string, (i: number) => number>> = {
  'each row': (i) => i,
  'each third row': (i) => 3 * i,
  'the same row': () => 5,
  backwards: (i) => 900 - i,
  apart: (i) => (i * 577) % (ROWS - STEPS),
  'almost evenly': (i) => 2 * i + (i % 11 === 0 ? 1 : 0),
};

function build(first: LayerSpec, kind: 'fused' | 'plain'): { network: Network; spec: NetworkSpec } {
  const layers: LayerSpec[] = [first, { type: 'dense', units: 2, activation: 'linear' }];
  const spec: NetworkSpec = { steps: STEPS, features: 3, layers, loss: 'mse' };
  const network = createNetwork(spec, { threads: 2, build: kind });
  network.writeWeights(drawWeights(network, 3));
  return { network, spec };
}

for (const kind of KERNEL_BUILDS)
  for (const [name, first] of Object.entries(FIRST_LAYERS))
    test(`each sequence has the bits it has alone: ${name} (${kind})`, () => {
      const { network } = build(first, kind);
      const rows = drawFloats(ROWS * 3, 7);
      for (const [what, at] of Object.entries(STARTS)) {
        const starts = Uint32Array.from({ length: 605 }, (_, i) => at(i));
        const together = network.predict({ rows, starts });
        for (let i = 0; i < starts.length; i += 29) {
          const own = rows.slice(starts[i]! * 3, (starts[i]! + STEPS) * 3);
          const alone = network.predict({ rows: own, starts: Uint32Array.of(0) });
          assert.deepEqual(together.slice(2 * i, 2 * i + 2), alone, `${what}: sequence ${i}`);
        }
      }
      network.close();
    });

test('a batch of overlapping sequences trains as its copies do', () => {
  const { network } = build(FIRST_LAYERS.lstm!, 'plain');
  const rows = drawFloats(200 * 3, 1);
  const starts = Uint32Array.from({ length: 30 }, (_, i) => (i * 37) % 150);
  const targets = { rows: drawFloats(200 * 2, 2), starts };
  const mask = targets.rows.map((v) => (v > -0.5 ? 1 : 0));
  const cut = (source: Float32Array, width: number, length: number): Float32Array =>
    Float32Array.from([...starts].flatMap((s) => [...source.subarray(s * width, (s + length) * width)]));
  const dense = {
    inputs: { rows: cut(rows, 3, STEPS), starts: starts.map((_, i) => i * STEPS) },
    targets: { rows: cut(targets.rows, 2, 1), starts: starts.map((_, i) => i) },
    mask: cut(mask, 2, 1),
  };
  assert.deepEqual(
    network.readGradient({ inputs: { rows, starts }, targets, mask }),
    network.readGradient(dense),
  );
});

test('no sequences, no outputs', () => {
  const { network } = build(FIRST_LAYERS.lstm!, 'plain');
  assert.equal(network.predict({ rows: new Float32Array(0), starts: new Uint32Array(0) }).length, 0);
});

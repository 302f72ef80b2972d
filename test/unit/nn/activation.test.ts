import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instantiate, type Kernel, loadModule, makeMemory } from '../../../lib/nn/load-kernel.ts';
import { KERNEL_BUILDS } from '../../../scripts/build-kernel.ts';

const AT = 16_384;

function apply(build: 'fused' | 'plain', which: 'sigmoidAll' | 'tanhAll', values: number[]): Float32Array {
  const memory = makeMemory(2 ** 20);
  const kernel: Kernel = instantiate(loadModule(build), memory);
  const view = new Float32Array(memory.buffer, AT, Math.ceil(values.length / 4) * 4);
  view.set(values);
  kernel[which](AT, view.length);
  return view.slice(0, values.length);
}

/** From 1e-30 to 88, both signs, denser where the functions bend. */
const SWEEP: number[] = [];
for (let exponent = -30; exponent < -1; exponent++) SWEEP.push(1.7 * 10 ** exponent, -1.7 * 10 ** exponent);
for (let x = -20; x <= 20; x += 0.00071) SWEEP.push(Math.fround(x));
for (let x = 20; x < 86; x += 0.37) SWEEP.push(Math.fround(x), Math.fround(-x));

for (const build of KERNEL_BUILDS) {
  test(`tanh and sigmoid are right to 4e-7 of the value (${build})`, () => {
    const exact = {
      tanhAll: (x: number) => Math.tanh(x),
      sigmoidAll: (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    };
    for (const which of ['tanhAll', 'sigmoidAll'] as const) {
      const inputs = SWEEP.map(Math.fround);
      const values = apply(build, which, inputs);
      let worst = 0;
      for (const [i, x] of inputs.entries())
        worst = Math.max(worst, Math.abs(values[i]! / exact[which](x) - 1));
      assert.ok(worst < 4e-7, `${which}: ${worst}`);
    }
  });

  test(`they stay in range beyond every bound, and keep NaN and 0 (${build})`, () => {
    const extremes = [0, -0, 9.5, -9.5, 200, -200, 1e18, -1e18, 3.4e38, -3.4e38, Infinity, -Infinity, NaN];
    assert.deepEqual(
      [...apply(build, 'tanhAll', extremes)].map((v) => v + 0),
      [0, 0, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, NaN],
    );
    const sigmoid = apply(build, 'sigmoidAll', extremes);
    assert.equal(sigmoid[0], 0.5);
    for (const [i, x] of extremes.entries())
      if (x > 100) assert.equal(sigmoid[i], 1);
      else if (x < -100) assert.ok(sigmoid[i]! > 0 && sigmoid[i]! < 2e-38, String(sigmoid[i]));
    assert.ok(Number.isNaN(sigmoid.at(-1)));
  });
}

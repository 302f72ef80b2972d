/** What the kernel's product alone reaches on one core, operands in the cache: the limit of everything built on it. */
import { instantiate, loadModule, makeMemory } from '../../lib/nn/load-kernel.ts';

const [ROWS, DEPTH, COLUMNS] = [64, 64, 256];
const PRODUCTS = 2000;
const AT = { a: 65_536, b: 2 * 65_536, init: 4 * 65_536, c: 6 * 65_536 };

/** @returns GFLOP/s; the best of several stretches of some milliseconds, as others may use the core */
export function measureTile(build: 'fused' | 'plain'): number {
  const memory = makeMemory(2 ** 20);
  const kernel = instantiate(loadModule(build), memory);
  new Float32Array(memory.buffer, AT.a).fill(1e-3);
  const { a, b, init, c } = AT;
  let best = Infinity;
  for (let stretch = 0; stretch < 10; stretch++) {
    const begun = performance.now();
    for (let i = 0; i < PRODUCTS / 10; i++)
      kernel.multiply(a, DEPTH, ROWS, DEPTH, b, DEPTH, COLUMNS, init, 0, c, COLUMNS);
    best = Math.min(best, performance.now() - begun);
  }
  return (2 * ROWS * DEPTH * COLUMNS * (PRODUCTS / 10)) / best / 1e6;
}

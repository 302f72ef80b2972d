/** What dropout makes of each element: the kernel's own draws (kernel/source/layers.ts), so that both drop the same. */
import type { PlacedLayer } from '../place-layers.ts';

/** @returns step by step, steps × sequences × columns: 0 where an element is dropped, else 1 / (1 − rate) */
export function dropFactors(
  { index, output }: PlacedLayer,
  rate: number,
  { seed: given, sequences }: { readonly seed: number; readonly sequences: number },
): Float32Array {
  const { steps, columns, width } = output;
  const threshold = Math.round(rate * 2 ** 32);
  const seed = scramble(given ^ 0x5bf03635);
  const key = scramble(seed + index);
  const second = scramble(seed ^ (index + 0x68e31da4));
  const factors = new Float32Array(steps * sequences * columns.length);
  let i = 0;
  for (let step = 0; step < steps; step++)
    for (let sequence = 0; sequence < sequences; sequence++)
      for (const column of columns) {
        // Where the kernel's tensor, with its padding, has it.
        const element = (sequence * steps + step) * width + column;
        const bits = scramble(scramble(element ^ key) + second);
        factors[i++] = bits >= threshold ? 1 / (1 - rate) : 0;
      }
  return factors;
}

/** A bijection of 32 bits that mixes them. */
function scramble(given: number): number {
  let x = Math.imul(given ^ (given >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

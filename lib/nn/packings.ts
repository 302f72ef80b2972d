/** Which matrices of weights the kernel packs before a job, and how it is told of them. */
import * as L from './kernel/layout.ts';
import type { Placement } from './place-layers.ts';

export interface Packing {
  readonly source: number;
  readonly stride: number;
  readonly depth: number;
  readonly columns: number;
  readonly target: number;
  readonly transposed: number;
}

export function listPackings({ layers }: Placement): readonly Packing[] {
  return layers
    .flatMap(({ blocks }) => blocks.flatMap(({ input, recurrent }) => [input, recurrent ?? []].flat()))
    .flatMap(({ source, stride, depth, columns, packed, packedBack }) => [
      { source, stride, depth, columns, target: packed, transposed: 0 },
      { source, stride, depth: columns, columns: depth, target: packedBack, transposed: 1 },
    ]);
}

/** @param table as the kernel reads it @param at addresses of the weights and of the packed ones */
export function writePackings(
  table: Int32Array,
  packings: readonly Packing[],
  at: { readonly weights: number; readonly packed: number },
): void {
  for (const [i, { source, stride, depth, columns, target, transposed }] of packings.entries()) {
    const entry = [];
    entry[L.PACK_SOURCE / 4] = at.weights + source * 4;
    entry[L.PACK_STRIDE / 4] = stride;
    entry[L.PACK_DEPTH / 4] = depth;
    entry[L.PACK_COLUMNS / 4] = columns;
    entry[L.PACK_TARGET / 4] = at.packed + target * 4;
    entry[L.PACK_TRANSPOSED / 4] = transposed;
    table.set(entry, (i * L.PACKING_BYTES) / 4);
  }
}

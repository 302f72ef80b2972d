/** Weights and moments in Keras' layout, to and from the kernel's padded one. */
import { ModelError } from '../base/errors.ts';
import type { NamedArray } from './contract.ts';
import type { PlacedWeight } from './place-layers.ts';

export function readArrays(placed: readonly PlacedWeight[], from: Float32Array): readonly NamedArray[] {
  return placed.map((weight) => {
    const values = new Float32Array(weight.rows.length * weight.columns.length);
    let i = 0;
    for (const at of positionsOf(weight)) values[i++] = from[at]!;
    return { name: weight.name, shape: weight.shape, values };
  });
}

/** All or nothing: what does not fit is refused before anything is written. @throws ModelError `weights-mismatch` */
export function writeArrays(
  placed: readonly PlacedWeight[],
  arrays: readonly NamedArray[],
  to: Float32Array,
): void {
  const byName = new Map(arrays.map((array) => [array.name, array]));
  const unknown = arrays.find(({ name }) => !placed.some((weight) => weight.name === name));
  if (unknown !== undefined) refuse(`the network has no weight ${unknown.name}`);
  if (byName.size < arrays.length) refuse('a weight is there twice');
  for (const { name, shape, rows, columns } of placed) {
    const given = byName.get(name);
    if (given === undefined) refuse(`${name} is missing`);
    if (given.shape.join() !== shape.join()) refuse(`${name} is [${given.shape}], not [${shape}]`);
    if (given.values.length !== rows.length * columns.length)
      refuse(`${name} has ${given.values.length} values for [${shape}]`);
    const bad = given.values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) refuse(`${name} holds ${given.values[bad]} at ${bad}`);
  }
  for (const weight of placed) {
    const { values } = byName.get(weight.name)!;
    let i = 0;
    for (const at of positionsOf(weight)) to[at] = values[i++]!;
  }
}

/** Where each element lies, row-major. */
export function* positionsOf({ base, stride, rows, columns }: PlacedWeight): Generator<number> {
  for (const row of rows) for (const column of columns) yield base + row * stride + column;
}

function refuse(reason: string): never {
  throw new ModelError('weights-mismatch', `these weights do not fit the network: ${reason}`);
}

/** What a caller hands over, held against the network before it reaches the kernel's memory. */
import { ModelError } from '../base/errors.ts';
import type { Batch, Sequences } from './contract.ts';

export interface Extent {
  readonly width: number;
  readonly length: number;
}

/** @throws ModelError `batch-mismatch` */
export function checkSequences({ rows, starts }: Sequences, { width, length }: Extent, what: string): void {
  if (rows.length % width !== 0) refuse(`${what} have ${rows.length} numbers, not rows of ${width}`);
  const last = rows.length / width - length;
  for (let i = 0; i < starts.length; i++)
    if (starts[i]! > last)
      refuse(
        `${what}: sequence ${i} of ${length} rows starts at row ${starts[i]}; there are ${rows.length / width} rows`,
      );
}

/** @throws ModelError `batch-mismatch` */
export function checkBatch(batch: Batch, input: Extent, output: Extent): void {
  const { inputs, targets, sampleWeights, mask } = batch;
  checkSequences(inputs, input, 'inputs');
  checkSequences(targets, output, 'targets');
  const count = inputs.starts.length;
  if (count === 0) refuse('no sequences');
  if (targets.starts.length !== count) refuse(`${targets.starts.length} targets for ${count} sequences`);
  if (sampleWeights !== undefined) {
    if (sampleWeights.length !== count) refuse(`${sampleWeights.length} weights for ${count} sequences`);
    const bad = sampleWeights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
    if (bad >= 0) refuse(`the weight of sequence ${bad} is ${sampleWeights[bad]}`);
  }
  if (mask !== undefined && mask.length !== targets.rows.length)
    refuse(`${mask.length} mask elements for ${targets.rows.length} target elements`);
}

/** Target elements that count. @throws ModelError `batch-mismatch` if there is none */
export function countMeasured({ targets: { starts }, mask }: Batch, { width, length }: Extent): number {
  if (mask === undefined) return starts.length * width * length;
  let measured = 0;
  for (const start of starts)
    for (let i = start * width; i < (start + length) * width; i++) if (mask[i] !== 0) measured++;
  if (measured === 0) refuse('nothing in it is measured');
  return measured;
}

export function refuse(reason: string): never {
  throw new ModelError('batch-mismatch', `the batch does not fit the network: ${reason}`);
}

/** Sequences to train on, and the batches that the engine takes. */
import type { Batch } from '../../../nn/contract.ts';
import { writeSequence } from '../../framework/sequences/lay-out.ts';
import type { SequenceTable } from '../../framework/sequences/table.ts';
import type { Architecture } from './architecture.ts';

export interface Samples {
  /** First places. */
  readonly starts: Uint32Array;
  /** Of a classifier, per sequence: 1 where its last row is labelled anomalous. */
  readonly labels?: Uint8Array | undefined;
  /** Of a classifier, per sequence. */
  readonly weights?: Float32Array | undefined;
}

/** @param picks numbers of samples */
export function makeBatch(
  { table, architecture }: { readonly table: SequenceTable; readonly architecture: Architecture },
  samples: Samples,
  picks: Uint32Array,
): Batch {
  const { sequenceLength: steps, task } = architecture;
  const size = steps * table.width;
  const rows = new Float32Array(picks.length * size);
  const mask = new Float32Array(rows.length);
  const starts = Uint32Array.from(picks, (_, i) => i * steps);
  for (const [i, pick] of picks.entries())
    writeSequence(table, { start: samples.starts[pick]!, steps }, { out: rows, mask, offset: i * size });
  const inputs = { rows, starts };
  switch (task) {
    case 'autoencoder':
      return { inputs, targets: inputs, mask };
    case 'forecaster':
      return { inputs, ...nextRows(table, samples, picks, steps) };
    case 'classifier':
      return {
        inputs,
        targets: {
          rows: Float32Array.from(picks, (pick) => samples.labels?.[pick] ?? 0),
          starts: count(picks),
        },
        sampleWeights: Float32Array.from(picks, (pick) => samples.weights?.[pick] ?? 1),
      };
  }
}

function nextRows(
  table: SequenceTable,
  samples: Samples,
  picks: Uint32Array,
  steps: number,
): Pick<Batch, 'targets' | 'mask'> {
  const rows = new Float32Array(picks.length * table.width);
  const mask = new Float32Array(rows.length);
  for (const [i, pick] of picks.entries())
    writeSequence(
      table,
      { start: samples.starts[pick]! + steps, steps: 1 },
      { out: rows, mask, offset: i * table.width },
    );
  return { targets: { rows, starts: count(picks) }, mask };
}

function count(picks: Uint32Array): Uint32Array {
  return Uint32Array.from(picks.keys());
}

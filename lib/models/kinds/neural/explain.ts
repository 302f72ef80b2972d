/**
 * Why a row scored as it did. Of an autoencoder and a forecaster: what each column's error added, beside what the
 * network expected and the range in which 99 % of the training's errors would have put it; an autoencoder also tells at
 * which steps of its sequence a column was off. Of a classifier: how much
 * of the log-odds goes away when a column reads as on average, over the whole sequence.
 */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { Network } from '../../../nn/contract.ts';
import type { Contribution } from '../../framework/contract.ts';
import { toContributions } from '../../framework/contributions.ts';
import { writeSequence } from '../../framework/sequences/lay-out.ts';
import { restoreValue } from '../../framework/sequences/normalize.ts';
import { findSequences, type SequenceTable, tabulate } from '../../framework/sequences/table.ts';
import { spanOf } from './architecture.ts';
import { type ErrorProfile, weighError } from './error-profile.ts';
import type { FittedNetwork } from './network.ts';
import { lastErrors } from './score.ts';

/** A row without a score has nothing that stands out: each column gets the same share. */
export function explainMatrix(
  fitted: FittedNetwork,
  network: Network,
  x: FeatureMatrix,
  rows: Uint32Array,
): readonly (readonly Contribution[])[] {
  const { architecture, normalizer, step, columns, profile } = fitted;
  const table = tabulate(x, normalizer, step);
  const span = spanOf(architecture);
  const startOf = new Map(
    Array.from(findSequences(table, span), (start) => [table.order[start + span - 1]!, start] as const),
  );
  return Array.from(rows, (row) => {
    const start = startOf.get(row);
    if (start === undefined) return toContributions(columns, new Float64Array(columns.length), () => ({}));
    return profile === undefined
      ? explainClass(fitted, network, table, start)
      : explainError({ ...fitted, profile }, network, table, start);
  });
}

function explainError(
  { architecture, columns, normalizer, profile }: FittedNetwork & { readonly profile: ErrorProfile },
  network: Network,
  table: SequenceTable,
  start: number,
): readonly Contribution[] {
  const rows = new Float32Array(architecture.sequenceLength * table.width);
  writeSequence(table, { start, steps: architecture.sequenceLength }, { out: rows, offset: 0 });
  const output = network.predict({ rows, starts: Uint32Array.of(0) });
  const expected = output.subarray(output.length - table.width);
  const errors = lastErrors(table, start + spanOf(architecture) - 1, output);
  const restore = (value: number, c: number): number => restoreValue(normalizer, value, c);
  return toContributions(
    columns,
    Float64Array.from(errors, (error, c) => weighError(profile, error, c) || 0),
    (c) =>
      Number.isNaN(profile.scales[c]!)
        ? {}
        : {
            expected: restore(expected[c]!, c),
            low: restore(expected[c]! + Math.min(profile.lows[c]!, 0), c),
            high: restore(expected[c]! + Math.max(profile.highs[c]!, 0), c),
            ...(architecture.task === 'autoencoder' && {
              steps: divideOverSteps(profile, { table, start, output, column: c }),
            }),
          },
  );
}

/** What each row of the sequence adds to the column's error, as shares; even where nothing is off. */
function divideOverSteps(
  profile: ErrorProfile,
  given: {
    readonly table: SequenceTable;
    readonly start: number;
    /** Of an autoencoder: one row for each of the sequence. */
    readonly output: Float32Array;
    readonly column: number;
  },
): readonly number[] {
  const { table, start, output, column } = given;
  const { width, values } = table;
  const weights = Array.from({ length: output.length / width }, (_, step) => {
    const error = values[(start + step) * width + column]! - output[step * width + column]!;
    // A missing value has no error.
    return weighError(profile, error, column) || 0;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (total > 0 ? weight / total : 1 / weights.length));
}

function explainClass(
  { architecture, columns }: FittedNetwork,
  network: Network,
  table: SequenceTable,
  start: number,
): readonly Contribution[] {
  const { width } = table;
  const steps = architecture.sequenceLength;
  const size = steps * width;
  // The sequence itself, then once per column with that column at its mean.
  const rows = new Float32Array((width + 1) * size);
  for (let copy = 0; copy <= width; copy++) {
    writeSequence(table, { start, steps }, { out: rows, offset: copy * size });
    if (copy > 0) for (let step = 0; step < steps; step++) rows[copy * size + step * width + copy - 1] = 0;
  }
  const starts = Uint32Array.from({ length: width + 1 }, (_, copy) => copy * steps);
  const [odds, ...without] = network.predict({ rows, starts });
  return toContributions(
    columns,
    without.map((each) => Math.max(0, odds! - each)),
    () => ({}),
  );
}

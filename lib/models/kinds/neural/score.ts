/**
 * Scores of the rows that sequences mark. An autoencoder and a forecaster score by how far the last row lies from what
 * the network says of it: the root of the mean over the measured columns of the squared error, in usual errors of the
 * column (distance.ts tells how a far one counts). A classifier scores by its log-odds.
 */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { Network } from '../../../nn/contract.ts';
import { combineWeights } from '../../framework/reconstruction/distance.ts';
import { findSequences, type SequenceTable, tabulate } from '../../framework/sequences/table.ts';
import { type Architecture, spanOf } from './architecture.ts';
import { type ErrorProfile, weighError } from './error-profile.ts';
import { type FittedNetwork, predictSequences } from './network.ts';

/** One score per row; NaN where a row has too few consecutive ones before it, and before `from` (epoch ms). */
export function scoreMatrix(
  fitted: FittedNetwork,
  network: Network,
  x: FeatureMatrix,
  from: number = Number.NEGATIVE_INFINITY,
): Float64Array {
  const { architecture, normalizer, step, profile } = fitted;
  const scores = new Float64Array(x.times.length).fill(NaN);
  const table = tabulate(x, normalizer, step);
  const span = spanOf(architecture);
  const wanted = findSequences(table, span).filter(
    (start) => x.times[table.order[start + span - 1]!]! >= from,
  );
  for (const { starts, outputs, size } of predictSequences(network, table, wanted))
    for (const [i, start] of starts.entries())
      scores[table.order[start + span - 1]!] =
        profile === undefined
          ? outputs[i]!
          : scoreErrors(
              profile,
              lastErrors(table, start + span - 1, outputs.subarray(i * size, (i + 1) * size)),
            );
  return scores;
}

/** Per sequence: measured minus said of its last row. Length: sequences × columns. @param starts ascending */
export function collectErrors(
  network: Network,
  { table, architecture }: { readonly table: SequenceTable; readonly architecture: Architecture },
  starts: Uint32Array,
): Float32Array {
  const errors = new Float32Array(starts.length * table.width);
  const span = spanOf(architecture);
  let done = 0;
  for (const { starts: chunk, outputs, size } of predictSequences(network, table, starts))
    for (const [i, start] of chunk.entries()) {
      errors.set(
        lastErrors(table, start + span - 1, outputs.subarray(i * size, (i + 1) * size)),
        done++ * table.width,
      );
    }
  return errors;
}

/** @param output of one sequence; its last row is what is said of the row at `place` */
export function lastErrors(
  { values, width }: SequenceTable,
  place: number,
  output: Float32Array,
): Float32Array {
  const said = output.length - width;
  return Float32Array.from({ length: width }, (_, c) => values[place * width + c]! - output[said + c]!);
}

function scoreErrors(profile: ErrorProfile, errors: Float32Array): number {
  let sum = 0;
  let measured = 0;
  for (const [c, error] of errors.entries()) {
    const weight = weighError(profile, error, c);
    if (Number.isNaN(weight)) continue;
    sum += weight;
    measured++;
  }
  return combineWeights(sum, measured);
}

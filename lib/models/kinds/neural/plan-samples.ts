/** From a matrix to the sequences of training and validation, and what a network is trained for. */

import { EvaluationError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { checkLabels } from '../../../maths/metrics/labelled-scores.ts';
import { takeEvenly } from '../../../maths/take-evenly.ts';
import { learnNormalizer, type Normalizer } from '../../framework/sequences/normalize.ts';
import { entityLookup, type Split, splitByTime } from '../../framework/sequences/split.ts';
import {
  findBeginnings,
  findSequences,
  findStep,
  type SequenceTable,
  sortRows,
  tabulate,
} from '../../framework/sequences/table.ts';
import { spanOf, type Task } from './architecture.ts';
import type { NeuralKind, NeuralParams } from './params.ts';
import type { Samples } from './samples.ts';

export interface SamplePlan {
  readonly task: Task;
  /** Ms. */
  readonly step: number;
  readonly normalizer: Normalizer;
  readonly table: SequenceTable;
  readonly training: Samples;
  /** Undefined where no entity is long enough to hold any back. */
  readonly validation: Samples | undefined;
  readonly notes: readonly string[];
}

/** Share of each entity's sequences that is the validation; a classifier takes more where no anomaly lies in so few. */
const SHARES = [0.15, 0.2, 0.3, 0.4, 0.5];
/** Sequences of validation for each one of training, at most: it is looked at once an epoch. */
const VALIDATION_SHARE = 0.2;

export interface Sequenced {
  readonly task: Task;
  readonly step: number | undefined;
  /** First places, ascending, of what can be trained on. */
  readonly starts: Uint32Array;
  readonly notes: readonly string[];
}

/**
 * Labels make a classifier of every kind but the autoencoder. Where there is none to train on, a sequence with a row
 * that is labelled anomalous has no part in what is normal, and is left out.
 */
export function findTrainable(
  kind: NeuralKind,
  x: FeatureMatrix,
  { params, labels }: { readonly params: NeuralParams; readonly labels: Uint8Array | undefined },
): Sequenced {
  const step = findStep(x);
  if (step === undefined) return { task: taskOf(kind, false), step, starts: new Uint32Array(0), notes: [] };
  const order = sortRows(x);
  const begins = findBeginnings(x, order, step);
  const { sequenceLength } = params;
  const labelled = Uint8Array.from(order, (row) => labels?.[row] ?? 0);
  const marksAnomaly = (start: number): boolean => labelled[start + sequenceLength - 1] === 1;
  const classified = findSequences({ begins }, sequenceLength);
  const anomalies = kind === 'lstm-autoencoder' ? 0 : classified.filter(marksAnomaly).length;
  if (anomalies > 0 && anomalies < classified.length)
    return { task: 'classifier', step, starts: classified, notes: [] };
  const task = taskOf(kind, false);
  const span = spanOf({ task, sequenceLength });
  const before = countBefore(labelled);
  const measured = countBefore(measuredRows(x, order));
  const starts = findSequences({ begins }, span).filter((start) => {
    const target = task === 'forecaster' ? start + sequenceLength : start;
    return before[start + span]! === before[start]! && measured[start + span]! > measured[target]!;
  });
  const unreached = kind !== 'lstm-autoencoder' && labelled.includes(1);
  return {
    task,
    step,
    starts,
    notes: unreached
      ? [
          `Labels were not trained on: ${anomalies} of ${classified.length} sequences end in a labelled anomaly, and a classifier needs some of both. It forecasts in place of that.`,
        ]
      : [],
  };
}

/** @param found with at least one sequence */
export function planSamples(
  x: FeatureMatrix,
  found: Sequenced & { readonly step: number },
  { params, labels }: { readonly params: NeuralParams; readonly labels: Uint8Array | undefined },
): SamplePlan {
  const { task, step, starts } = found;
  const unlabelled = Uint32Array.from(x.times.keys()).filter((row) => labels?.[row] !== 1);
  const normalizer = learnNormalizer(x, unlabelled);
  const table = tabulate(x, normalizer, step);
  const span = spanOf({ task, sequenceLength: params.sequenceLength });
  const labelOf = (start: number): number => labels?.[table.order[start + span - 1]!] ?? 0;
  const given = { entityOf: entityLookup(table, x.entityOf), span };
  const split =
    task === 'classifier'
      ? splitWithBothClasses(starts, given, labelOf)
      : splitByTime(starts, { ...given, share: SHARES[0]! });
  const { training, validation } = split.training.length > 0 ? split : { training: starts, validation: NONE };
  const most = params.maxSequences;
  const take = (from: Uint32Array, count: number): Samples =>
    task === 'classifier' ? takeBothClasses(from, count, labelOf) : { starts: takeEvenly(from, count) };
  const chosen = take(training, most);
  const held = validation.length === 0 ? undefined : take(validation, Math.ceil(most * VALIDATION_SHARE));
  return {
    task,
    step,
    normalizer,
    table,
    training: chosen,
    validation: held,
    notes: [
      ...found.notes,
      ...(chosen.starts.length < training.length
        ? [
            `Trained on ${chosen.starts.length} of ${training.length} sequences, evenly over entities and time (maxSequences).`,
          ]
        : []),
      ...(held === undefined
        ? ['There are no sequences for validation: all entities are too short, or their anomalies too few.']
        : []),
    ],
  };
}

const NONE = new Uint32Array(0);

function taskOf(kind: NeuralKind, hasLabels: boolean): Task {
  if (kind === 'lstm-autoencoder') return 'autoencoder';
  return hasLabels ? 'classifier' : 'forecaster';
}

type SplitRule = Omit<Parameters<typeof splitByTime>[1], 'share'>;

/** The smallest share that leaves both classes on both sides. Where none does, there is no validation. */
function splitWithBothClasses(
  starts: Uint32Array,
  given: SplitRule,
  labelOf: (start: number) => number,
): Split {
  const hasBoth = (some: Uint32Array): boolean =>
    some.some((start) => labelOf(start) === 1) && some.some((start) => labelOf(start) === 0);
  for (const share of SHARES) {
    const split = splitByTime(starts, { ...given, share });
    if (hasBoth(split.training) && hasBoth(split.validation)) return split;
  }
  return { training: starts, validation: NONE };
}

/** Anomalies are rare: of them all are taken, up to half of `most`. Both classes weigh the same in all. */
function takeBothClasses(from: Uint32Array, most: number, labelOf: (start: number) => number): Samples {
  const half = Math.floor(most / 2);
  const anomalous = takeEvenly(
    from.filter((start) => labelOf(start) === 1),
    Math.max(1, half),
  );
  const normal = takeEvenly(
    from.filter((start) => labelOf(start) === 0),
    Math.max(1, most - anomalous.length),
  );
  const starts = Uint32Array.from([...anomalous, ...normal]).sort();
  const labels = Uint8Array.from(starts, labelOf);
  const weights = balanceClasses(labels);
  return {
    starts,
    labels,
    weights: Float32Array.from(labels, (label) => (label === 1 ? weights.anomalous : weights.normal)),
  };
}

/** Per place, 1 where anything was measured. */
function measuredRows({ names, values }: FeatureMatrix, order: Uint32Array): Uint8Array {
  const width = names.length;
  return Uint8Array.from(order, (row) =>
    values.subarray(row * width, (row + 1) * width).every(Number.isNaN) ? 0 : 1,
  );
}

/** Ones before each place, and before the end. */
function countBefore(flags: Uint8Array): Uint32Array {
  const counts = new Uint32Array(flags.length + 1);
  for (const [i, flag] of flags.entries()) counts[i + 1] = counts[i]! + flag;
  return counts;
}

/** What one row of each class counts, so that both classes weigh the same in all. */
export interface ClassWeights {
  readonly normal: number;
  readonly anomalous: number;
}

/**
 * rows / (2 × rows of the class): scikit-learn's `compute_class_weight('balanced')`. Weighted rows add up to the
 * number of rows.
 * @throws EvaluationError where a class has no row, as no weight could balance it
 */
export function balanceClasses(labels: Uint8Array): ClassWeights {
  checkLabels(labels);
  const anomalous = labels.reduce((sum, label) => sum + label, 0);
  const normal = labels.length - anomalous;
  if (anomalous === 0 || normal === 0)
    throw new EvaluationError(
      'one-class',
      `${anomalous} of ${labels.length} rows are anomalous; balancing needs rows of both classes`,
    );
  return { normal: labels.length / (2 * normal), anomalous: labels.length / (2 * anomalous) };
}

/**
 * The epochs of a training: shuffled batches, a look at the validation part, the best weights kept. Where the time runs
 * out it stops between two batches, and what it hands out is all that is needed to go on from there: the weights come
 * out the same to the last bit. The order of an epoch and what is dropped in it derive from seed and epoch alone, so
 * that no state of a random generator has to be kept.
 */

import { accuracy, countConfusion, precision, predictAt } from '../../../maths/metrics/confusion-matrix.ts';
import { rocAuc } from '../../../maths/metrics/roc-curve.ts';
import { seedRandom } from '../../../maths/random.ts';
import type { Network, OptimizerState } from '../../../nn/contract.ts';
import type { ClassifierMetrics, Deadline, TrainingEpoch } from '../../framework/contract.ts';
import type { SequenceTable } from '../../framework/sequences/table.ts';
import type { Architecture } from './architecture.ts';
import { makeBatch, type Samples } from './samples.ts';
import { createStopwatch } from './stopwatch.ts';

export type Weights = ReturnType<Network['readWeights']>;

export interface TrainingPlan {
  readonly network: Network;
  readonly architecture: Architecture;
  readonly table: SequenceTable;
  readonly training: Samples;
  readonly validation: Samples | undefined;
  readonly batchSize: number;
  readonly epochs: number;
  readonly patience: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly deadline: Deadline;
  readonly onProgress: (done: number) => void;
}

/** Where a training stands, between two batches. */
export interface TrainingProgress {
  /** Epochs that are complete: one entry each. */
  readonly history: readonly TrainingEpoch[];
  /** Batches done of the epoch after those. */
  readonly batches: number;
  /** Of those batches: loss × sequences. */
  readonly lossSum: number;
  readonly weights: Weights;
  readonly optimizer: OptimizerState;
  readonly best: BestEpoch | undefined;
}

export interface BestEpoch {
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly weights: Weights;
}

export type TrainingResult =
  | {
      readonly outcome: 'trained';
      readonly best: BestEpoch;
      readonly history: readonly TrainingEpoch[];
      /** Why it ended before the last epoch. */
      readonly note: string | undefined;
    }
  /** Not one epoch came to its end with a finite loss. */
  | { readonly outcome: 'exploded'; readonly loss: number }
  | {
      readonly outcome: 'out-of-time';
      readonly progress: TrainingProgress;
      /** Ms that an epoch takes, as far as can be told. */
      readonly epochTime: number;
    };

/** A gradient longer than that is scaled down to it: a row with moved constants must not undo what was learned. */
export const CLIP_NORM = 5;
/** Loss of an epoch in lowest ones, from which on nothing good comes any more; if it is above that of the first, too. */
const EXPLODED = 10;
/** Sequences of training that a classifier's measures are taken on each epoch. */
const MEASURED = 1000;

/** @param from where an earlier run stopped; the network is then brought to it */
export function trainNetwork(plan: TrainingPlan, from: TrainingProgress | undefined): TrainingResult {
  const { network, training, batchSize, epochs, patience } = plan;
  const watch = createStopwatch(plan.deadline);
  const perEpoch = Math.ceil(training.starts.length / batchSize);
  const history = [...(from?.history ?? [])];
  let best = from?.best;
  let [batch, lossSum] = [from?.batches ?? 0, from?.lossSum ?? 0];
  if (from !== undefined) {
    network.writeWeights(from.weights);
    network.writeOptimizer(from.optimizer);
  }

  while (history.length < epochs && !isStale(best, history.length, patience)) {
    const { order, dropoutSeeds } = drawEpoch(plan, history.length, perEpoch);
    for (; batch < perEpoch; batch++) {
      if (watch.isOver()) {
        const optimizer = network.readOptimizer();
        const progress = {
          history,
          batches: batch,
          lossSum,
          weights: network.readWeights(),
          optimizer,
          best,
        };
        return { outcome: 'out-of-time', progress, epochTime: watch.meanTurn() * perEpoch };
      }
      const picks = order.subarray(batch * batchSize, (batch + 1) * batchSize);
      const loss = network.trainBatch({
        ...makeBatch(plan, training, picks),
        learningRate: plan.learningRate,
        dropoutSeed: dropoutSeeds[batch],
        clipNorm: CLIP_NORM,
      });
      if (!Number.isFinite(loss)) return endExploded(loss);
      lossSum += loss * picks.length;
      plan.onProgress((history.length * perEpoch + batch + 1) / (epochs * perEpoch));
    }
    const epoch = completeEpoch(plan, lossSum / training.starts.length);
    const judged = judge(epoch);
    if (!Number.isFinite(judged)) return endExploded(judged);
    history.push(epoch);
    const explodes =
      best !== undefined && judged > EXPLODED * best.loss && judged > judge(history[0] ?? epoch);
    if (best === undefined || judged < best.loss)
      best = { epoch: history.length, loss: judged, weights: network.readWeights() };
    if (explodes) return endExploded(judged);
    [batch, lossSum] = [0, 0];
  }
  return endTrained(
    history.length < epochs
      ? `Training ended after ${history.length} of at most ${epochs} epochs: ${patience} without a lower loss.`
      : undefined,
  );

  function endExploded(loss: number): TrainingResult {
    if (best === undefined) return { outcome: 'exploded', loss };
    return endTrained(`The loss exploded to ${loss} after ${history.length} epochs; training stopped there.`);
  }

  function endTrained(why: string | undefined): TrainingResult {
    if (best === undefined) throw new RangeError(`${history.length} epochs, and none is the best`);
    const kept = best.epoch < history.length || why !== undefined;
    const note = kept ? [why, `The weights are those of epoch ${best.epoch}, the best one.`] : [];
    return {
      outcome: 'trained',
      best,
      history,
      note: note.length > 0 ? note.filter((part) => part !== undefined).join(' ') : undefined,
    };
  }
}

function judge({ loss, validationLoss }: TrainingEpoch): number {
  return validationLoss ?? loss;
}

function isStale(best: BestEpoch | undefined, done: number, patience: number): boolean {
  return best !== undefined && done - best.epoch >= patience;
}

/**
 * In what order an epoch takes the samples, and of each batch the seed of what is dropped.
 * @param epoch from 0
 */
export function drawEpoch(
  { seed, training }: Pick<TrainingPlan, 'seed' | 'training'>,
  epoch: number,
  batches: number,
): { readonly order: Uint32Array; readonly dropoutSeeds: Uint32Array } {
  const random = seedRandom((seed ^ Math.imul(epoch + 1, 0x9e3779b1)) >>> 0);
  const order = Uint32Array.from(training.starts.keys());
  for (let i = order.length - 1; i > 0; i--) {
    const other = random.nextBelow(i + 1);
    const pick = order[other]!;
    order[other] = order[i]!;
    order[i] = pick;
  }
  return { order, dropoutSeeds: Uint32Array.from({ length: batches }, () => random.nextUint32()) };
}

function completeEpoch(plan: TrainingPlan, loss: number): TrainingEpoch {
  const { validation, training, architecture } = plan;
  const validationLoss = validation === undefined ? undefined : evaluate(plan, validation);
  if (architecture.task !== 'classifier') return { loss, validationLoss };
  return {
    loss,
    validationLoss,
    metrics: measure(plan, training),
    ...(validation !== undefined && { validationMetrics: measure(plan, validation) }),
  };
}

/** Batches as in training: their size is what the engine has room for. */
function* batchesOf({ batchSize }: TrainingPlan, count: number): Generator<Uint32Array> {
  for (let from = 0; from < count; from += batchSize)
    yield Uint32Array.from({ length: Math.min(batchSize, count - from) }, (_, i) => from + i);
}

function evaluate(plan: TrainingPlan, samples: Samples): number {
  let sum = 0;
  for (const picks of batchesOf(plan, samples.starts.length))
    sum += plan.network.evaluateBatch(makeBatch(plan, samples, picks)) * picks.length;
  return sum / samples.starts.length;
}

function measure(plan: TrainingPlan, samples: Samples): ReturnType<typeof measureClassifier> {
  const every = Math.max(1, samples.starts.length / MEASURED);
  const count = Math.min(samples.starts.length, MEASURED);
  const chosen = Uint32Array.from({ length: count }, (_, i) => Math.floor(i * every));
  const scores = new Float64Array(count);
  for (const picks of batchesOf(plan, count)) {
    const { inputs } = makeBatch(
      plan,
      samples,
      picks.map((i) => chosen[i]!),
    );
    scores.set(plan.network.predict(inputs), picks[0]);
  }
  return measureClassifier(
    Uint8Array.from(chosen, (i) => samples.labels?.[i] ?? 0),
    scores,
  );
}

/** From which probability on a row counts as called anomalous. */
const CALLED = 0.5;

/** @param scores probabilities, one per label */
function measureClassifier(labels: Uint8Array, scores: Float64Array): ClassifierMetrics {
  const confusion = countConfusion({ labels, predicted: predictAt(scores, CALLED) });
  const auc = rocAuc({ labels, scores });
  const precise = precision(confusion);
  return {
    accuracy: accuracy(confusion),
    auc: Number.isNaN(auc) ? undefined : auc,
    precision: Number.isNaN(precise) ? undefined : precise,
  };
}

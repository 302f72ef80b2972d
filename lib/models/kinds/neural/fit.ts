/** From a matrix to a fitted network, in one run or in several. */
import { ModelError, RetryLaterError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { KernelBuild } from '../../../nn/contract.ts';
import type { FitRun, FitSummary, JsonValue, ModelState } from '../../framework/contract.ts';
import { type Architecture, buildSpec } from './architecture.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { profileErrors } from './error-profile.ts';
import { type FittedNetwork, openNetwork, openTrainer, type Trainer } from './network.ts';
import type { NeuralKind, NeuralParams } from './params.ts';
import { planSamples, type SamplePlan, type Sequenced } from './plan-samples.ts';
import { collectErrors } from './score.ts';
import { loadNetwork } from './state.ts';
import { type TrainingProgress, type TrainingResult, trainNetwork } from './train.ts';

export interface Fit {
  readonly fitted: FittedNetwork;
  readonly summary: FitSummary;
}

/**
 * @param found sequences of the matrix, at least one
 * @throws ModelError where the loss is not finite before one epoch is complete, or the time does not suffice for one
 *   and nothing can be kept; RetryLaterError where the next run goes on
 */
export async function fitNetwork(
  kind: NeuralKind,
  x: FeatureMatrix,
  {
    params,
    run,
    found,
  }: {
    readonly params: NeuralParams;
    readonly run: FitRun;
    readonly found: Sequenced & { readonly step: number };
  },
): Promise<Fit> {
  const plan = planSamples(x, found, { params, labels: run.labels });
  const architecture: Architecture = {
    kind,
    task: plan.task,
    features: x.names.length,
    sequenceLength: params.sequenceLength,
    hidden: params.hidden,
    layers: params.layers,
    dropout: params.dropout,
  };
  const identity = { kind, started: describeStart(x, params, run, plan) };
  const stored = await run.checkpoint?.read();
  const trainer = await openTrainer(params.engine, buildSpec(architecture), buildOf(stored));
  const { network } = trainer;
  try {
    network.initialize(run.seed);
    const notes = [...plan.notes, ...trainer.notes];
    if (run.startFrom !== undefined) {
      network.writeWeights(loadStart(run.startFrom, { architecture, columns: x.names }));
      notes.push('Fine-tuned: training went on from the weights of another version.');
    }
    const from = stored === undefined ? undefined : loadCheckpoint(identity, stored, network.readWeights());
    const result = train({ trainer, architecture, plan, params, run }, from);
    if (result.outcome !== 'trained') throw await stop(result, { trainer, identity, run, params });
    if (result.note !== undefined) notes.push(result.note);
    const fitted = complete({ trainer, architecture, plan, columns: x.names, weights: result.best.weights });
    run.onProgress?.(1);
    const measure = architecture.task === 'classifier' ? 'weighted cross-entropy' : 'mean squared error';
    return { fitted, summary: { notes, history: { measure, epochs: result.history } } };
  } finally {
    network.close();
  }
}

interface Training {
  readonly trainer: Trainer;
  readonly architecture: Architecture;
  readonly plan: SamplePlan;
  readonly params: NeuralParams;
  readonly run: FitRun;
}

function train(
  { trainer: { network }, architecture, plan, params, run }: Training,
  from: TrainingProgress | undefined,
): TrainingResult {
  const tunes = run.startFrom !== undefined;
  const { table, training, validation } = plan;
  return trainNetwork(
    {
      network,
      architecture,
      table,
      training,
      validation,
      batchSize: params.batchSize,
      epochs: tunes ? params.fineTuneEpochs : params.epochs,
      patience: params.patience,
      learningRate: tunes ? params.learningRate * params.fineTuneRate : params.learningRate,
      seed: run.seed,
      deadline: run.deadline,
      onProgress: (done) => run.onProgress?.(done),
    },
    from,
  );
}

/** What training on these inputs means: a checkpoint of anything else is refused. */
function describeStart(
  x: FeatureMatrix,
  params: NeuralParams,
  { seed, startFrom }: FitRun,
  { task, training, validation }: SamplePlan,
): JsonValue {
  return {
    params: { ...params },
    seed,
    task,
    columns: [...x.names],
    rows: x.times.length,
    training: training.starts.length,
    validation: validation?.starts.length ?? 0,
    tunes: startFrom !== undefined,
  };
}

function buildOf(stored: ModelState | undefined): KernelBuild | undefined {
  const { build } = (stored?.json ?? {}) as { readonly build?: KernelBuild };
  return build;
}

/** Leaves a checkpoint where it can. @returns what to throw */
async function stop(
  result: Exclude<TrainingResult, { readonly outcome: 'trained' }>,
  {
    trainer,
    identity,
    run,
    params,
  }: {
    readonly trainer: Trainer;
    readonly identity: Parameters<typeof saveCheckpoint>[0];
    readonly run: FitRun;
    readonly params: NeuralParams;
  },
): Promise<ModelError | RetryLaterError> {
  const { kind } = identity;
  if (result.outcome === 'exploded')
    return new ModelError(
      'exploding-loss',
      `${kind}: the loss is ${result.loss} in the first epoch; a learningRate below ${params.learningRate} may help`,
    );
  const { progress, epochTime } = result;
  const done = progress.history.length;
  const where = `${done} epochs and ${progress.batches} batches`;
  if (run.checkpoint !== undefined) {
    await run.checkpoint.write(saveCheckpoint(identity, progress, trainer.kernel?.build));
    return new RetryLaterError(
      'deadline',
      `${kind}: training stopped after ${where}; the next run goes on from there`,
    );
  }
  if (done > 0)
    return new RetryLaterError(
      'deadline',
      `${kind}: training stopped after ${where}, and there is no place to leave a checkpoint`,
    );
  return new ModelError(
    'deadline-too-short',
    `${kind}: the time ended in the first epoch, of which one takes about ${Math.ceil(epochTime)} ms, and there is no place to leave a checkpoint`,
  );
}

/** Whatever has trained it, the kernel will score it: usual errors are those of its scores. */
function complete({
  trainer,
  architecture,
  plan,
  columns,
  weights,
}: {
  readonly trainer: Trainer;
  readonly architecture: Architecture;
  readonly plan: SamplePlan;
  readonly columns: readonly string[];
  readonly weights: FittedNetwork['weights'];
}): FittedNetwork {
  const scorer = trainer.kernel ?? openNetwork(trainer.network.spec);
  scorer.writeWeights(weights);
  const { table, training, validation, normalizer, step } = plan;
  const starts = Uint32Array.from([...training.starts, ...(validation?.starts ?? [])]).sort();
  const profile =
    architecture.task === 'classifier'
      ? undefined
      : profileErrors(collectErrors(scorer, { table, architecture }, starts), table.width);
  scorer.close();
  return { architecture, columns: [...columns], step, normalizer, profile, weights, build: scorer.build };
}

/**
 * The weights of a version to go on from.
 * @throws ModelError naming what differs; ArtifactError where the state is not whole
 */
function loadStart(
  state: ModelState,
  { architecture, columns }: { readonly architecture: Architecture; readonly columns: readonly string[] },
): FittedNetwork['weights'] {
  const { kind } = architecture;
  if (state.kind !== kind) throw mismatch(kind, `it is of kind ${state.kind}`);
  const start = loadNetwork(kind, state);
  if (start.columns.length !== columns.length || start.columns.some((name, c) => name !== columns[c]))
    throw mismatch(kind, `its columns are ${start.columns.join(', ')}, not ${columns.join(', ')}`);
  for (const name of ['task', 'sequenceLength', 'hidden', 'layers'] as const)
    if (start.architecture[name] !== architecture[name])
      throw mismatch(kind, `its ${name} is ${start.architecture[name]}, not ${architecture[name]}`);
  return start.weights;
}

function mismatch(kind: string, what: string): ModelError {
  return new ModelError('start-mismatch', `${kind}: cannot go on from that version: ${what}`);
}

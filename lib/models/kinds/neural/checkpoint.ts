/** A training in the middle as plain data and back. */
import { isDeepStrictEqual } from 'node:util';
import { ArtifactError } from '../../../base/errors.ts';
import type { KernelBuild, NamedArray } from '../../../nn/contract.ts';
import type { JsonValue, ModelState, TrainingEpoch } from '../../framework/contract.ts';
import { checkFormat, readSettings } from '../../framework/state-values.ts';
import type { NeuralKind } from './params.ts';
import type { TrainingProgress, Weights } from './train.ts';

/** Of a checkpoint's state; a fitted network's has versions of its own. */
const CHECKPOINT_FORMAT_VERSION = 1;

export interface CheckpointIdentity {
  readonly kind: NeuralKind;
  /** What the training was started with: a checkpoint of another one can't be gone on from. */
  readonly started: JsonValue;
}

/** @param build of the kernel, where that trains: the next run takes the same one, wherever it runs */
export function saveCheckpoint(
  { kind, started }: CheckpointIdentity,
  progress: TrainingProgress,
  build: KernelBuild | undefined,
): ModelState {
  const { history, batches, lossSum, weights, optimizer, best } = progress;
  return {
    kind,
    formatVersion: CHECKPOINT_FORMAT_VERSION,
    json: {
      checkpoint: true,
      started,
      ...(build !== undefined && { build }),
      history: history.map((epoch) => dropUndefined(epoch)),
      batches,
      lossSum,
      optimizerStep: optimizer.step,
      best: best === undefined ? null : { epoch: best.epoch, loss: best.loss },
    },
    arrays: {
      ...prefixed('weights', weights),
      ...prefixed('first', optimizer.first),
      ...prefixed('second', optimizer.second),
      ...(best !== undefined && prefixed('best', best.weights)),
    },
  };
}

/**
 * @param shapes names and shapes of the network's weights
 * @throws ArtifactError where it is of another training, or not whole
 */
export function loadCheckpoint(
  { kind, started }: CheckpointIdentity,
  state: ModelState,
  shapes: Weights,
): TrainingProgress {
  checkFormat(state, { kind, versions: [CHECKPOINT_FORMAT_VERSION] });
  const json = readSettings(state);
  if (json['checkpoint'] !== true || !isDeepStrictEqual(json['started'], started))
    throw new ArtifactError(
      'bad-checkpoint',
      `${kind}: the checkpoint is of another training: ${JSON.stringify(json['started'])}, not ${JSON.stringify(started)}`,
    );
  const { history, batches, lossSum, optimizerStep, best } = json as unknown as Stored;
  const take = (prefix: string): readonly NamedArray[] =>
    shapes.map(({ name, shape, values: { length } }) => {
      const values = state.arrays[`${prefix}/${name}`];
      if (!(values instanceof Float32Array) || values.length !== length)
        throw new ArtifactError(
          'bad-checkpoint',
          `${kind}: array ${prefix}/${name} is missing or not a Float32Array of ${length}`,
        );
      return { name, shape, values };
    });
  return {
    history,
    batches,
    lossSum,
    weights: take('weights'),
    optimizer: { step: optimizerStep, first: take('first'), second: take('second') },
    best: best === null ? undefined : { ...best, weights: take('best') },
  };
}

interface Stored extends Pick<TrainingProgress, 'history' | 'batches' | 'lossSum'> {
  readonly optimizerStep: number;
  readonly best: { readonly epoch: number; readonly loss: number } | null;
}

function prefixed(prefix: string, weights: Weights): Readonly<Record<string, Float32Array>> {
  return Object.fromEntries(weights.map(({ name, values }) => [`${prefix}/${name}`, values]));
}

/** JSON has no undefined. */
function dropUndefined(epoch: TrainingEpoch): JsonValue {
  return JSON.parse(JSON.stringify(epoch));
}

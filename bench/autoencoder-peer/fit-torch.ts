/** PyTorch's side: our sequences, normalized, in files; its errors back, and the score made of them as ours is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { combineWeights } from '../../lib/models/framework/reconstruction/distance.ts';
import { findSequences, tabulate } from '../../lib/models/framework/sequences/table.ts';
import { buildSpec } from '../../lib/models/kinds/neural/architecture.ts';
import { profileErrors, weighError } from '../../lib/models/kinds/neural/error-profile.ts';
import { type NeuralParams, parseNeuralParams } from '../../lib/models/kinds/neural/params.ts';
import { findTrainable, planSamples, type SamplePlan } from '../../lib/models/kinds/neural/plan-samples.ts';
import { CLIP_NORM, drawEpoch } from '../../lib/models/kinds/neural/train.ts';
import { createNetwork } from '../../lib/nn/create-network.ts';
import type { DetectorRun } from '../quality/run-detector.ts';
import { type Epoch, KIND, readHistory, type Scored, type Settings } from './fit-ours.ts';
import type { Side } from './sides.ts';
import type { TorchProcess } from './torch-process.ts';

/** What torch_autoencoder.py calls them. */
const STARTS: Readonly<Record<Exclude<Side, 'ours'>, string>> = {
  'in-step': 'ours',
  'as-ours': 'keras',
  'as-it-comes': 'torch',
};

export interface TorchFit {
  readonly torch: TorchProcess;
  /** For files, written anew for each fit. */
  readonly folder: string;
  readonly seed: number;
  readonly side: Exclude<Side, 'ours'>;
  readonly settings: Settings;
}

export async function scoreTorch({ train, test }: DetectorRun, given: TorchFit): Promise<Scored> {
  const { torch, folder, seed, side, settings } = given;
  const params = parseNeuralParams(KIND, settings);
  const found = findTrainable(KIND, train, { params, labels: undefined });
  if (found.step === undefined) throw new RangeError('a training of fewer than two rows');
  const plan = planSamples(train, { ...found, step: found.step }, { params, labels: undefined });
  const { normalizer, table, training, validation, step } = plan;
  const unseen = tabulate(test, normalizer, step);
  const starts = findSequences(unseen, params.sequenceLength);
  const held = validation?.starts ?? new Uint32Array(0);
  const write = (name: string, values: Float32Array | Uint32Array): void =>
    writeFileSync(join(folder, name), values);
  write('train.f32', table.values);
  write('test.f32', unseen.values);
  write('fit.u32', training.starts);
  write('held.u32', held);
  write('profile.u32', Uint32Array.from([...training.starts, ...held]).sort());
  write('test.u32', starts);
  if (side === 'in-step') writeDraws(write, { plan, params, seed });
  const { epochs } = await torch.ask({
    start: STARTS[side],
    folder,
    width: table.width,
    steps: params.sequenceLength,
    hidden: params.hidden,
    layers: params.layers,
    dropout: params.dropout,
    epochs: params.epochs,
    patience: params.patience,
    batch: params.batchSize,
    rate: params.learningRate,
    clip: CLIP_NORM,
    seed,
  });
  const profile = profileErrors(readFloats(join(folder, 'profile.errors.f32')), table.width);
  const errors = readFloats(join(folder, 'test.errors.f32'));
  const scores = new Float64Array(test.times.length).fill(NaN);
  for (const [i, start] of starts.entries()) {
    const row = errors.subarray(i * table.width, (i + 1) * table.width);
    const weights = Array.from(row, (error, c) => weighError(profile, error, c)).filter(
      (weight) => !Number.isNaN(weight),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    scores[unseen.order[start + params.sequenceLength - 1]!] = combineWeights(sum, weights.length);
  }
  return { ...readHistory(epochs as readonly Epoch[]), scores };
}

/** All that is random in our own fit with that seed. */
function writeDraws(
  write: (name: string, values: Float32Array | Uint32Array) => void,
  given: { readonly plan: SamplePlan; readonly params: NeuralParams; readonly seed: number },
): void {
  const {
    plan: { table, training },
    params,
    seed,
  } = given;
  const { sequenceLength, hidden, layers, dropout } = params;
  const features = table.width;
  const architecture = {
    kind: KIND,
    task: 'autoencoder',
    features,
    sequenceLength,
    hidden,
    layers,
    dropout,
  } as const;
  const network = createNetwork(buildSpec(architecture), { threads: 1 });
  network.initialize(seed);
  write('weights.f32', Float32Array.from(network.readWeights().flatMap(({ values }) => [...values])));
  network.close();
  const batches = Math.ceil(training.starts.length / params.batchSize);
  const drawn = Array.from({ length: params.epochs }, (_, epoch) =>
    drawEpoch({ seed, training }, epoch, batches),
  );
  write('orders.u32', Uint32Array.from(drawn.flatMap(({ order }) => [...order])));
  write('dropout.u32', Uint32Array.from(drawn.flatMap(({ dropoutSeeds }) => [...dropoutSeeds])));
}

function readFloats(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/**
 * `npm run bench -- autoencoder-peer --data DIR`: our LSTM autoencoder beside the same architecture in PyTorch, on the
 * first files of each data set: the same normalized rows, the same sequences to train on and to hold back, the same
 * optimizer and rule to stop, the same score of a row's error. What differs is the implementation and the draw of
 * weights and batches, so both are fitted with several seeds. PyTorch is fitted twice: from weights drawn as Keras and
 * ours draw them, and as it does by itself, which learns more slowly.
 *
 * Both are cut short against the defaults, for PyTorch's sake: at most 500 sequences and 20 epochs.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTable } from '../lib/cli/table.ts';
import { averagePrecision } from '../lib/evaluation/metrics/precision-recall.ts';
import { DEFAULT_MAX_BUFFER, volumeUnderSurface } from '../lib/evaluation/metrics/volume-under-surface.ts';
import type { FeatureMatrix } from '../lib/features/feature-matrix.ts';
import { profileErrors, weighError } from '../lib/models/neural/error-profile.ts';
import { type NeuralParams, parseNeuralParams } from '../lib/models/neural/params.ts';
import { findTrainable, planSamples } from '../lib/models/neural/plan-samples.ts';
import { CLIP_NORM } from '../lib/models/neural/train.ts';
import { combineWeights } from '../lib/models/reconstruction/distance.ts';
import { getModel } from '../lib/models/registry.ts';
import { findSequences, tabulate } from '../lib/models/sequences/table.ts';
import { startTorch, type TorchProcess } from './autoencoder-peer/torch-process.ts';
import { findSeries } from './quality/find-series.ts';
import { loadCase } from './quality/load-case.ts';
import { type DetectorRun, runDetector } from './quality/run-detector.ts';
import type { Study } from './study.ts';

const KIND = 'lstm-autoencoder';
const SEEDS = [1, 2, 3];
const FILES_PER_SET = 2;
const SHORTENED = { maxSequences: 500, epochs: 20 };

interface Outcome {
  readonly set: string;
  readonly file: string;
  readonly seed: number;
  readonly ours: Ranking;
  readonly torch: Readonly<Record<Start, Ranking>>;
}

/** How PyTorch's first weights are drawn. */
type Start = 'keras' | 'torch';

interface Ranking {
  /** Mean squared error of the sequences that were held back, at the best epoch. */
  readonly loss: number;
  readonly vusPr: number;
  readonly averagePrecision: number;
}

export const reportAutoencoderPeer: Study = async (data, say) => {
  const torch = await startTorch();
  const folder = mkdtempSync(join(tmpdir(), 'bench-autoencoder-'));
  const outcomes: Outcome[] = [];
  try {
    const { series } = findSeries(data);
    const sets = [...new Set(series.map(({ set }) => set))];
    for (const { set, name, ...paths } of sets.flatMap((each) =>
      series.filter(({ set, train }) => set === each && train !== undefined).slice(0, FILES_PER_SET),
    )) {
      const loaded = loadCase({ set, name, ...paths });
      // Any kind will do: what is wanted of it are the matrices that every kind sees.
      const run = await runDetector(loaded, 'robust-z');
      if (!run.labels.includes(1)) continue;
      for (const seed of SEEDS) {
        const fitTorch = async (start: Start): Promise<Ranking> =>
          rank(run, await scoreTorch(run, { torch, folder, seed, start }));
        outcomes.push({
          set,
          file: name,
          seed,
          ours: rank(run, await scoreOurs(run, seed)),
          torch: { keras: await fitTorch('keras'), torch: await fitTorch('torch') },
        });
        say(`${name}, seed ${seed}: ${describe(outcomes.at(-1)!)}`);
      }
    }
  } finally {
    torch.close();
    rmSync(folder, { recursive: true });
  }
  return { text: render(outcomes, torch.version), figures: outcomes };
};

function paramsOf(): NeuralParams {
  return parseNeuralParams(KIND, SHORTENED);
}

interface Scored {
  readonly loss: number;
  /** Of the test's rows. */
  readonly scores: Float64Array;
}

async function scoreOurs({ train, test }: DetectorRun, seed: number): Promise<Scored> {
  const model = await getModel(KIND);
  const deadline = { remaining: () => Number.POSITIVE_INFINITY };
  const fitted = await model.fit(train, model.parseParams(SHORTENED), { seed, deadline });
  const losses = (fitted.summary.history?.epochs ?? []).map(({ validationLoss = NaN }) => validationLoss);
  return { loss: Math.min(...losses), scores: await fitted.score(test) };
}

async function scoreTorch(
  { train, test }: DetectorRun,
  given: {
    readonly torch: TorchProcess;
    readonly folder: string;
    readonly seed: number;
    readonly start: Start;
  },
): Promise<Scored> {
  const { torch, folder, seed, start: init } = given;
  const params = paramsOf();
  const found = findTrainable(KIND, train, { params, labels: undefined });
  if (found.step === undefined) throw new RangeError('a training of fewer than two rows');
  const { normalizer, table, training, validation, step } = planSamples(
    train,
    { ...found, step: found.step },
    { params, labels: undefined },
  );
  const unseen = tabulate(test, normalizer, step);
  const starts = findSequences(unseen, params.sequenceLength);
  const held = validation?.starts ?? new Uint32Array(0);
  const write = (name: string, values: Float32Array | Uint32Array): void =>
    writeFileSync(join(folder, name), values);
  write('train.f32', fillMissing(table.values));
  write('test.f32', fillMissing(unseen.values));
  write('fit.u32', training.starts);
  write('held.u32', held);
  write('profile.u32', Uint32Array.from([...training.starts, ...held]).sort());
  write('test.u32', starts);
  const { loss } = await torch.ask({
    init,
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
    scores[unseen.order[start + params.sequenceLength - 1]!] = combineWeights(
      weights.reduce((sum, weight) => sum + weight, 0),
      weights.length,
    );
  }
  return { loss: Number(loss), scores };
}

/** Files of these sets miss next to nothing: the usual value stands for it. */
function fillMissing(values: Float32Array): Float32Array {
  return values.map((value) => (Number.isNaN(value) ? 0 : value));
}

function readFloats(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function rank({ labels, measured, test }: DetectorRun, { loss, scores }: Scored): Ranking {
  const rows = Uint32Array.from(labels.keys()).filter(
    (row) => measured[row] === 1 && !Number.isNaN(scores[row]!),
  );
  const ranked = {
    labels: Uint8Array.from(rows, (row) => labels[row]!),
    scores: Float64Array.from(rows, (row) => scores[row]!),
    entityOf: entitiesOf(test, rows),
  };
  return {
    loss,
    vusPr: volumeUnderSurface(ranked, DEFAULT_MAX_BUFFER).pr,
    averagePrecision: averagePrecision(ranked),
  };
}

function entitiesOf({ entityOf }: FeatureMatrix, rows: Uint32Array): Uint32Array {
  return Uint32Array.from(rows, (row) => entityOf[row]!);
}

const CONTENDERS: Readonly<Record<string, (outcome: Outcome) => Ranking>> = {
  ours: ({ ours }) => ours,
  'PyTorch, drawn as ours': ({ torch }) => torch.keras,
  'PyTorch, its own draw': ({ torch }) => torch.torch,
};

function describe(outcome: Outcome): string {
  return Object.entries(CONTENDERS)
    .map(([name, pick]) => `${name} ${pick(outcome).vusPr.toFixed(3)}`)
    .join(', ');
}

function render(outcomes: readonly Outcome[], version: string): string {
  const files = [...new Set(outcomes.map(({ file }) => file))];
  const sets = [...new Set(outcomes.map(({ set }) => set))];
  const groups = [
    ...files.map((file) => ({ name: file, own: outcomes.filter((outcome) => outcome.file === file) })),
    ...sets.map((set) => ({ name: `${set}: mean`, own: outcomes.filter((outcome) => outcome.set === set) })),
  ];
  const lines = groups.flatMap(({ name, own }) =>
    Object.entries(CONTENDERS).map(([contender, pick], i) => [
      i === 0 ? name : '',
      contender,
      showSpread(own.map((outcome) => pick(outcome).vusPr)),
      showSpread(own.map((outcome) => pick(outcome).averagePrecision)),
      showSpread(own.map((outcome) => pick(outcome).loss)),
    ]),
  );
  const header = ['file', 'autoencoder', 'VUS-PR', 'avg precision', 'held-back loss'];
  return `PyTorch ${version}; mean over ${SEEDS.length} seeds, lowest to highest\n\n${formatTable([header, ...lines])}`;
}

function showSpread(values: readonly number[]): string {
  return `${mean(values).toFixed(3)} (${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)})`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

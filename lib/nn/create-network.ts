/** Networks over an engine, which computes. The contract says what each call does. */
import { ModelError } from '../base/errors.ts';
import { checkBatch, checkSequences, countMeasured, type Extent, refuse } from './check-batch.ts';
import type {
  Batch,
  KernelNetwork,
  NamedArray,
  Network,
  NetworkOptions,
  NetworkSpec,
  OptimizerState,
  Sequences,
  TrainBatch,
} from './contract.ts';
import type { Engine, StartEngine } from './engine.ts';
import { gatherRows } from './gather-rows.ts';
import { initializeWeights } from './initialize-weights.ts';
import * as L from './kernel/layout.ts';
import { startKernelEngine } from './kernel-engine.ts';
import { chooseBuild } from './load-kernel.ts';
import { readArrays, writeArrays } from './named-arrays.ts';
import { checkEnd, type Placement, placeLayers } from './place-layers.ts';

const BETA_1 = 0.9;
const BETA_2 = 0.999;
/** Sequences of one job of `predict`: bounds the memory, and is many shards. */
const PREDICT_SEQUENCES = 512;

/** A network's engine, and the shape of what goes through it. */
interface Running {
  readonly engine: Engine;
  readonly placement: Placement;
  readonly input: Extent;
  readonly target: Extent;
  readonly drops: boolean;
}

/**
 * Weights are 0 until `initialize` or `writeWeights`.
 * @throws ModelError `network-invalid`, `network-too-large`
 */
export function createNetwork(spec: NetworkSpec, options: NetworkOptions): KernelNetwork {
  const { threads, build = chooseBuild() } = options;
  if (!Number.isInteger(threads) || threads < 1)
    throw new ModelError('network-invalid', `threads is ${threads}, not a whole number from 1`);
  const network = createNetworkOn(spec, (placement) =>
    startKernelEngine(spec, placement, { threads, build, inputGradient: false }),
  );
  return { ...network, build };
}

/**
 * A network over any engine, whose weights are 0 at first.
 * @throws ModelError `network-invalid`, and as the engine's start does
 */
export function createNetworkOn(spec: NetworkSpec, startEngine: StartEngine): Network {
  checkEnd(spec);
  const placement = placeLayers(spec);
  const { weights: placed } = placement;
  const output = placement.layers.at(-1)!.output;
  const target: Extent = { width: output.columns.length, length: output.steps };
  const engine = startEngine(placement);
  const running: Running = {
    engine,
    placement,
    input: { width: spec.features, length: spec.steps },
    target,
    drops: spec.layers.some(({ type }) => type === 'dropout'),
  };
  /** Of the optimizer, that it has taken. */
  let step = 0;
  return {
    spec,
    parameters: placement.parameters,
    outputSteps: target.length,
    outputWidth: target.width,
    initialize: (seed) => {
      initializeWeights(placed, seed, engine.viewWeights());
      engine.viewFirstMoments().fill(0);
      engine.viewSecondMoments().fill(0);
      engine.touchWeights();
      step = 0;
    },
    readWeights: () => readArrays(placed, engine.viewWeights()),
    writeWeights: (weights: readonly NamedArray[]) => {
      writeArrays(placed, weights, engine.viewWeights());
      engine.touchWeights();
    },
    readOptimizer: () => ({
      step,
      first: readArrays(placed, engine.viewFirstMoments()),
      second: readArrays(placed, engine.viewSecondMoments()),
    }),
    writeOptimizer: (state) => {
      writeMoments(running, state);
      step = state.step;
    },
    trainBatch: (batch) => {
      const trained = trainBatch(running, batch, step);
      step = trained.step;
      return trained.loss;
    },
    evaluateBatch: (batch) => runBatch(running, batch, false, undefined),
    readGradient: (batch) => {
      const { loss } = runGradient(running, batch);
      return { loss, gradient: readArrays(placed, engine.viewGradient()) };
    },
    predict: (inputs) => predict(running, inputs),
    close: engine.close,
  };
}

function runBatch(
  { engine, input, target }: Running,
  batch: Batch,
  gradient: boolean,
  dropoutSeed: number | undefined,
): number {
  checkBatch(batch, input, target);
  const measured = countMeasured(batch, target);
  const count = batch.inputs.starts.length;
  const from = gatherRows(batch.inputs, input.width, input.length);
  const to = gatherRows(batch.targets, target.width, target.length, batch.mask);
  engine.run({
    mode: gradient ? L.MODE_GRADIENT : L.MODE_EVALUATE,
    program: gradient ? 'train' : 'infer',
    sequences: count,
    inputRows: from.rows,
    inputStarts: from.starts,
    targetRows: to.rows,
    targetStarts: to.starts,
    mask: to.extra,
    weights: batch.sampleWeights ?? new Float32Array(count).fill(1),
    lossScale: 1 / measured,
    dropoutSeed,
  });
  return engine.readLoss() / measured;
}

function runGradient(
  running: Running,
  batch: Omit<TrainBatch, 'learningRate'>,
): { loss: number; square: number } {
  const { dropoutSeed } = batch;
  if (running.drops && dropoutSeed === undefined) refuse('a network with dropout needs a dropoutSeed');
  const loss = runBatch(running, batch, true, dropoutSeed);
  return { loss, square: running.engine.sumGradients() };
}

/** @returns the loss before it, and the steps of the optimizer after it: none is taken where the loss is not finite */
function trainBatch(running: Running, batch: TrainBatch, step: number): { loss: number; step: number } {
  const { learningRate, clipNorm } = batch;
  if (!(learningRate > 0 && learningRate < Infinity)) refuse(`learningRate is ${learningRate}, not above 0`);
  if (clipNorm !== undefined && !(clipNorm > 0)) refuse(`clipNorm is ${clipNorm}, not above 0`);
  const { loss, square } = runGradient(running, batch);
  if (!Number.isFinite(loss)) return { loss, step };
  if (!Number.isFinite(square)) return { loss: NaN, step };
  const norm = Math.sqrt(square);
  const scale = clipNorm !== undefined && norm > clipNorm ? clipNorm / norm : 1;
  const taken = step + 1;
  const rate = learningRate / (1 - power(BETA_1, taken));
  running.engine.adam(rate, 1 / Math.sqrt(1 - power(BETA_2, taken)), scale);
  return { loss, step: taken };
}

function predict({ engine, input, target }: Running, inputs: Sequences): Float32Array {
  checkSequences(inputs, input, 'inputs');
  const each = target.width * target.length;
  const { starts } = inputs;
  const result = new Float32Array(starts.length * each);
  for (let from = 0; from < starts.length; from += PREDICT_SEQUENCES) {
    const part = starts.subarray(from, from + PREDICT_SEQUENCES);
    const rows = gatherRows({ rows: inputs.rows, starts: part }, input.width, input.length);
    const outputs = engine.run({
      mode: L.MODE_PREDICT,
      program: 'infer',
      sequences: part.length,
      inputRows: rows.rows,
      inputStarts: rows.starts,
      resultFloats: part.length * each,
    });
    result.set(outputs, from * each);
  }
  return result;
}

function writeMoments({ engine, placement }: Running, state: OptimizerState): void {
  if (!Number.isInteger(state.step) || state.step < 0)
    throw new ModelError(
      'weights-mismatch',
      `the optimizer's step is ${state.step}, not a whole number from 0`,
    );
  const { weights: placed } = placement;
  // Both are checked before either is written.
  writeArrays(placed, state.second, new Float32Array(placement.floats));
  writeArrays(placed, state.first, engine.viewFirstMoments());
  writeArrays(placed, state.second, engine.viewSecondMoments());
}

/** By repeated squaring: Math.pow's last bits are the engine's own business. */
function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

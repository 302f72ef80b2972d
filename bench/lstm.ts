/**
 * The reference autoencoder (bench/lstm/network.ts) in the kernel, in PyTorch and in TensorFlow.js, taking turns. Aims:
 * an epoch not slower than PyTorch's on one core and half its time on two, scoring in half of PyTorch's time, 50 epochs
 * in under a minute on two cores, a first score within 400 ms of a process's start.
 *
 * PyTorch with one thread is what all are held against, as the aims are; what it takes with two stands beside it. On a
 * machine that others use, processor time is what to go by: two threads then seldom run at once.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Network, Sequences } from '../lib/nn/contract.ts';
import { chooseBuild } from '../lib/nn/load-kernel.ts';
import type { BenchRow, Peer } from './bench-row.ts';
import { median, pairedRatio, type Timings, timeInTurns } from './in-turns.ts';
import { drawSequences, EPOCH_GFLOP, SCORE_GFLOP, startNetwork, trainEpoch } from './lstm/network.ts';
import { startTfjs, type TfjsPeer } from './lstm/tfjs-peer.ts';
import { measureTile } from './lstm/tile-limit.ts';
import { startTorch, type TorchPeer } from './lstm/torch-peer.ts';

const ROUNDS = 3;
const STARTS = 5;
const EPOCHS = 50;
/** Of 31.25 an epoch: TensorFlow.js takes about a second for each. */
const TFJS_BATCHES = 1;
const LAYER_BATCHES = 8;
const EPOCH = 'LSTM autoencoder, epoch of 1,000 × 60 × 16';
const SCORE = 'LSTM autoencoder, score 1,000 × 60 × 16';

export async function benchLstm(): Promise<readonly BenchRow[]> {
  const sequences = drawSequences();
  const folder = mkdtempSync(join(tmpdir(), 'bench-lstm-'));
  const file = join(folder, 'sequences.f32');
  writeFileSync(file, sequences.rows);
  const peer = await startTorch(file, 1);
  const pair = await startTorch(file, 2);
  try {
    return await compareTorch(sequences, peer, pair);
  } finally {
    for (const torch of [peer, pair]) if (typeof torch !== 'string') await torch.close();
    rmSync(folder, { recursive: true });
  }
}

/** The kernel alone, in processes of its own. */
export async function benchLstmAlone(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-lstm-'));
  try {
    return [...(await measureStarts(folder)), trainWhole()];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compareTorch(
  sequences: Sequences,
  peer: TorchPeer | string,
  pair: TorchPeer | string,
): Promise<BenchRow[]> {
  const one = startNetwork(1);
  const two = startNetwork(2);
  const plain = startNetwork(1, 'plain');
  const limits: number[] = [];
  let epoch = 0;
  const spent: Record<Spender, number[]> = {
    train1: [],
    torchTrain1: [],
    train2: [],
    score1: [],
    torchScore1: [],
    score2: [],
  };
  const train = (network: Network, name?: Spender) => () =>
    spend(spent, name, () => trainEpoch(network, sequences, epoch++));
  const score = (network: Network, name?: Spender) => () =>
    spend(spent, name, () => network.predict(sequences));
  // Overlapping ones: 1,000 windows one row apart.
  const windows = { rows: sequences.rows, starts: sequences.starts.map((_, i) => i) };
  const torch = (what: 'train' | 'score', name?: Spender) => async () => {
    const torch = name === undefined ? pair : peer;
    const seconds = typeof torch === 'string' ? undefined : await torch.time(what);
    if (name !== undefined && seconds !== undefined) spent[name].push(seconds);
  };
  const timings = await timeInTurns(
    {
      train1: train(one, 'train1'),
      torchTrain1: torch('train', 'torchTrain1'),
      train2: train(two, 'train2'),
      torchTrain2: torch('train'),
      trainPlain: train(plain),
      score1: score(one, 'score1'),
      torchScore1: torch('score', 'torchScore1'),
      score2: score(two, 'score2'),
      torchScore2: torch('score'),
      windows1: () => one.predict(windows),
      limit: () => limits.push(measureTile(chooseBuild())),
    },
    { rounds: ROUNDS },
  );
  for (const network of [one, two, plain]) network.close();
  const beside = (name: keyof typeof timings, other: 'torchTrain1' | 'torchScore1'): Peer | string =>
    typeof peer === 'string' ? peer : besideOf(timings, name, other, peer.name);
  const seconds = (what: string, name: keyof typeof timings, other: 'torchTrain1' | 'torchScore1') => {
    return { what, ours: median(timings[name]), unit: 's' as const, peer: beside(name, other) };
  };
  const theirs = (what: string, name: 'torchTrain2' | 'torchScore2'): BenchRow[] =>
    typeof peer === 'string' ? [] : [{ what, ours: median(timings[name]), unit: 's' }];
  // The first round warms up, as in the timings.
  for (const values of Object.values(spent)) values.shift();
  const processor = (name: Spender, other: 'torchTrain1' | 'torchScore1', threads: string): BenchRow => ({
    what: `the same, processor time, ${threads}`,
    ours: median(spent[name]),
    unit: 's',
    peer: typeof peer === 'string' ? peer : besideOf(spent, name, other, peer.name),
  });
  const best = Math.max(...limits);
  const rate = (name: 'train1' | 'score1', work: number): BenchRow => ({
    what: `products in a second of a core, ${name === 'train1' ? 'training' : 'scoring'}`,
    ours: work / median(spent[name]),
    unit: 'GFLOP/s',
    peer: { name: 'the tile alone', value: best, ratio: work / median(spent[name]) / best },
  });
  return [
    { ...seconds(`${EPOCH}, 1 thread`, 'train1', 'torchTrain1'), aim: { atMost: 1 } },
    processor('train1', 'torchTrain1', '1 thread'),
    { ...seconds(`${EPOCH}, 2 threads`, 'train2', 'torchTrain1'), aim: { atMost: 0.5 } },
    processor('train2', 'torchTrain1', 'both threads'),
    seconds(`${EPOCH}, 1 thread, without relaxed SIMD`, 'trainPlain', 'torchTrain1'),
    ...theirs('the same epoch in PyTorch, 2 threads', 'torchTrain2'),
    seconds(`${SCORE}, 1 thread`, 'score1', 'torchScore1'),
    processor('score1', 'torchScore1', '1 thread'),
    { ...seconds(`${SCORE}, 2 threads`, 'score2', 'torchScore1'), aim: { atMost: 0.5 } },
    processor('score2', 'torchScore1', 'both threads'),
    seconds(`${SCORE}, 1 thread, overlapping`, 'windows1', 'torchScore1'),
    ...theirs('the same scores in PyTorch, 2 threads', 'torchScore2'),
    rate('train1', EPOCH_GFLOP),
    rate('score1', SCORE_GFLOP),
  ];
}

type Spender = 'train1' | 'torchTrain1' | 'train2' | 'score1' | 'torchScore1' | 'score2';

/** Processor seconds of this process: what the work costs, however busy the machine is. */
function spend(spent: Record<Spender, number[]>, name: Spender | undefined, work: () => unknown): void {
  const begun = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begun);
  if (name !== undefined) spent[name].push((user + system) / 1e6);
}

function besideOf<Name extends string>(timings: Timings<Name>, name: Name, other: Name, label: string): Peer {
  return {
    name: label,
    value: median(timings[other]),
    ratio: pairedRatio(timings[name], timings[other]),
  };
}

/**
 * The way through TensorFlow.js: with its own LSTM, with ours as a layer, and as the networks' engine. Epochs scaled up from a few batches, as
 * all of one would be half a minute a round.
 */
export async function benchLstmLayer(): Promise<readonly BenchRow[]> {
  const sequences = drawSequences();
  const tfjs: TfjsPeer = await startTfjs(sequences);
  const network = startNetwork(1);
  const ours: number[] = [];
  const own: number[] = [];
  const fused: number[] = [];
  const engine: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < 4; round++) {
    const begun = performance.now();
    trainEpoch(network, sequences, round);
    const seconds = (performance.now() - begun) / 1000;
    const theirs = await tfjs.timeEpoch('own', TFJS_BATCHES);
    const layer = await tfjs.timeEpoch('fused', LAYER_BATCHES);
    const onWasm = await tfjs.timeEngine('wasm', TFJS_BATCHES);
    const onCpu = await tfjs.timeEngine('cpu', TFJS_BATCHES);
    if (round === 0) continue;
    ours.push(seconds);
    own.push(theirs);
    fused.push(layer);
    engine.push(onWasm);
    plain.push(onCpu);
  }
  network.close();
  const row = (what: string, theirs: readonly number[], name: string): BenchRow => ({
    what: `${EPOCH}, 1 thread${what}`,
    ours: median(ours),
    unit: 's',
    peer: { name, value: median(theirs), ratio: pairedRatio(ours, theirs) },
  });
  return [
    row('', own, `${tfjs.name}, its own LSTM, scaled`),
    row('', fused, `${tfjs.name}, our LSTM, scaled`),
    row('', engine, `${tfjs.name}, engine: tensorflow, scaled`),
    row('', plain, `${tfjs.name.replace('wasm', 'plain CPU')}, engine: tensorflow, scaled`),
  ];
}

function trainWhole(): BenchRow {
  const { seconds } = runChild<{ seconds: number }>('one-training.ts', String(EPOCHS), '2');
  return {
    what: `LSTM autoencoder, ${EPOCHS} epochs, 2 threads`,
    ours: seconds,
    unit: 's',
    aim: { atMost: 60 },
  };
}

/** Bundled, as functions are; beside it what Node alone takes on the machine as busy as it then is. */
async function measureStarts(folder: string): Promise<BenchRow[]> {
  const outfile = join(folder, 'first-score.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'lstm/first-score.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    loader: { '.wasm': 'file' },
    assetNames: '[name]',
  });
  const starts = Array.from({ length: STARTS }, () => ({
    ...runScript<{ milliseconds: number; processor: number; megabytes: number }>(outfile),
    bare: timeBareNode(),
  }));
  const training = [1, 2].map((threads) =>
    runChild<{ megabytes: number }>('one-training.ts', '1', String(threads)),
  );
  const times = starts.map(({ milliseconds }) => milliseconds);
  const bare = starts.map((start) => start.bare);
  return [
    {
      what: 'LSTM autoencoder, process to first score',
      ours: median(times),
      unit: 'ms',
      aim: { atMost: 400 },
    },
    {
      what: 'of which processor time',
      ours: median(starts.map(({ processor }) => processor)),
      unit: 'ms',
    },
    {
      what: 'the same, beside a process that does nothing',
      ours: median(times),
      unit: 'ms',
      peer: { name: 'node, empty script', value: median(bare), ratio: pairedRatio(times, bare) },
    },
    {
      what: 'peak memory of that process',
      ours: median(starts.map(({ megabytes }) => megabytes)),
      unit: 'MB',
    },
    { what: 'peak memory, training, 1 thread', ours: training[0]!.megabytes, unit: 'MB' },
    { what: 'peak memory, training, 2 threads', ours: training[1]!.megabytes, unit: 'MB' },
  ];
}

function timeBareNode(): number {
  const begun = performance.now();
  execFileSync(process.execPath, ['--eval', '0']);
  return performance.now() - begun;
}

function runChild<Result>(script: string, ...args: readonly string[]): Result {
  return runScript(join(import.meta.dirname, 'lstm', script), ...args);
}

function runScript<Result>(file: string, ...args: readonly string[]): Result {
  return JSON.parse(execFileSync(process.execPath, [file, ...args], { encoding: 'utf8' }));
}

/**
 * From a fresh process to the first result of each packaged function, on the local Lambda runtime: Node's own start,
 * loading the bundle, and the first invocation with real work and its requests to the emulator's S3, SQS and SNS. A
 * process ends right after its invocation, so that every one is cold. And the size of each zip.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EXPORT_DUE_KEY } from '../lib/store/keys.ts';
import { readSamples } from '../scripts/demo/sample-data.ts';
import { answerSeries, startFakePrometheus } from '../test/helpers/fake-prometheus.ts';
import type { BenchRow } from './bench-row.ts';
import { median, pairedRatio } from './in-turns.ts';
import { DETECTOR, type LocalFunctions, startLocalFunctions } from './local-functions.ts';

/** Milliseconds, as the log's REPORT lines have them. */
interface ColdStart {
  readonly init: number;
  readonly invocation: number;
}

/** Beside it, what Node alone takes to run an empty script on the machine as busy as it then was. */
type ColdRound = ColdStart & { readonly bare: number };

type NamedStart = ColdStart & { readonly functionName: string };

const ROUNDS = 3;
const MINUTE = 60_000;
const MAX_ZIP_MB = 5;
const REPORT = /^REPORT .*\tDuration: ([\d.]+) ms.*\tInit Duration: ([\d.]+) ms/;

const WORK: Readonly<Record<string, string>> = {
  score: 'first scores of 30 min × 9 pods × 19 metrics',
  train: 'a model of 6 h × 9 pods × 19 metrics',
  export: 'a first window of 15 min × 20 series',
  receipt: 'an empty batch',
};

export async function benchColdStart(): Promise<BenchRow[]> {
  const starts: NamedStart[] = [];
  const series = Array.from({ length: 20 }, (_, pod) => ({
    labels: { pod: `pod-${pod}` },
    valueAt: (time: number) => Math.sin(time / MINUTE + pod),
  }));
  await using prometheus = await startFakePrometheus(answerSeries(series));
  await using functions = await startLocalFunctions({
    prometheusUrl: prometheus.url,
    environmentIdleMs: 1,
    onFunctionLog({ functionName, text }) {
      const [, invocation, init] = REPORT.exec(text) ?? [];
      if (init !== undefined)
        starts.push({ functionName, init: Number(init), invocation: Number(invocation) });
    },
  });
  const measured = await measure(functions, starts);
  return [...Object.entries(measured).flatMap(describeStarts), ...describeZips(functions.packageDir)];
}

async function measure(
  { deployment, store, declare, drop }: LocalFunctions,
  starts: NamedStart[],
): Promise<Record<string, ColdRound[]>> {
  const { history, replay } = readSamples(Date.now(), 30 * MINUTE);
  await declare(DETECTOR, ['step: 1m']);
  await drop(history[0]!);
  await deployment.idle();
  const measured: Record<string, ColdRound[]> = { score: [], train: [], export: [], receipt: [] };

  /** The first process of that function that starts meanwhile. */
  const during = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    starts.length = 0;
    await work();
    await deployment.idle();
    const start = starts.find(({ functionName }) => functionName.endsWith(`-${name}`));
    if (start === undefined) throw new Error(`${name} did not start`);
    measured[name]?.push({ ...start, bare: timeBareNode() });
  };
  const invoke = async (name: string, event: object): Promise<object> => {
    const { payload, functionError } = await deployment.invoke(name, event);
    if (functionError !== undefined) throw new Error(`${name} failed: ${JSON.stringify(payload)}`);
    return payload as object;
  };
  const expect = (result: object, name: string, value: unknown): void => {
    if ((result as Record<string, unknown>)[name] !== value)
      throw new Error(`expected ${name} ${value}, got ${JSON.stringify(result)}`);
  };

  for (let round = 0; round < ROUNDS; round++) {
    // Another seed is another version, so that there is something to train.
    await declare(DETECTOR, ['step: 1m', `model: {kind: isolation-forest, seed: ${round + 2}}`]);
    await during('train', async () =>
      expect(await invoke('train', { detector: DETECTOR }), 'outcome', 'trained'),
    );
    const window = replay[round]!;
    await during('score', () => drop(window));
    await declare('exported', ['step: 1m', 'entity: [pod]', 'prometheus_query: up', 'backfill: 15m']);
    await during('export', async () => expect(await invoke('export', {}), 'windows', 1));
    await removeAll(store, [
      'detectors/exported.yml',
      'state/detector=exported.json',
      'windows/detector=exported/',
      EXPORT_DUE_KEY,
    ]);
    await during('receipt', () => invoke('receipt', { Records: [] }));
  }
  return measured;
}

/** So that the next export is a first one again. */
async function removeAll(store: LocalFunctions['store'], prefixes: readonly string[]): Promise<void> {
  for (const prefix of prefixes) for await (const { key } of store.list(prefix)) await store.delete(key);
}

function describeStarts([name, starts]: readonly [string, readonly ColdRound[]]): BenchRow[] {
  const inits = starts.map(({ init }) => init);
  const bare = starts.map((start) => start.bare);
  return [
    {
      what: `cold start, ${name}: process to ${WORK[name]}`,
      ours: median(starts.map(({ init, invocation }) => init + invocation)),
      unit: 'ms',
    },
    {
      what: `cold start, ${name}: of which init`,
      ours: median(inits),
      unit: 'ms',
      peer: { name: 'node, empty script', value: median(bare), ratio: pairedRatio(inits, bare) },
    },
  ];
}

function timeBareNode(): number {
  const begun = performance.now();
  spawnSync(process.execPath, ['--eval', '0']);
  return performance.now() - begun;
}

function describeZips(folder: string): BenchRow[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.zip'))
    .map((file) => ({
      what: `zip of ${file.replace('.zip', '')}`,
      ours: statSync(join(folder, file)).size / 1e6,
      unit: 'MB',
      aim: { atMost: MAX_ZIP_MB },
    }));
}

/**
 * What every kind of model costs: values (one metric of one entity at one time) fitted and scored a second, and bytes a
 * series takes in the artifact; models of single metrics on one thread beside all of them, and with four times the
 * series; Prophet beside augurs' own; and the whole fleet of the aim, measured and not extrapolated: 1,000 entities ×
 * 16 metrics × 14 days at 5 min within a function of 15 min and 3 GB. Each runs in a process of its own.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MODEL_KINDS, type ModelKind, SERIES_KINDS, type SeriesKindName } from '../lib/config/model-kind.ts';
import type { BenchRow } from './bench-row.ts';
import { median, pairedRatio } from './in-turns.ts';
import type { Fleet } from './models/fleet.ts';
import type { ProphetTimes } from './models/prophet-peer.ts';
import type { RunRequest, RunResult } from './models/run.ts';

const run = promisify(execFile);
const FIVE_MINUTES = 300_000;
const FLEET: Fleet = { entities: 1000, metrics: 16, days: 14, step: FIVE_MINUTES };
/** The default, and the cheap ones that know each series by itself. */
const FLEET_KINDS: readonly ModelKind[] = ['auto', 'seasonal', 'nearest-value'];
const LIMIT = { seconds: 900, megabytes: 3000 };

/** Fleets that take seconds; rates are per value, and costs are linear in their number. */
const SAMPLE: Sample = { fleet: { ...FLEET, entities: 20 } };
/** Of a network an epoch is what costs; it trains on 4,000 sequences, whatever there is. */
const NETWORK: Sample = { fleet: { ...FLEET, entities: 4 }, params: { epochs: 2 }, note: '2 epochs' };
const CLASSIFIER: Sample = { ...NETWORK, labelled: true };
/** Of the kinds that cost more. */
const SAMPLE_OF: Readonly<Partial<Record<ModelKind, Sample>>> = {
  arima: { fleet: { ...FLEET, entities: 8 } },
  attention: CLASSIFIER,
  bilstm: CLASSIFIER,
  lstm: CLASSIFIER,
  'lstm-autoencoder': NETWORK,
  prophet: { fleet: { ...FLEET, entities: 2 } },
};
const ROUNDS = 3;
const MORE_SERIES = 4;

interface Sample {
  readonly fleet: Fleet;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly labelled?: boolean;
  readonly note?: string;
}

export async function benchModels(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const kind of MODEL_KINDS) rows.push(...(await measureRates(kind)));
  for (const kind of SERIES_KINDS) rows.push(await compareThreads(kind));
  for (const kind of SERIES_KINDS) rows.push(...(await compareSizes(kind)));
  rows.push(await compareProphet());
  for (const kind of FLEET_KINDS) rows.push(...(await measureFleet(kind)));
  return rows;
}

async function measureRates(kind: ModelKind): Promise<readonly BenchRow[]> {
  const { note, ...sample } = SAMPLE_OF[kind] ?? SAMPLE;
  const { fleet } = sample;
  const { fit, score, state } = await runApart({ kind, ...sample });
  const values = countValues(fleet);
  const what = `${kind}, ${describeFleet(fleet)}`;
  return [
    { what: `${what}: fit${note ? `, ${note}` : ''}`, ours: values / fit, unit: 'values/s' },
    { what: `${what}: score`, ours: values / score, unit: 'values/s' },
    {
      what: `${what}: artifact per series`,
      ours: state / 1000 / (fleet.entities * fleet.metrics),
      unit: 'kB',
    },
  ];
}

/** The same fit on one thread and on as many as there are, in turns. */
async function compareThreads(kind: SeriesKindName): Promise<BenchRow> {
  const { fleet } = SAMPLE_OF[kind] ?? SAMPLE;
  const threads = availableParallelism();
  const rates: { readonly all: number[]; readonly one: number[] } = { all: [], one: [] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.one.push(countValues(fleet) / (await runApart({ kind, fleet, threads: 1 })).fit);
    rates.all.push(countValues(fleet) / (await runApart({ kind, fleet, threads })).fit);
  }
  return {
    what: `${kind}, ${describeFleet(fleet)}: fit on ${threads} threads`,
    ours: median(rates.all),
    unit: 'values/s',
    peer: { name: 'one thread', value: median(rates.one), ratio: pairedRatio(rates.all, rates.one) },
  };
}

/**
 * Four times the series on one thread: four times the seconds where the cost is linear. What the process grows by is the
 * memory of a series, its values in the matrix included.
 */
async function compareSizes(kind: SeriesKindName): Promise<readonly BenchRow[]> {
  const { fleet } = SAMPLE_OF[kind] ?? SAMPLE;
  const large = { ...fleet, entities: MORE_SERIES * fleet.entities };
  const runs: { readonly small: RunResult[]; readonly large: RunResult[] } = { small: [], large: [] };
  for (let round = 0; round < ROUNDS; round++) {
    runs.small.push(await runApart({ kind, fleet, threads: 1 }));
    runs.large.push(await runApart({ kind, fleet: large, threads: 1 }));
  }
  const seconds = { small: runs.small.map(({ fit }) => fit), large: runs.large.map(({ fit }) => fit) };
  const peak = (of: readonly RunResult[]): number => median(of.map((each) => each.peak));
  const further = (large.entities - fleet.entities) * fleet.metrics;
  return [
    {
      what: `${kind}, ${describeFleet(large)}: fit on one thread`,
      ours: median(seconds.large),
      unit: 's',
      peer: {
        name: `a ${MORE_SERIES}th of the series`,
        value: median(seconds.small),
        ratio: pairedRatio(seconds.large, seconds.small),
      },
      aim: { atMost: 1.25 * MORE_SERIES },
    },
    {
      what: `${kind}: process per further series of ${fleet.days} d`,
      ours: (peak(runs.large) - peak(runs.small)) / 1000 / further,
      unit: 'kB',
    },
  ];
}

async function compareProphet(): Promise<BenchRow> {
  const { ours, augurs } = await runScript<ProphetTimes>('models/prophet-peer.ts');
  return {
    what: 'prophet: fit of one series of 14 d at 5 min',
    ours: median(ours),
    unit: 's',
    peer: { name: "augurs' Prophet", value: median(augurs), ratio: pairedRatio(ours, augurs) },
  };
}

/** The whole of it. */
async function measureFleet(kind: ModelKind): Promise<readonly BenchRow[]> {
  const { fit, score, state, peak } = await runApart({ kind, fleet: FLEET });
  const what = `${kind}, ${describeFleet(FLEET)}`;
  return [
    { what: `${what}: fit`, ours: fit, unit: 's', aim: { atMost: LIMIT.seconds } },
    { what: `${what}: score`, ours: score, unit: 's' },
    {
      what: `${what}: process at its largest`,
      ours: peak / 1e6,
      unit: 'MB',
      aim: { atMost: LIMIT.megabytes },
    },
    { what: `${what}: artifact`, ours: state / 1e6, unit: 'MB' },
  ];
}

function describeFleet({ entities, metrics, days }: Fleet): string {
  return `${entities.toLocaleString('en')} entities × ${metrics} metrics × ${days} d at 5 min`;
}

function countValues({ entities, metrics, days, step }: Fleet): number {
  return (entities * metrics * days * 86_400_000) / step;
}

function runApart(request: RunRequest): Promise<RunResult> {
  return runScript('models/run.ts', JSON.stringify(request));
}

async function runScript<Result>(name: string, ...args: readonly string[]): Promise<Result> {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const { stdout } = await run(process.execPath, [script, ...args], { encoding: 'utf8' });
  return JSON.parse(stdout) as Result;
}
